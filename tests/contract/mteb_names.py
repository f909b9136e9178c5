"""Prints the names that the locked mteb knows of what a text embedder can be scored on."""

import mteb


def names() -> list[str]:
    """Tasks over texts alone, and benchmarks of such tasks."""
    tasks = mteb.get_tasks(
        exclude_superseded=False,
        exclude_private=False,
        modalities=["text"],
        exclusive_modality_filter=True,
    )
    found = {task.metadata.name for task in tasks}
    for benchmark in mteb.get_benchmarks():
        if all(task.metadata.name in found for task in benchmark.tasks):
            found.add(benchmark.name)
    return sorted(found)


if __name__ == "__main__":
    print("\n".join(names()))
