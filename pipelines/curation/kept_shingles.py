"""The shingles of kept texts, in a file: they are read again only for texts alike."""

import os
from array import array
from typing import IO

import numpy as np

from pipelines.curation.sketches import Shingles, similarity

WIDTH = 4
"""Bytes of a hash."""


class KeptShingles:
    """Texts' shingles by their numbers, which count from 0, in an open file."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._ends = file, array("Q", [0])

    def __len__(self) -> int:
        return len(self._ends) - 1

    def add(self, shingles: Shingles) -> int:
        """Keep one more text's; gives its number.

        Raises OSError when the disk is full.
        """
        os.pwrite(self._file.fileno(), shingles.tobytes(), WIDTH * self._ends[-1])
        self._ends.append(self._ends[-1] + len(shingles))
        return len(self) - 1

    def is_alike(self, number: int, shingles: Shingles, threshold: float) -> bool:
        """Whether text `number` has at least this Jaccard similarity; longer ones are not read."""
        start, end = self._ends[number], self._ends[number + 1]
        count = len(shingles)
        if min(count, end - start) < threshold * max(count, end - start):
            return False
        read = os.pread(self._file.fileno(), WIDTH * (end - start), WIDTH * start)
        return similarity(np.frombuffer(read, np.uint32), shingles) >= threshold
