"""Of the candidates that were written for a prompt, the one whose texts belong together best."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from littlegiants.tasks import Prompt
from pipelines.curation.content import Seen, TextVectors
from pipelines.curation.languages import language_is_as_asked
from pipelines.data.preference_selection import is_valid
from pipelines.data.records import Candidate

Group = Sequence[Candidate]
BLOCK = 500
"""Prompts whose candidates are looked at together: their vectors are in memory."""


def best_of(
    groups: Iterable[tuple[Prompt, Group]],
    reference: Callable[[], TextVectors],
    *,
    in_language: bool = False,
) -> Iterator[tuple[Prompt, Candidate]]:
    """Each prompt with its best candidate: of several valid ones that of the highest worth.

    Worth is the free judge's (`Similarity.worth`); the first wins a tie. Where none is valid it is
    the first, with the reason against it. With `in_language` those in the prompt's language are
    looked at, if any is. `reference` is loaded once, where there is a choice.
    """
    remaining, loaded = iter(groups), None
    while block := list(islice(remaining, BLOCK)):
        if in_language:
            block = [(prompt, _in_language(prompt, group)) for prompt, group in block]
        contests = [valid for _, group in block if len(valid := _valid(group)) > 1]
        seen = Seen({})
        if contests:
            loaded = loaded or reference()
            seen = Seen.by(
                loaded, [each.sample for valid in contests for each in valid if each.sample]
            )
        yield from ((prompt, _best(group, seen)) for prompt, group in block)


def _best(group: Group, seen: Seen) -> Candidate:
    valid = _valid(group)
    if len(valid) < 2:
        return (*valid, *group)[0]
    return max(valid, key=lambda each: seen.worth(each.sample) if each.sample else 0.0)


def _valid(group: Group) -> list[Candidate]:
    return [each for each in group if is_valid(each)]


def _in_language(prompt: Prompt, group: Group) -> Group:
    valid = _valid(group)
    if len(valid) < 2:
        return group
    fit = [each for each in valid if each.sample and language_is_as_asked(each.sample, prompt)]
    return fit or group
