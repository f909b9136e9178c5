"""Finds texts that say the same: word for word, or nearly (MinHash)."""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import Generic, TypeVar

from datasketch import MinHash, MinHashLSH

from littlegiants.words import tokens

Id = TypeVar("Id", bound=Hashable)

SEED = 1
"""Of the permutations: fixed, so that a data set is the same in every run."""


def duplicates(
    texts: Iterable[tuple[Id, str]],
    *,
    threshold: float = 0.8,
    permutations: int = 128,
    shingle: int = 3,
) -> dict[Id, Id]:
    """For each text to drop, the earlier text that is kept in its place.

    Texts are compared by their lower-case words: equal ones first, then those whose sets of
    `shingle` words in a row have an estimated Jaccard similarity of at least `threshold`. The first
    of a kind is kept; what is dropped draws no others after it. Texts stream: only
    signatures stay in memory.
    """
    kept: _Kept[Id] = _Kept(threshold, permutations, shingle)
    twins = ((id, kept.twin_or_keep(id, text)) for id, text in texts)
    return {id: twin for id, twin in twins if twin is not None}


class _Kept(Generic[Id]):
    """The texts kept so far, to be asked by wording and by signature."""

    def __init__(self, threshold: float, permutations: int, shingle: int) -> None:
        self.threshold, self.permutations, self.shingle = threshold, permutations, shingle
        self.exact: dict[bytes, Id] = {}
        self.index = MinHashLSH(threshold=threshold, num_perm=permutations)
        self.signatures: list[tuple[Id, MinHash]] = []

    def twin_or_keep(self, id: Id, text: str) -> Id | None:
        """The kept text that `text` repeats; None when there is none and it is kept itself."""
        wording = tokens(text)
        key = blake2b(" ".join(wording).encode(), digest_size=16).digest()
        if key in self.exact:
            return self.exact[key]
        signature = self._signature(wording)
        twin = self._near(signature)
        self.exact[key] = id if twin is None else twin
        if twin is None:
            self.index.insert(len(self.signatures), signature)
            self.signatures.append((id, signature))
        return twin

    def _near(self, signature: MinHash) -> Id | None:
        near = (self.signatures[number] for number in sorted(self.index.query(signature)))
        alike = (id for id, other in near if other.jaccard(signature) >= self.threshold)
        return next(alike, None)

    def _signature(self, wording: Sequence[str]) -> MinHash:
        signature = MinHash(num_perm=self.permutations, seed=SEED)
        signature.update_batch([run.encode() for run in _shingles(wording, self.shingle)])
        return signature


def _shingles(wording: Sequence[str], size: int) -> Iterator[str]:
    """Every `size` words in a row; a shorter text is one shingle."""
    for start in range(max(1, len(wording) - size + 1)):
        yield " ".join(wording[start : start + size])
