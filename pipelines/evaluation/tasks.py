"""What an embedder is scored on: presets, built-in sets, BEIR folders, own tasks, MTEB's names."""

from collections.abc import Iterable

from datasets import disable_progress_bars
from datasets.exceptions import DatasetNotFoundError
from httpx import HTTPError
from mteb.abstasks import AbsTask

from littlegiants.errors import Unavailable
from pipelines.evaluation.beir import TEST, RetrievalSet, folder_and_split, read_beir
from pipelines.evaluation.benchmarks import mteb_task, opened
from pipelines.evaluation.builtin_sets import Sizes
from pipelines.evaluation.own_tasks.local_tasks import BUILTIN, beir_task
from pipelines.evaluation.own_tasks.task_modules import module_task, tasks_in
from pipelines.evaluation.presets import BEIR, MODULE, is_local, without_presets


def with_benchmarks_opened(references: Iterable[str]) -> list[str]:
    """One reference a task: presets, benchmarks such as `MTEB(eng, v1)` and task files opened.

    Raises BadInput for a file without tasks.
    """
    return [name for each in without_presets(references) for name in _tasks_of(each)]


def _tasks_of(reference: str) -> list[str]:
    if reference.startswith(MODULE):
        return tasks_in(reference)
    return [reference] if is_local(reference) else opened(reference)


def check_references(references: Iterable[str]) -> list[str]:
    """Raise BadInput for the first task reference that means nothing; else what is odd of them."""
    remarks: list[str] = []
    for reference in references:
        if reference.startswith(BEIR):
            folder, split = folder_and_split(reference.removeprefix(BEIR))
            remarks += _remarks(reference, read_beir(folder, split))
        elif reference.startswith(MODULE):
            tasks_in(reference)
        elif reference not in BUILTIN:
            mteb_task(reference)
    return remarks


def _remarks(reference: str, content: RetrievalSet) -> list[str]:
    odd = {
        "judged documents that are not in the corpus, so never found": len(content.missing),
        "documents without any text, so never found": len(content.textless),
    }
    remarks = [f"{reference}: {what}: {count}" for what, count in odd.items() if count]
    if content.split != TEST and not reference.endswith(f"#{content.split}"):
        remarks.append(f"{reference}: its only split is taken: {content.split}")
    return remarks


def open_task(reference: str, sizes: Sizes) -> AbsTask:
    """The task that `reference` names; `sizes` are those of a built-in one.

    Raises BadInput when there is none.
    """
    if reference in BUILTIN:
        return BUILTIN[reference](sizes)
    if reference.startswith(BEIR):
        return beir_task(reference.removeprefix(BEIR))
    if reference.startswith(MODULE):
        return module_task(reference)
    return mteb_task(reference)


def load(task: AbsTask) -> None:
    """Fetch or read the task's data.

    Raises Unavailable when it lies on a hub that cannot be reached.
    """
    disable_progress_bars()
    try:
        task.load_data()
    except (DatasetNotFoundError, OSError, HTTPError) as error:
        raise Unavailable(
            f"tasks: {task.metadata.name} needs {task.metadata.dataset['path']} from a hub "
            "that does not answer: go online, set HF_ENDPOINT to a mirror or HF_HOME to a folder "
            f"where it was downloaded, or evaluate on smoke, {BEIR}FOLDER or {MODULE}FILE"
        ) from error
