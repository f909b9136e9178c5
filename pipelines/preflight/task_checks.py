"""Evaluation tasks that a recipe names: they exist, and their folders and files can be read."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from littlegiants.errors import BadInput
from pipelines.evaluation.beir import folder_and_split, read_beir
from pipelines.evaluation.builtin_sets import Sizes, retrieval_set
from pipelines.evaluation.presets import BEIR, BUILTIN, MODULE, file_and_task, without_presets
from pipelines.preflight.findings import (
    ONLY_THERE,
    Finding,
    Note,
    Problem,
    Start,
    is_only_there,
    problem_of,
)
from pipelines.preflight.task_names import KNOWN, mteb_names, names_like


def tasks_are_known(start: Start) -> Iterator[Finding]:
    """Every evaluation task has a name, or a folder or file that can be read."""
    evaluate = start.recipe.evaluate
    for name in evaluate.tasks:
        if name.startswith((BEIR, MODULE)):
            yield from _read_here(start, name)
        elif name not in KNOWN:
            yield from _of_mteb(name)
    if set(BUILTIN).intersection(without_presets(evaluate.tasks)):
        try:
            retrieval_set(Sizes(evaluate.query_count, evaluate.document_count))
        except BadInput as error:
            yield problem_of(error)


def _of_mteb(name: str) -> Iterator[Finding]:
    benchmark, _, task = name.rpartition("/")
    if not {task, benchmark or task} <= mteb_names():
        likely = " or ".join(names_like(name)) or f"{', '.join(KNOWN)}, {BEIR}FOLDER"
        yield Problem(f"evaluate.tasks: {name!r} is no task; did you mean {likely}?")
    elif benchmark and has_mteb():
        from pipelines.evaluation.benchmarks import opened

        if name not in opened(benchmark):
            yield Problem(f"evaluate.tasks: {benchmark} has no task {task}; name one that it has")


def _read_here(start: Start, name: str) -> Iterator[Finding]:
    is_folder = name.startswith(BEIR)
    folder, split = folder_and_split(name.removeprefix(BEIR))
    path = folder if is_folder else Path(file_and_task(name)[0])
    if is_only_there(start, str(path)):
        yield Note(f"evaluate.tasks: {path} {ONLY_THERE}")
    elif is_folder:
        try:
            read_beir(folder, split)
        except BadInput as error:
            yield problem_of(error, "evaluate.tasks")
    elif not path.is_file() or path.suffix != ".py":
        yield Problem(f"evaluate.tasks: {path} is no Python file; name one that defines tasks")
    elif has_mteb():
        yield from _defined_in(name)


def _defined_in(name: str) -> Iterator[Finding]:
    from pipelines.evaluation.own_tasks.task_modules import tasks_in

    try:
        tasks_in(name)
    except BadInput as error:
        yield Problem(str(error))


def has_mteb() -> bool:
    """Whether this environment evaluates; loading mteb takes seconds, so only where it is asked."""
    return find_spec("mteb") is not None
