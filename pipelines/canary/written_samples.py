"""What a model wrote for the canary: how much of it is valid, how diverse and how long it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from littlegiants.samples import Sample
from littlegiants.words import tokens
from pipelines.data.preference_selection import is_valid
from pipelines.data.records import Candidate

RUN = 3
"""Words that are looked at together."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Of `asked` prompts; diversity and words are those of prompts that both models answered."""

    asked: int
    valid: int
    diversity: float | None
    """Share of the runs of three words that are different ones (distinct-3); None of no text."""
    words: float | None
    """Median of a sample's words."""

    @property
    def yielded(self) -> float:
        """Share of valid samples."""
        return self.valid / self.asked if self.asked else 0.0


Pair = tuple[Candidate, Candidate]
"""The new weights' answer and the served ones'."""


def profiles(pairs: Sequence[Pair]) -> tuple[Profile, Profile]:
    """Of the new weights, and of those that are served."""
    both = [pair for pair in pairs if all(map(is_valid, pair))]
    new, served = (
        _profile([pair[side] for pair in pairs], [pair[side] for pair in both]) for side in (0, 1)
    )
    return new, served


def _profile(written: Sequence[Candidate], compared: Sequence[Candidate]) -> Profile:
    texts = [words_of(each.sample) for each in compared if each.sample]
    runs = [run for text in texts for run in _runs(text)]
    return Profile(
        asked=len(written),
        valid=sum(map(is_valid, written)),
        diversity=len(set(runs)) / len(runs) if runs else None,
        words=float(median(map(len, texts))) if texts else None,
    )


def words_of(sample: Sample) -> list[str]:
    """All words of a sample, one text after another."""
    return [word for text in sample.texts for word in tokens(text)]


def _runs(words: Sequence[str]) -> Iterable[tuple[str, ...]]:
    return zip(*(words[start:] for start in range(RUN)), strict=False)
