"""Texts under a guide, each read once for all trainings of a study."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.models.encoded import ShortTexts
from pipelines.training.contrast.guide import READ_TOKENS

Array = NDArray[np.floating[Any]]


class GuideVectors:
    """Guides by their reference, loaded when they are first asked."""

    def __init__(self, folder_of: Callable[[str], Path]) -> None:
        self._folder_of = folder_of
        self._guides: dict[str, ShortTexts] = {}
        self._seen: dict[tuple[str, str], Array] = {}

    def of(self, guide: str, texts: Sequence[str]) -> Array:
        """One vector of length 1 a text."""
        new = list(dict.fromkeys(text for text in texts if (guide, text) not in self._seen))
        if new:
            if guide not in self._guides:
                self._guides[guide] = ShortTexts(self._folder_of(guide), longest=READ_TOKENS)
            vectors = self._guides[guide].vectors(new)
            self._seen |= {(guide, text): each for text, each in zip(new, vectors, strict=True)}
        return np.stack([self._seen[guide, text] for text in texts])
