"""What an embedder is scored on: built sets, any BEIR folder, or a task of MTEB by its name."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from datasets import Dataset, DatasetDict, disable_progress_bars
from datasets.exceptions import DatasetNotFoundError
from httpx import HTTPError
from mteb.abstasks import AbsTask, AbsTaskClassification, AbsTaskClustering, AbsTaskRetrieval
from mteb.abstasks.task_metadata import TaskMetadata

from littlegiants.errors import Unavailable
from littlegiants.tasks import digest
from pipelines.evaluation.beir import TEST, Document, RetrievalSet, folder_and_split, read_beir
from pipelines.evaluation.benchmarks import mteb_task, opened
from pipelines.evaluation.builtin_sets import EvaluationSets
from pipelines.storage.digests import file_digests
from pipelines.storage.jsonl import read_jsonl

BEIR = "beir:"


class LocalRetrieval(AbsTaskRetrieval):
    """A split of a BEIR folder; a document without any text is never found."""

    abstask_prompt = "Given a question, retrieve documents that answer it"

    def __init__(self, folder: Path, metadata: TaskMetadata, split: str = "") -> None:
        self.folder, self.metadata, self.split = folder, metadata, split
        super().__init__()

    def load_data(self, *args: Any, **kwargs: Any) -> None:
        """Read and check the folder; BadInput names file and line."""
        self.dataset = {"default": {"test": _retrieval(read_beir(self.folder, self.split))}}
        self.data_loaded = True


class StdlibRetrieval(LocalRetrieval):
    """First sentence of a documentation string to the rest of it."""

    abstask_prompt = "Given a one-sentence summary, retrieve the documentation that it sums up"


class StdlibClassification(AbsTaskClassification):
    """Documentation strings by package; a logistic regression on 8 texts a label, ten draws."""

    abstask_prompt = "Classify a documentation string by the Python package that it belongs to"

    def __init__(self, folder: Path, metadata: TaskMetadata) -> None:
        self.folder, self.metadata = folder, metadata
        super().__init__()

    def load_data(self, *args: Any, **kwargs: Any) -> None:
        """Read train.jsonl and test.jsonl."""
        self.dataset = {"default": _splits(self.folder, "train", "test")}
        self.data_loaded = True


class StdlibClustering(AbsTaskClustering):
    """Documentation strings by module."""

    abstask_prompt = "Identify the Python module that a documentation string belongs to"
    max_fraction_of_documents_to_embed = None

    def __init__(self, folder: Path, metadata: TaskMetadata) -> None:
        self.folder, self.metadata = folder, metadata
        super().__init__()

    def load_data(self, *args: Any, **kwargs: Any) -> None:
        """Read test.jsonl."""
        self.dataset = {"default": _splits(self.folder, "test")}
        self.data_loaded = True


def _retrieval(content: RetrievalSet) -> dict[str, Any]:
    textless = set(content.textless)
    found = [_row(each) for id, each in content.corpus.items() if id not in textless]
    queries = [{"id": id, "text": text} for id, text in content.queries.items()]
    return {
        "corpus": Dataset.from_list(found),
        "queries": Dataset.from_list(queries),
        "relevant_docs": {id: dict(grades) for id, grades in content.qrels.items()},
        "top_ranked": None,
    }


def _row(document: Document) -> dict[str, str]:
    return {"id": document.id, "title": document.title, "text": document.text}


def _splits(folder: Path, *names: str) -> DatasetDict:
    """Read here rather than by `datasets`, which would keep a copy under the user's home."""
    read = {name: read_jsonl(folder / f"{name}.jsonl", ()) for name in names}
    return DatasetDict({name: Dataset.from_list([row for _, row in read[name]]) for name in names})


BUILT: dict[str, Callable[[EvaluationSets], AbsTask]] = {
    "stdlib-retrieval": lambda sets: StdlibRetrieval(
        sets.retrieval, _metadata("StdlibRetrieval", "Retrieval", "ndcg_at_10", sets.retrieval)
    ),
    "stdlib-classification": lambda sets: StdlibClassification(
        sets.classification,
        _metadata("StdlibClassification", "Classification", "accuracy", sets.classification),
    ),
    "stdlib-clustering": lambda sets: StdlibClustering(
        sets.clustering, _metadata("StdlibClustering", "Clustering", "v_measure", sets.clustering)
    ),
}
"""Tasks over the built sets, by reference."""


def with_benchmarks_opened(references: Iterable[str]) -> list[str]:
    """The references, a benchmark such as `MTEB(eng, v1)` replaced by its tasks."""
    return [
        name
        for reference in references
        for name in ([reference] if _is_local(reference) else opened(reference))
    ]


def _is_local(reference: str) -> bool:
    return reference in BUILT or reference.startswith(BEIR)


def check_references(references: Iterable[str]) -> list[str]:
    """Raise BadInput for the first task reference that means nothing; else what is odd of them."""
    remarks: list[str] = []
    for reference in references:
        if reference.startswith(BEIR):
            folder, split = folder_and_split(reference.removeprefix(BEIR))
            remarks += _remarks(reference, read_beir(folder, split))
        elif reference not in BUILT:
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


def open_task(reference: str, sets: Callable[[], EvaluationSets]) -> AbsTask:
    """The task that `reference` names; `sets` is asked only for a built one.

    Raises BadInput when there is none.
    """
    if reference in BUILT:
        return BUILT[reference](sets())
    if reference.startswith(BEIR):
        folder, split = folder_and_split(reference.removeprefix(BEIR))
        metadata = _metadata(reference, "Retrieval", "ndcg_at_10", folder)
        return LocalRetrieval(folder, metadata, split)
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
            f"where it was downloaded, or evaluate on {', '.join(BUILT)} or {BEIR}FOLDER"
        ) from error


def _metadata(name: str, kind: Any, metric: str, folder: Path) -> TaskMetadata:
    """Its revision is the content of `folder`, so that changed data are another task."""
    return TaskMetadata(
        name=name,
        type=kind,
        main_score=metric,
        description=f"Local set in {folder.name}",
        dataset={"path": str(folder), "revision": digest(file_digests(folder))},
        eval_langs=["eng-Latn"],
    )
