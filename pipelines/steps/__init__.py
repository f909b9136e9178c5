"""One module a step; each is also `python -m pipelines.steps.NAME`."""
