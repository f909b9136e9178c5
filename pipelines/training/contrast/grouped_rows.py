"""Each group's rows in an Arrow file that is mapped into memory: they need not fit in it."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from datasets import Dataset, Features, Value
from datasets.arrow_writer import ArrowWriter

from pipelines.distributed.world import first_on_node
from pipelines.recipe.training_sections import EmbedSettings
from pipelines.training.checkpoints import row_line
from pipelines.training.contrast.batching import columns_of, group_of, kind_of, untrainable
from pipelines.training.rows import Triplet

TOLD = "rows.json"
NUMBER = "label"
"""Column of a row's number in its group; sentence-transformers gives one of that name to a loss."""
ROWS_WRITTEN_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class GroupedRows:
    """Where the files are, and what is told of the rows: digest, counts by group, drops."""

    folder: str
    digest: str
    counts: Mapping[str, int]
    dropped: Mapping[str, int]

    @property
    def given(self) -> int:
        """How many rows there were."""
        return sum(self.counts.values()) + sum(self.dropped.values())

    @property
    def kinds(self) -> frozenset[str]:
        """Kinds of the rows that can be trained on."""
        return frozenset(kind_of(group) for group in self.counts)

    def datasets(self) -> dict[str, Dataset]:
        """The rows by group."""
        return {
            group: Dataset.from_file(str(_path(Path(self.folder), group))) for group in self.counts
        }


def grouped(rows: Iterable[Triplet], folder: Path, settings: EmbedSettings) -> GroupedRows:
    """Write `rows` into `folder`, once on each node, as columns of text by group, numbered.

    Raises BadInput when no row can be trained on.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with first_on_node(folder / "written") as is_ours:
        if is_ours:
            found = _written(rows, folder, settings)
            (folder / TOLD).write_text(json.dumps(asdict(found)), encoding="utf-8")
    return GroupedRows(**json.loads((folder / TOLD).read_text(encoding="utf-8")))


def _written(rows: Iterable[Triplet], folder: Path, settings: EmbedSettings) -> GroupedRows:
    digest, counts, writers = sha256(), Counter[str](), dict[str, ArrowWriter]()
    for row in rows:
        digest.update(row_line(row))
        group = group_of(row, settings)
        columns = columns_of(row, group)
        if group not in writers:
            writers[group] = _writer(_path(folder, group), columns)
        writers[group].write({**columns, NUMBER: counts[group]})
        counts[group] += 1
    for writer in writers.values():
        writer.finalize()
    dropped = untrainable(counts, settings)
    kept = {group: count for group, count in counts.items() if group not in dropped}
    reasons = Counter[str]()
    for group, reason in dropped.items():
        reasons[reason] += counts[group]
    return GroupedRows(str(folder), digest.hexdigest(), kept, dict(reasons))


def _writer(path: Path, columns: Iterable[str]) -> ArrowWriter:
    texts = {name: Value("string") for name in columns}
    features = Features({**texts, NUMBER: Value("int64")})
    return ArrowWriter(features=features, path=str(path), writer_batch_size=ROWS_WRITTEN_AT_ONCE)


def _path(folder: Path, group: str) -> Path:
    return folder / f"{group}.arrow"
