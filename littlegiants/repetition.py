"""Finds repetition: does a text say the same over and over?"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate

LEAST_TOKENS = 20
"""A shorter text may repeat itself."""
RUN = 8
"""So many tokens in a row that stood before are a repetition."""
SHARE = 0.45
"""Of a whole text that repeats itself: a passage that is written twice has a half."""
OTHER_SHARE = 0.7
"""The same in a script other than Latin: a run of 8 characters is but two to five words, and what
people repeat there is not measured; a passage that is written four times has three quarters."""
STRETCH, STRETCH_SHARE = 100, 0.95
"""A stretch that repeats what stood at most as far before."""
WINDOW, DISTINCT_SHARE = 50, 0.26
"""Fewer distinct tokens in a window are a loop whose words change a little.

The other bounds are calibrated on people's prose of 20 to 1,000 words: fewer than one text in a
hundred is taken for a loop, as `tests/unit/littlegiants/test_repetition.py` measures.
"""


def is_looping(said: Sequence[str]) -> bool:
    """Whether the tokens go round in circles, of whatever length, at whatever place."""
    if len(said) < LEAST_TOKENS:
        return False
    return _poorest(said, WINDOW) < DISTINCT_SHARE or _repeats_itself(said)


def runs(said: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    """Every `size` tokens in a row."""
    return zip(*(said[start:] for start in range(size)), strict=False)


def _repeats_itself(said: Sequence[str]) -> bool:
    if len(set(runs(said, RUN))) > len(said) - RUN:
        return False  # no run stood before
    return (
        sum(_repeats(said, within=len(said))) >= _most_repeated(said) * len(said)
        or _densest(_repeats(said, within=STRETCH), STRETCH) >= STRETCH_SHARE
    )


def _most_repeated(said: Sequence[str]) -> float:
    """The share of repeated tokens that makes a loop of a text in this script."""
    return SHARE if 2 * sum(map(str.isascii, said)) >= len(said) else OTHER_SHARE


def _repeats(said: Sequence[str], within: int) -> list[bool]:
    """For each token whether it belongs to a run that stood at most `within` tokens before."""
    found, last = [False] * len(said), dict[tuple[str, ...], int]()
    for start, run in enumerate(runs(said, RUN)):
        if start - last.get(run, -within - 1) <= within:
            found[start : start + RUN] = [True] * RUN
        last[run] = start
    return found


def _densest(found: Sequence[bool], size: int) -> float:
    """The largest share of `found` in a window of `size`."""
    sums = [0, *accumulate(found)]
    size = min(size, len(found))
    return max(after - before for before, after in zip(sums, sums[size:], strict=False)) / size


def _poorest(said: Sequence[str], size: int) -> float:
    """The smallest share of distinct tokens in a window of `size`."""
    size = min(size, len(said))
    counts = Counter(said[:size])
    least = len(counts)
    for old, new in zip(said, said[size:], strict=False):
        counts[old] -= 1
        if not counts[old]:
            del counts[old]
        counts[new] += 1
        least = min(least, len(counts))
    return least / size
