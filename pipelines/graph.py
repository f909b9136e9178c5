"""The SPEED loop as one Kubeflow pipeline; a cluster and a laptop run the same one."""

from pathlib import Path

from kfp import compiler, dsl

from pipelines import components as step

PARALLEL_SHARDS = 16
"""At most so many shards at once; more would only wait for the generators."""


@dsl.pipeline(
    name="speed", description="Synthesize embedding data with aligned small generators (SPEED)"
)
def speed(recipe: str, run: str, teacher: str = "local", generators: str = "local") -> None:
    """`recipe` is YAML text, `run` an fsspec URL; places are as in every step's --help."""
    common = {"recipe": recipe, "run": run}
    asks = {**common, "teacher": teacher}
    serves = {**common, "generators": generators}
    ready = step.prepare(**common).output
    tasks = step.brainstorm(**asks, after=ready).output
    seeds = step.seed(**asks, tasks=tasks).output
    junior = step.finetune(**common, role="junior", rows=seeds).output
    junior_served = step.promote(**serves, role="junior", model=junior).output
    candidates = step.propose(**serves, tasks=tasks, weights=junior_served).output
    preferences = step.judge(**asks, candidates=candidates).output
    senior = step.align(**common, preferences=preferences, junior=junior).output
    senior_served = step.promote(**serves, role="senior", model=senior).output
    corrections = step.correct(**asks, candidates=candidates, after=preferences).output
    revisor = step.finetune(**common, role="revisor", rows=corrections).output
    revisor_served = step.promote(**serves, role="revisor", model=revisor).output
    with dsl.ParallelFor(step.shards(recipe=recipe).output, parallelism=PARALLEL_SHARDS) as shard:
        drafts = step.synthesize(
            **serves, shard=shard, tasks=tasks, senior=senior_served, revisor=revisor_served
        )
    dataset = step.curate(**common, drafts=dsl.Collected(drafts.output)).output
    embedder = step.embed(**common, dataset=dataset).output
    scores = step.evaluate(**common, embedder=embedder).output
    step.report(**common, scores=scores)


def compile_graph(path: Path) -> None:
    """Write the pipeline's YAML: what is uploaded to a cluster."""
    compiler.Compiler().compile(speed, str(path))
