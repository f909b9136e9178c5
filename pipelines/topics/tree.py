"""Topics as trees: which leaves to widen next, so that every root gets its share."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from itertools import islice

MOST_LEVELS = 6
"""Names below a root; 20 a level are more topics than anybody asks for."""


@dataclass(slots=True)
class Branch:
    """A root with what grew from it."""

    leaves: dict[str, int] = field(default_factory=dict)
    """Topic paths that nothing grew from, with their level, in the order they came."""
    waiting: deque[str] = field(default_factory=deque)
    """Leaves that may still be widened, the shallowest first."""

    def add(self, path: str, level: int) -> None:
        """One more leaf."""
        self.leaves[path] = level
        if level < MOST_LEVELS:
            self.waiting.append(path)


class TopicTree:
    """Grows breadth first from `roots` until it has `count` leaves, evenly over the roots."""

    def __init__(self, roots: Sequence[str], count: int, children: int) -> None:
        self._count, self._children = count, children
        self._branches = {root: Branch() for root in roots}
        for root, branch in self._branches.items():
            branch.add(root, 0)
        self._branch_of = dict(self._branches)
        self._asked, self._grown = 0, 0

    @property
    def leaf_count(self) -> int:
        """Topics that there are."""
        return len(self._branch_of)

    def frontier(self) -> list[str]:
        """The leaves to widen next; none when there are enough, or when nothing more grows.

        No more calls than are needed: in the end roots differ by what one call gives.
        """
        gain, found = max(1.0, self._yield() - 1), list[str]()
        branches = list(self._branches.values())
        least = [(float(len(each.leaves)), n) for n, each in enumerate(branches) if each.waiting]
        heapify(least)
        while least and len(found) < (self._count - self.leaf_count) / gain:
            size, number = heappop(least)
            found.append(branches[number].waiting.popleft())
            if branches[number].waiting:
                heappush(least, (size + gain, number))
        return found

    def widen(self, leaf: str, names: Sequence[str]) -> None:
        """Put what grew from `leaf` in its place; where nothing did it stays a leaf for good."""
        self._asked += 1
        self._grown += len(names)
        if not names:
            return
        branch = self._branch_of.pop(leaf)
        level = branch.leaves.pop(leaf) + 1
        for name in names:
            path = f"{leaf}/{name}"
            branch.add(path, level)
            self._branch_of[path] = branch

    def topics(self) -> list[str]:
        """`count` leaves, or all when there are fewer: the roots take turns."""
        turns = [iter(branch.leaves) for branch in self._branches.values()]
        return list(islice(_dealt(turns), self._count))

    def _yield(self) -> float:
        """Names that a widened leaf gave so far."""
        return self._grown / self._asked if self._asked else self._children


def _dealt(turns: Sequence[Iterator[str]]) -> Iterator[str]:
    while turns:
        dealt = [(turn, path) for turn in turns for path in islice(turn, 1)]
        yield from (path for _, path in dealt)
        turns = [turn for turn, _ in dealt]
