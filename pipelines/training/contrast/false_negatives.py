"""Documents of a batch that would be wrong as negatives of a query, told by the rows' numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from littlegiants.words import tokens

Rows = NDArray[np.int64]
"""Numbers of rows in their group."""


class FalseNegatives(Protocol):
    """What knows them for one group of rows."""

    def among(self, own: Rows, every: Rows) -> NDArray[np.bool_]:
        """For each of the `own` rows which documents are left out.

        Documents are the positives of `every` row, then the negatives of `every` row.
        """


@dataclass(frozen=True, slots=True)
class SameLabels:
    """Labels that read like a row's own."""

    ids: NDArray[np.int64]
    """Of each row's documents: rows x columns, the positive first; equal for equal labels."""

    @classmethod
    def of(cls, documents: Sequence[Sequence[str]]) -> "SameLabels":
        """Those of a group's rows, column by column, the positives first."""
        ids = [[_id(text) for text in column] for column in documents]
        return cls(np.array(ids, dtype=np.int64).T)

    def among(self, own: Rows, every: Rows) -> NDArray[np.bool_]:
        """Where a document is the same label as the row's positive."""
        found: NDArray[np.bool_] = self.ids[own, :1] == self.ids[every].T.reshape(-1)
        return found


@dataclass(frozen=True, slots=True)
class Guided:
    """Documents that a guide has nearer to a query than its own positive (GISTEmbed).

    arXiv 2402.16829. The query's own negative is one of them.
    """

    vectors: NDArray[np.floating[Any]]
    """Of each row's texts, of length 1: rows x columns x width, query and positive first."""
    margin: float
    """Cosine below the positive's from which a document is left out."""

    def among(self, own: Rows, every: Rows) -> NDArray[np.bool_]:
        """Where a document's cosine is above the positive's, less the margin."""
        mine = np.asarray(self.vectors[own], dtype=np.float32)
        documents = np.asarray(self.vectors[every][:, 1:], dtype=np.float32)
        by_column = documents.swapaxes(0, 1).reshape(-1, documents.shape[-1])
        positive = (mine[:, 0] * mine[:, 1]).sum(axis=1, keepdims=True)
        found: NDArray[np.bool_] = mine[:, 0] @ by_column.T > positive - self.margin
        return found


def _id(label: str) -> int:
    said: Sequence[str] = tokens(label)
    return int.from_bytes(blake2b("\n".join(said).encode(), digest_size=8).digest(), signed=True)
