"""What an embedder is scored on: built-in sets, any BEIR folder, or a task of MTEB by its name."""

from collections.abc import Callable, Iterable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from datasets import Dataset, DatasetDict, disable_progress_bars
from datasets.exceptions import DatasetNotFoundError
from httpx import HTTPError
from mteb.abstasks import AbsTask, AbsTaskClassification, AbsTaskClustering, AbsTaskRetrieval
from mteb.abstasks.task_metadata import TaskMetadata

from littlegiants.errors import Unavailable
from littlegiants.tasks import digest
from littlegiants.weights import file_digest
from pipelines.evaluation.beir import TEST, Document, RetrievalSet, folder_and_split, read_beir
from pipelines.evaluation.benchmarks import mteb_task, opened
from pipelines.evaluation.builtin_sets import TEXTS, Sizes, retrieval_set, rows_of
from pipelines.storage.digests import file_digests

BEIR = "beir:"


class LocalRetrieval(AbsTaskRetrieval):
    """A retrieval set of this machine; a document without any text is never found."""

    abstask_prompt = "Given a question, retrieve documents that answer it"

    def __init__(self, metadata: TaskMetadata, read: Callable[[], RetrievalSet]) -> None:
        self.metadata, self.read = metadata, read
        super().__init__()

    def load_data(self, *args: Any, **kwargs: Any) -> None:
        """Read and check it; BadInput says what is wrong, and where."""
        self.dataset = {"default": {"test": _retrieval(self.read())}}
        self.data_loaded = True


class StdlibRetrieval(LocalRetrieval):
    """First sentence of a documentation string to the rest of it."""

    abstask_prompt = "Given a one-sentence summary, retrieve the documentation that it sums up"


class StdlibClassification(AbsTaskClassification):
    """Documentation strings by package; a logistic regression on 8 texts a label, ten draws."""

    abstask_prompt = "Classify a documentation string by the Python package that it belongs to"

    def __init__(self, metadata: TaskMetadata) -> None:
        self.metadata = metadata
        super().__init__()

    def load_data(self, *args: Any, **kwargs: Any) -> None:
        """Read both splits."""
        splits = {name: _columns(f"classification_{name}") for name in ("train", "test")}
        self.dataset = {"default": DatasetDict(splits)}
        self.data_loaded = True


class StdlibClustering(AbsTaskClustering):
    """Documentation strings by module."""

    abstask_prompt = "Identify the Python module that a documentation string belongs to"
    max_fraction_of_documents_to_embed = None

    def __init__(self, metadata: TaskMetadata) -> None:
        self.metadata = metadata
        super().__init__()

    def load_data(self, *args: Any, **kwargs: Any) -> None:
        """Read its one split."""
        split = _columns("clustering").rename_columns({"text": "sentences", "label": "labels"})
        self.dataset = {"default": DatasetDict(test=split)}
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


def _columns(name: str) -> Dataset:
    return Dataset.from_list([{k: row[k] for k in ("text", "label")} for row in rows_of(name)])


def _stdlib_retrieval(sizes: Sizes) -> AbsTask:
    metadata = _builtin("StdlibRetrieval", "Retrieval", "ndcg_at_10", asdict(sizes))
    return StdlibRetrieval(metadata, partial(retrieval_set, sizes))


BUILTIN: dict[str, Callable[[Sizes], AbsTask]] = {
    "stdlib-retrieval": _stdlib_retrieval,
    "stdlib-classification": lambda sizes: StdlibClassification(
        _builtin("StdlibClassification", "Classification", "accuracy")
    ),
    "stdlib-clustering": lambda sizes: StdlibClustering(
        _builtin("StdlibClustering", "Clustering", "v_measure")
    ),
}
"""Tasks over the built-in sets, by reference."""


def with_benchmarks_opened(references: Iterable[str]) -> list[str]:
    """The references, a benchmark such as `MTEB(eng, v1)` replaced by its tasks."""
    return [
        name
        for reference in references
        for name in ([reference] if _is_local(reference) else opened(reference))
    ]


def _is_local(reference: str) -> bool:
    return reference in BUILTIN or reference.startswith(BEIR)


def check_references(references: Iterable[str]) -> list[str]:
    """Raise BadInput for the first task reference that means nothing; else what is odd of them."""
    remarks: list[str] = []
    for reference in references:
        if reference.startswith(BEIR):
            folder, split = folder_and_split(reference.removeprefix(BEIR))
            remarks += _remarks(reference, read_beir(folder, split))
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
        folder, split = folder_and_split(reference.removeprefix(BEIR))
        content = digest(file_digests(folder))
        metadata = _metadata(reference, "Retrieval", "ndcg_at_10", path=folder, revision=content)
        return LocalRetrieval(metadata, partial(read_beir, folder, split))
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
            f"where it was downloaded, or evaluate on {', '.join(BUILTIN)} or {BEIR}FOLDER"
        ) from error


def _builtin(name: str, kind: Any, metric: str, chosen: object = None) -> TaskMetadata:
    content = digest([file_digest(TEXTS), chosen])
    return _metadata(name, kind, metric, path=TEXTS, revision=content)


def _metadata(name: str, kind: Any, metric: str, *, path: Path, revision: str) -> TaskMetadata:
    """Its revision is the content of its data, so that changed data are another task."""
    return TaskMetadata(
        name=name,
        type=kind,
        main_score=metric,
        description=f"Local set in {path.name}",
        dataset={"path": str(path), "revision": revision},
        eval_langs=["eng-Latn"],
    )
