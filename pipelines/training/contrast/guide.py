"""A guide sees every text of an embedder's rows once, before anything is learnt from them."""

import gc
import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from datasets import Dataset
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from littlegiants.heartbeat import doing
from littlegiants.tasks import digest
from pipelines.distributed.world import first_on_node
from pipelines.models.encoded import ShortTexts
from pipelines.step_progress import meter
from pipelines.storage.digests import file_digests
from pipelines.training.contrast.batching import has_labels
from pipelines.training.contrast.grouped_rows import GroupedRows
from pipelines.training.rows import bare_query

READ_TOKENS = 256
"""Of a text, by the guide."""
BLOCK = 500
"""Rows whose texts are embedded together."""
TOLD = "guided.json"


def look_at(rows: GroupedRows, guide: Path) -> str:
    """Write vectors of the rows' texts by the model in folder `guide` beside them, once on a node.

    Labels are not looked at. Returns the digest of rows and guide, under which vectors are kept.
    """
    folder = Path(rows.folder)
    key = digest([rows.digest, dict(rows.counts), file_digests(guide)])
    with first_on_node(folder / "guided"):
        if _kept(folder) != key:
            _written(rows, folder, guide)
            (folder / TOLD).write_text(json.dumps(key), encoding="utf-8")
    return key


def vectors_of(folder: str, group: str) -> NDArray[np.float16]:
    """Those of a group: rows x columns x width, read from the disk as they are asked for."""
    vectors: NDArray[np.float16] = np.load(_path(Path(folder), group), mmap_mode="r")
    return vectors


def _kept(folder: Path) -> str:
    file = folder / TOLD
    return str(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else ""


def _written(rows: GroupedRows, folder: Path, guide: Path) -> None:
    (folder / TOLD).unlink(missing_ok=True)
    groups = {name: each for name, each in rows.datasets().items() if not has_labels(name)}
    total, began, done = sum(map(len, groups.values())), time.monotonic(), 0
    with doing(lambda: meter(done, total, began, prefix="reading under the guide", unit="row")):
        reader = ShortTexts(guide, longest=READ_TOKENS)
        for name, each in groups.items():
            for start, vectors in _blocks(each, reader):
                if start == 0:
                    shape = (len(each), *vectors.shape[1:])
                    kept = open_memmap(_path(folder, name), "w+", np.float16, shape)  # type: ignore[no-untyped-call]
                kept[start : start + len(vectors)] = vectors
                done += len(vectors)
            kept.flush()
    del reader
    gc.collect()
    torch.cuda.empty_cache()  # the device is the training's


def _blocks(rows: Dataset, reader: ShortTexts) -> Iterator[tuple[int, NDArray[np.float32]]]:
    columns = [name for name in ("query", "positive", "negative") if name in rows.column_names]
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        texts = {**block, "query": [bare_query(text) for text in block["query"]]}
        yield start, np.stack([reader.vectors(texts[name]) for name in columns], axis=1)


def _path(folder: Path, group: str) -> Path:
    return folder / f"{group}.npy"
