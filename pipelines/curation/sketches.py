"""Sketches of texts: shingles, and keys that alike texts share (MinHash, LSH).

R-MinHash after Christiani et al., arXiv 1704.04370; bands after Leskovec et al., "Mining of Massive
Datasets", chapter 3.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rensa import RMinHash

SEED = 1
"""Fixed, so that a data set is the same in every run."""
PERMUTATIONS = 256
SHINGLE = 3
"""Words in a row."""
RECALL = 0.99
"""Share of the pairs just at the threshold that meet under a key; the more alike, the more do."""
ROWS = (32, 16, 8, 4, 2, 1)
"""Of a signature that a key is made of."""

Shingles = NDArray[np.uint32]
"""A text's distinct shingles by their hashes, sorted."""


def rows_for(threshold: float) -> int:
    """The most rows a key may be made of, so that hardly any alike pair is missed."""
    misses = ((1 - threshold**rows) ** (PERMUTATIONS // rows) for rows in ROWS)
    return next((rows for rows, miss in zip(ROWS, misses, strict=True) if miss <= 1 - RECALL), 1)


def shingled(words: Sequence[str]) -> list[str]:
    """Every SHINGLE words in a row; a shorter text is one shingle."""
    starts = range(max(1, len(words) - SHINGLE + 1))
    return [" ".join(words[start : start + SHINGLE]) for start in starts]


class Sketches:
    """Many texts' shingles and keys."""

    def __init__(self, texts: Sequence[Sequence[str]], rows: int) -> None:
        hashes = RMinHash.hash_token_sets([shingled(words) for words in texts])
        self.shingles: list[Shingles] = [
            np.unique(np.array(each, np.uint64) >> np.uint64(32)).astype(np.uint32)
            for each in hashes
        ]
        matrix = RMinHash.digest_matrix_from_token_hash_sets(hashes, PERMUTATIONS, SEED)
        self.keys = _keys(np.array(matrix.to_rows(), np.uint64), rows)
        """A row for each text, a column for each band."""


def _keys(signatures: NDArray[Any], rows: int) -> NDArray[np.uint32]:
    bands = signatures.reshape(len(signatures), PERMUTATIONS // rows, rows)
    odd = np.random.default_rng(SEED).integers(2**63, size=rows, dtype=np.uint64) * 2 + 1
    mixed = (bands * odd.astype(np.uint64)).sum(axis=2, dtype=np.uint64)
    return (mixed >> np.uint64(32)).astype(np.uint32)


def similarity(one: Shingles, other: Shingles) -> float:
    """Jaccard similarity: shared shingles over all shingles of both."""
    shared = len(np.intersect1d(one, other, assume_unique=True))
    return shared / (len(one) + len(other) - shared)
