"""What a run and a step of it are: folder, stages, keys, fan-out, retries, local engines."""
