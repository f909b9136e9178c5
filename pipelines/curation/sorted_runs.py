"""A map of keys to numbers in sorted runs: twelve bytes a key, a tenth of a dictionary's."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[Any]
Numbers = NDArray[np.uint32]


class SortedRuns:
    """Sorted arrays of keys with their numbers; small ones are merged into larger ones."""

    def __init__(self) -> None:
        self._runs: list[tuple[Keys, Numbers]] = []

    def add(self, keys: Keys, numbers: Numbers) -> None:
        """Put numbers under keys; a key may have many."""
        if len(keys):
            self._runs.append(_sorted(keys, numbers))
        while len(self._runs) > 1 and len(self._runs[-2][0]) < 2 * len(self._runs[-1][0]):
            newer, older = self._runs.pop(), self._runs.pop()
            self._runs.append(
                _sorted(*(np.concatenate(pair) for pair in zip(older, newer, strict=True)))
            )

    def find(self, keys: Keys) -> Iterator[tuple[int, Numbers]]:
        """Places in `keys` whose key has numbers, and these; a place may come more than once."""
        for run, numbers in self._runs:
            first = np.searchsorted(run, keys, "left")
            last = np.searchsorted(run, keys, "right")
            for place in np.flatnonzero(last > first):
                yield int(place), numbers[first[place] : last[place]]


def _sorted(keys: Keys, numbers: Numbers) -> tuple[Keys, Numbers]:
    order = np.argsort(keys, kind="stable")
    return keys[order], numbers[order]
