"""Builds evaluation data from Python's documentation: to retrieve, to classify and to cluster."""

import json
import platform
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from littlegiants.errors import BadInput
from littlegiants.heartbeat import doing
from pipelines.evaluation.beir import Document, RetrievalSet, write_beir
from pipelines.evaluation.docstrings import Docstring, read_docstrings
from pipelines.evaluation.text_filters import capped, clear_pairs, cut, distinct, enough, grouped
from pipelines.storage.atomic_writes import whole_folder
from pipelines.storage.jsonl import write_jsonl

VERSION = 1
"""Built sets are reused under the same version only: raise it when a rule of choice changes."""
MANIFEST = "manifest.json"
PACKAGE_SHARE = 0.15
"""No more of the documents than this from one package: tkinter alone is a tenth of the library."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much to build; texts are cut to `words`: a 135M model encodes all of it in a minute."""

    queries: int = 150
    documents: int = 450
    labels: int = 8
    train_per_label: int = 16
    test_per_label: int = 20
    clusters: int = 10
    texts_per_cluster: int = 20
    words: int = 50


@dataclass(frozen=True, slots=True)
class EvaluationSets:
    """Where the sets are and how many rows each has."""

    folder: Path
    counts: dict[str, int]

    @property
    def retrieval(self) -> Path:
        """A BEIR folder: first sentences as queries, the rest of each text as its document."""
        return self.folder / "retrieval"

    @property
    def classification(self) -> Path:
        """Folder of train.jsonl and test.jsonl with text and label (the top-level package)."""
        return self.folder / "classification"

    @property
    def clustering(self) -> Path:
        """Folder of test.jsonl with sentences and labels (the module)."""
        return self.folder / "clustering"


def build_evaluation_sets(
    folder: Path, *, sizes: Sizes | None = None, seed: int = 0, root: Path | None = None
) -> EvaluationSets:
    """The three sets in `folder`: built once, reused while sizes, seed and Python stay the same.

    `root` is a folder of Python sources in place of the running Python's library. A build that is
    broken off is not taken for a whole one.

    Raises BadInput when the library has too few texts, or `folder` holds something else.
    """
    sizes = sizes or Sizes()
    parameters = {
        "version": VERSION,
        "python": platform.python_version(),
        "root": str(root or "stdlib"),
        "seed": seed,
        **asdict(sizes),
    }
    built = _built(folder, parameters)
    if built:
        return built
    with doing("building the evaluation sets"), whole_folder(folder) as scratch:
        texts = distinct(read_docstrings(root))
        counts = _write_sets(scratch, texts, sizes, random.Random(seed))
        manifest = {"parameters": parameters, "counts": counts}
        (scratch / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")
    return EvaluationSets(folder, counts)


def _built(folder: Path, parameters: dict[str, Any]) -> EvaluationSets | None:
    if not folder.exists() or not any(folder.iterdir()):
        return None
    if not (folder / MANIFEST).is_file():
        raise BadInput(f"{folder}: holds other files than built sets; name a new or empty folder")
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    return (
        EvaluationSets(folder, manifest["counts"]) if manifest["parameters"] == parameters else None
    )


def _write_sets(
    folder: Path, texts: list[Docstring], sizes: Sizes, rng: random.Random
) -> dict[str, int]:
    sets = EvaluationSets(folder, {})
    retrieval = _retrieval(texts, sizes, rng)
    write_beir(sets.retrieval, retrieval)
    rows = _label_rows(texts, sizes, rng)
    for path in (sets.classification, sets.clustering):
        path.mkdir()
    write_jsonl(sets.classification / "train.jsonl", rows["classification_train"])
    write_jsonl(sets.classification / "test.jsonl", rows["classification_test"])
    write_jsonl(sets.clustering / "test.jsonl", rows["clustering"])
    return {
        "retrieval_queries": len(retrieval.queries),
        "retrieval_documents": len(retrieval.corpus),
        **{name: len(listed) for name, listed in rows.items()},
    }


def _label_rows(
    texts: list[Docstring], sizes: Sizes, rng: random.Random
) -> dict[str, list[dict[str, str]]]:
    train, per_label = sizes.train_per_label, sizes.train_per_label + sizes.test_per_label
    packages = grouped(
        texts, lambda text: text.package, count=sizes.labels, size=per_label, rng=rng
    )
    modules = grouped(
        texts, lambda text: text.module, count=sizes.clusters, size=sizes.texts_per_cluster, rng=rng
    )
    return {
        "classification_train": _rows(packages, slice(train), ("text", "label"), sizes.words),
        "classification_test": _rows(packages, slice(train, None), ("text", "label"), sizes.words),
        "clustering": _rows(modules, slice(None), ("sentences", "labels"), sizes.words),
    }


def _retrieval(texts: Sequence[Docstring], sizes: Sizes, rng: random.Random) -> RetrievalSet:
    pairs = capped(clear_pairs(texts), int(PACKAGE_SHARE * sizes.documents) + 1, rng)
    enough("documents", sizes.documents, len(pairs))
    if sizes.queries > sizes.documents:
        raise BadInput(
            f"queries: {sizes.queries} of {sizes.documents} documents; ask for fewer queries"
        )
    chosen = rng.sample(pairs, sizes.documents)
    asked = {text.name: text.first for text in chosen[: sizes.queries]}
    corpus = {
        text.name: Document(text.name, "", cut(text.rest, sizes.words))
        for text in sorted(chosen, key=lambda text: text.name)
    }
    return RetrievalSet(asked, corpus, {name: {name: 1} for name in asked})


def _rows(
    groups: dict[str, list[Docstring]], part: slice, keys: tuple[str, str], most_words: int
) -> list[dict[str, str]]:
    return [
        dict(zip(keys, (cut(text.text, most_words), name), strict=True))
        for name, texts in groups.items()
        for text in texts[part]
    ]
