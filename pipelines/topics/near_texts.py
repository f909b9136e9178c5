"""Keeps texts that say something new: none is near another one in an embedder's eyes."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Embed = Callable[[Sequence[str]], Vectors]
"""Vectors of length 1, one a text."""
BLOCK = 1024
"""Texts that are compared with as many others at once: a product of 4 MB."""


class FreshTexts:
    """The texts kept so far, as half-precision vectors: 115 MB for 150,000 of 384 dimensions.

    Every text is compared with every kept one, so time grows with the square of their number: a
    matrix product of 150,000 a side.
    """

    def __init__(self, embed: Embed, most_alike: float) -> None:
        self._embed, self._most_alike = embed, most_alike
        self._kept: list[NDArray[np.float16]] = []

    def add(self, texts: Sequence[str]) -> None:
        """Keep these without a look."""
        for start in range(0, len(texts), BLOCK):
            self._keep(self._read(texts[start : start + BLOCK]))

    def kept(self, texts: Sequence[str]) -> Iterator[bool]:
        """For each text whether it is kept: no kept one, before it or in `texts`, is as near."""
        for start in range(0, len(texts), BLOCK):
            yield from self._kept_of(self._read(texts[start : start + BLOCK]))

    def _read(self, texts: Sequence[str]) -> Vectors:
        return self._embed(texts).astype(np.float16).astype(np.float32)  # as they are kept

    def _kept_of(self, vectors: Vectors) -> list[bool]:
        is_new = np.ones(len(vectors), bool)
        for block in self._kept:
            is_new &= (vectors @ block.astype(np.float32).T).max(axis=1) < self._most_alike
        alike = np.tril(vectors @ vectors.T >= self._most_alike, -1)
        for row in np.flatnonzero(is_new):
            is_new[row] = not (alike[row] & is_new).any()
        self._keep(vectors[is_new])
        return [bool(each) for each in is_new]

    def _keep(self, vectors: Vectors) -> None:
        if len(vectors):
            self._kept.append(vectors.astype(np.float16))
