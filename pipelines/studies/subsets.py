"""Nested subsets of a data set: a larger one holds every row of a smaller one."""

import hashlib
from collections.abc import Sequence

from pipelines.data.records import Row

FRACTIONS = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)
LEAST_ROWS = 8


def in_order(rows: Sequence[Row]) -> list[Row]:
    """`rows` by a digest of their id: the same order in each study, whatever the file's is."""
    return sorted(rows, key=lambda row: hashlib.sha256(row.id.encode()).digest())


def sizes_of(count: int) -> list[int]:
    """Rows of each subset, the smallest first; none of fewer than eight rows."""
    found = {round(count * fraction) for fraction in FRACTIONS}
    return sorted(size for size in found if size >= LEAST_ROWS)
