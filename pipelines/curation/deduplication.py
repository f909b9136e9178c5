"""Deduplication: finds texts that say the same, word for word or nearly."""

import tempfile
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from littlegiants.words import tokens
from pipelines.curation.kept_shingles import KeptShingles
from pipelines.curation.sketches import PERMUTATIONS, Shingles, Sketches, rows_for
from pipelines.curation.sorted_runs import SortedRuns

Item = TypeVar("Item")
BATCH = 1024
"""Texts in memory."""
EXACT, NEAR = "exact_duplicate", "near_duplicate"


@dataclass(frozen=True, slots=True)
class Twin:
    """The first text that says the same: how many came before it, and whether word for word."""

    place: int
    reason: str


def with_twins(
    items: Iterable[tuple[Item, str]], *, threshold: float = 0.8
) -> Iterator[tuple[Item, Twin | None]]:
    """Each item, which comes with its text, and the earlier text that is kept in its place.

    Texts are compared by their words: equal ones first, then those whose sets of three words in a
    row have a Jaccard similarity of at least `threshold`, of which 1 in 100 at most is missed; a
    threshold of 1 leaves equal ones only. The first of a kind is kept; what is dropped draws no
    others after it. Texts stream; of a kept one some 300 bytes stay in memory.
    """
    stream = iter(items)
    with tempfile.TemporaryFile() as file:
        kept = _Kept(threshold, KeptShingles(file))
        while batch := list(islice(stream, BATCH)):
            twins = kept.take([tokens(text) for _, text in batch])
            yield from zip((item for item, _ in batch), twins, strict=True)


def fingerprint(text: str) -> int:
    """64 bits that stand for a text."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


class _Kept:
    """The texts kept so far, to be asked by wording and by shingles."""

    def __init__(self, threshold: float, shingles: KeptShingles) -> None:
        self._threshold, self._shingles = threshold, shingles
        self._rows = rows_for(threshold) if threshold < 1 else PERMUTATIONS
        self._wordings = SortedRuns()
        self._bands = [SortedRuns() for _ in range(PERMUTATIONS // self._rows)]
        self._places, self._count = array("I"), 0

    def take(self, texts: Sequence[Sequence[str]]) -> list[Twin | None]:
        """The twin of each of the next texts; those that have none are kept."""
        wordings = np.array([fingerprint(" ".join(words)) for words in texts], np.uint64)
        equal = {place: int(found[0]) for place, found in self._wordings.find(wordings)}
        sketches = Sketches(texts, self._rows) if self._threshold < 1 else None
        batch = _Batch(self._found(sketches) if sketches else {})
        twins: list[Twin | None] = []
        for place, wording in enumerate(wordings.tolist()):
            number = equal.get(place, batch.wordings.get(wording))
            reason = EXACT
            if number is None and sketches:
                candidates = batch.candidates(place, sketches.keys[place])
                number, reason = self._alike(candidates, sketches.shingles[place]), NEAR
            twins.append(None if number is None else Twin(self._places[number], reason))
            if number is None:
                shingles = sketches.shingles[place] if sketches else np.empty(0, np.uint32)
                number = self._keep(shingles, self._count + place)
                batch.keep(place, wording, sketches.keys[place] if sketches else None, number)
        self._count += len(texts)
        self._index(batch, wordings, sketches)
        return twins

    def _found(self, sketches: Sketches) -> dict[int, set[int]]:
        """Numbers of texts of earlier batches that share a key, by place."""
        found: defaultdict[int, set[int]] = defaultdict(set)
        for band, keys in zip(self._bands, sketches.keys.T, strict=True):
            for place, numbers in band.find(keys):
                found[place].update(numbers.tolist())
        return found

    def _alike(self, candidates: Iterable[int], shingles: Shingles) -> int | None:
        alike = (
            number
            for number in sorted(candidates)
            if self._shingles.is_alike(number, shingles, self._threshold)
        )
        return next(alike, None)

    def _keep(self, shingles: Shingles, place: int) -> int:
        self._places.append(place)
        return self._shingles.add(shingles)

    def _index(
        self, batch: "_Batch", wordings: NDArray[np.uint64], sketches: Sketches | None
    ) -> None:
        numbers = np.array(batch.numbers, np.uint32)
        self._wordings.add(wordings[batch.places], numbers)
        if sketches:
            for band, keys in zip(self._bands, sketches.keys[batch.places].T, strict=True):
                band.add(keys, numbers)


class _Batch:
    """Texts of one batch that are kept, before they are among the others."""

    def __init__(self, found: dict[int, set[int]]) -> None:
        self._found = found
        self.places: list[int] = []
        self.numbers: list[int] = []
        self.wordings: dict[int, int] = {}
        self._bands: defaultdict[tuple[int, int], list[int]] = defaultdict(list)

    def candidates(self, place: int, keys: NDArray[np.uint32]) -> set[int]:
        near = (self._bands.get(key, ()) for key in enumerate(keys.tolist()))
        return self._found.get(place, set()).union(*near)

    def keep(self, place: int, wording: int, keys: NDArray[np.uint32] | None, number: int) -> None:
        self.places.append(place)
        self.numbers.append(number)
        self.wordings[wording] = number
        for key in enumerate([] if keys is None else keys.tolist()):
            self._bands[key].append(number)
