"""One data set by several generators: each prompt has its writer, drawn by weight."""

from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from hashlib import sha256
from itertools import accumulate
from typing import Any

from littlegiants.tasks import Prompt
from pipelines.data.records import Candidate
from pipelines.generators.ask import Asked, WrittenCount, write_all, written
from pipelines.recipe.recipe import Recipe
from pipelines.run.step import Work
from pipelines.run.tally import Tally


@dataclass(frozen=True, slots=True)
class Writers:
    """Names of generators with their weights."""

    weights: Mapping[str, float]
    seed: int

    @classmethod
    def of(cls, recipe: Recipe) -> "Writers":
        """The recipe's."""
        return cls(recipe.synthesize.active_writers, recipe.seed)

    def writer_of(self, prompt: Prompt) -> str:
        """Who writes for a prompt: always the same, whatever other prompts there are."""
        told = sha256(f"{self.seed}-writer-{prompt.id}".encode()).digest()
        bounds = list(accumulate(self.weights.values()))
        drawn = int.from_bytes(told[:8]) / 2**64 * bounds[-1]
        return list(self.weights)[min(bisect(bounds, drawn), len(bounds) - 1)]


@dataclass(frozen=True, slots=True)
class AskedOf:
    """Of what is asked, the part of one writer."""

    asked: Iterable[Asked]
    writers: Writers
    name: str

    def __iter__(self) -> Iterator[Asked]:
        return (each for each in self.asked if self.writers.writer_of(each[0]) == self.name)

    def count(self) -> int:
        """Of its prompts."""
        return sum(1 for _ in self)


Shares = Mapping[str, tuple[AskedOf, int, WrittenCount]]
"""By writer what it was asked, how much that is, and what came of it."""


async def write_shares(work: Work, asked: Iterable[Asked], tally: Tally, *, count: int) -> Shares:
    """Let each writer, one after another, write `count` completions of each of its prompts.

    `asked` is gone through several times.
    """
    writers, shares = Writers.of(work.run.recipe), {}
    for name in writers.weights:
        own = AskedOf(asked, writers, name)
        total = own.count()
        found = await write_all(work, own, tally, role=name, count=count, total=total)
        shares[name] = own, total, found
    return shares


def written_shares(
    work: Work, asked: Iterable[Asked], shares: Shares, *, count: int
) -> Iterator[tuple[Prompt, Sequence[Candidate]]]:
    """Each prompt with its writer's completions, as `write_shares` found them, in their order."""
    writers = Writers.of(work.run.recipe)
    with ExitStack() as opened:
        streams = {
            name: opened.enter_context(closing(written(work, own, found, role=name, count=count)))
            for name, (own, _, found) in shares.items()
        }
        for prompt, _ in asked:
            yield next(streams[writers.writer_of(prompt)])


def valid_count(shares: Shares) -> int:
    """Prompts that have a valid completion."""
    return sum(found.valid_count for _, _, found in shares.values())


def counts_of(shares: Shares) -> dict[str, Any]:
    """Prompts that were asked and those with a valid completion, in all and by writer."""
    each = {
        name: {"asked": total, "valid": found.valid_count}
        for name, (_, total, found) in shares.items()
    }
    asked = sum(own["asked"] for own in each.values())
    return {"asked": asked, "valid": valid_count(shares), "writers": each}
