"""Tasks over files of this machine: the shipped sets, and a retrieval set in BEIR's format."""

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from datasets import Dataset, DatasetDict
from mteb.abstasks import AbsTask, AbsTaskClassification, AbsTaskClustering, AbsTaskRetrieval
from mteb.abstasks.task_metadata import TaskMetadata

from littlegiants.tasks import digest
from littlegiants.weights import file_digest
from pipelines.evaluation.beir import Document, RetrievalSet, folder_and_split, read_beir
from pipelines.evaluation.builtin_sets import TEXTS, Sizes, retrieval_set, rows_of
from pipelines.storage.digests import file_digests


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


def beir_task(place: str) -> AbsTask:
    """The retrieval set in a folder, `FOLDER` or `FOLDER#SPLIT`; it is read when loaded."""
    folder, split = folder_and_split(place)
    content = digest(file_digests(folder))
    # mteb keeps results in files of the tasks' names
    name = "-".join(filter(None, ("Beir", folder.name, split, content[:8])))
    metadata = local_metadata(name, "Retrieval", "ndcg_at_10", path=folder, revision=content)
    return LocalRetrieval(metadata, partial(read_beir, folder, split))


def _builtin(name: str, kind: Any, metric: str, chosen: object = None) -> TaskMetadata:
    content = digest([file_digest(TEXTS), chosen])
    return local_metadata(name, kind, metric, path=TEXTS, revision=content)


def local_metadata(name: str, kind: Any, metric: str, *, path: Path, revision: str) -> TaskMetadata:
    """Its revision is the content of its data, so that changed data are another task."""
    return TaskMetadata(
        name=name,
        type=kind,
        main_score=metric,
        description=f"Local set in {path.name}",
        dataset={"path": str(path), "revision": revision},
        eval_langs=["eng-Latn"],
    )
