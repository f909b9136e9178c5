"""Checks of a sample, one rule each; a check's name is the reason under which it is dropped."""

from collections.abc import Callable, Iterable, Sequence

from littlegiants.code_endings import is_code, is_whole_code
from littlegiants.form_in_text import has_form
from littlegiants.kinds import SPECS, Kind, length_of
from littlegiants.prompts import synthesize_prompt
from littlegiants.repetition import is_looping, runs
from littlegiants.samples import Sample, least_cap
from littlegiants.tasks import Prompt
from littlegiants.words import is_ended, tokens, word_count

Check = Callable[[Sample, Prompt], bool]

COPY_WORDS = 5
"""A query of fewer words may well stand in its document; a longer one that does is a copy."""
ECHO_WORDS = 8
"""This many of the prompt's own words in a row are an echo of it, not a sample."""
WORDS_MORE = 10
"""Of few words asked for, twice as many are soon said: a long query is no reason to lose a row."""
BLANKS = 2
"""A cut text may have ended with so many, which are stripped."""
FOLLOWING = tuple(",;:!?)]}>|=，；：！？）］｝、。」』】》〉،؛؟।॥")
"""Marks that only follow something, in the scripts that have marks of their own."""


def has_text(sample: Sample, prompt: Prompt) -> bool:
    """Every field holds at least one word."""
    return all(word_count(text) for text in sample.texts)


def text_begins_well(sample: Sample, prompt: Prompt) -> bool:
    """No text begins with a mark that only follows something."""
    return not any(text.startswith(FOLLOWING) for text in sample.texts)


def negative_differs(sample: Sample, prompt: Prompt) -> bool:
    """The negative is neither the positive nor the query."""
    return (
        tokens(sample.negative) not in (tokens(sample.positive), tokens(sample.query))
        or not sample.negative
    )


def positive_differs(sample: Sample, prompt: Prompt) -> bool:
    """The positive is not the query again."""
    return tokens(sample.positive) != tokens(sample.query)


def query_is_not_copied(sample: Sample, prompt: Prompt) -> bool:
    """No document holds the whole query word for word."""
    query = tokens(sample.query)
    if word_count(sample.query) < COPY_WORDS:
        return True
    return not any(_contains(tokens(text), query) for text in sample.texts[1:])


def label_is_not_leaked(sample: Sample, prompt: Prompt) -> bool:
    """The text to classify names neither label."""
    if sample.kind is not Kind.CLASSIFICATION:
        return True
    text, labels = tokens(sample.query), sample.texts[1:]
    return not any(_contains(text, tokens(each)) for each in labels if word_count(each) >= 1)


def prompt_is_not_echoed(sample: Sample, prompt: Prompt) -> bool:
    """No text repeats a stretch of the prompt's own words."""
    asked = tokens(synthesize_prompt(prompt))
    for text in filter(word_count, sample.texts):
        said = tokens(text)
        size = round(ECHO_WORDS * max(1.0, len(said) / word_count(text)))
        if not set(runs(asked, size)).isdisjoint(runs(said, size)):
            return False
    return True


def words_vary(sample: Sample, prompt: Prompt) -> bool:
    """No text says the same words over and over."""
    return not any(is_looping(tokens(text)) for text in sample.texts)


def form_is_not_text(sample: Sample, prompt: Prompt) -> bool:
    """No text is a placeholder or JSON, nor begins with its key or what an assistant says."""
    return not has_form(sample)


def text_ends(sample: Sample, prompt: Prompt) -> bool:
    """A text as long as a schema may cut it off ends with a mark; code leaves nothing open."""
    fields = SPECS[sample.kind].fields
    for field, text in zip(fields, sample.texts, strict=True):
        longest = least_cap(*length_of(field, prompt.attributes)) - BLANKS
        if not field.label and len(text) >= longest and not _is_whole(text):
            return False
    return True


def _is_whole(text: str) -> bool:
    return is_whole_code(text) if is_code(text) else is_ended(text)


def length_is_as_asked(sample: Sample, prompt: Prompt) -> bool:
    """Each text has at least half the words asked for, at most twice as many or ten more."""
    fields = SPECS[sample.kind].fields
    for field, text in zip(fields, sample.texts, strict=True):
        low, high = length_of(field, prompt.attributes)
        count = word_count(text)
        if count < low / 2 or (high is not None and count > max(2 * high, high + WORDS_MORE)):
            return False
    return True


CHECKS: tuple[Check, ...] = (
    has_text,
    text_begins_well,
    positive_differs,
    negative_differs,
    query_is_not_copied,
    label_is_not_leaked,
    prompt_is_not_echoed,
    words_vary,
    form_is_not_text,
    text_ends,
    length_is_as_asked,
)


def failed_checks(
    sample: Sample, prompt: Prompt, checks: Iterable[Check] = CHECKS
) -> tuple[str, ...]:
    """Names of the checks that `sample` fails as an answer to `prompt`; empty means keep it."""
    return tuple(check.__name__ for check in checks if not check(sample, prompt))


def _contains(text: Sequence[str], part: Sequence[str]) -> bool:
    return bool(part) and any(
        text[start : start + len(part)] == part for start in range(len(text) - len(part) + 1)
    )
