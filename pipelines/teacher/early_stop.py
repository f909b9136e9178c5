"""Stops a stage whose answers are of no use, before all of them are paid for."""

from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from littlegiants.errors import BadInput, Unparsable
from pipelines.chat_api.questions import Answer
from pipelines.openai_client.replies import NOT_RECORDED, FaultKind

WINDOW = 50
FIRST = 20
"""So many answers, none of use: enough, where there are no more yet."""
LEAST = 6
"""Of a stage that ends without one answer of use: fewer tell nothing."""
EXCERPT = 160
"""Characters of an answer that are shown."""
ABSENT = (FaultKind.PASSING, FaultKind.TIMED_OUT, NOT_RECORDED)
"""Faults of no answer at all: the breaker and the record tell of them."""
REMEDIES = {
    "truncated": "raise teacher.max_tokens (teacher.thinking_tokens of a model that thinks)",
    "refused": "mend the recipe's teacher section (of a local teacher: serving.max_model_len)",
}
REMEDY = "name another teacher.model, or a form of teacher.structured that it keeps to"
Read = Callable[[Answer], object]
"""What a stage makes of an answer; raises Unparsable where it can make nothing of it."""


def flaw_of(answer: Answer, read: Read) -> str:
    """Why nobody can use an answer; empty where somebody can."""
    try:
        read(answer)
    except Unparsable as error:
        return error.reason
    return ""


@dataclass(frozen=True, slots=True)
class Noted:
    """An answer that counts, and why it is of no use."""

    key: str
    answer: Answer
    flaw: str


class EarlyStop:
    """Looks at the last WINDOW answers; `useless` are the keys of those that stopped the stage.

    `share` of them may be of no use: unreadable, failing a check, cut, filtered or refused.
    """

    def __init__(self, stage: str, share: float) -> None:
        self._stage, self._share = stage, share
        self._last: deque[Noted] = deque(maxlen=WINDOW)
        self.useless: tuple[str, ...] = ()

    def note(self, key: str, answer: Answer, flaw: str) -> None:
        """Count an answer.

        Raises BadInput when it is one too many of no use.
        """
        if answer.fault in ABSENT:
            return
        self._last.append(Noted(key, answer, flaw))
        useless = [each for each in self._last if each.flaw]
        is_full = len(self._last) == WINDOW and len(useless) > self._share * WINDOW
        if flaw and (is_full or len(useless) == len(self._last) >= FIRST):
            self._stop(useless, f"{len(useless)} of the last {len(self._last)} answers")

    def finish(self, answers: Iterable[Noted]) -> None:
        """Raises BadInput when all of a stage's answers, not too few, are of no use."""
        found = []
        for each in answers:
            if each.answer.fault not in ABSENT:
                if not each.flaw:
                    return
                found.append(each)
        is_refused = found and all(each.answer.fault == "refused" for each in found)
        if is_refused or len(found) >= LEAST:
            self._stop(found, f"all {len(found)} answers")

    def _stop(self, useless: list[Noted], told: str) -> None:
        self.useless = self.useless or tuple(each.key for each in useless)
        flaws = Counter(each.flaw for each in useless).most_common()
        (flaw, _), reasons = flaws[0], ", ".join(f"{count} {flaw}" for flaw, count in flaws)
        words = next(each.answer for each in reversed(useless) if each.flaw == flaw)
        raise BadInput(
            f"teacher: {told} of {self._stage} are of no use ({reasons}), as {excerpt(words)}; "
            f"{REMEDIES.get(flaw, REMEDY)} and start the same command again: what was of use is "
            "kept, those are asked for anew (teacher.useless_share lets more pass)"
        )


def excerpt(answer: Answer) -> str:
    """The endpoint's own words: its message, or how the answer begins."""
    text = " ".join((answer.why or answer.text).split())
    shown = text if len(text) <= EXCERPT else f"{text[:EXCERPT]}…"
    return f"the endpoint says: {shown}" if answer.why else f"this one: {shown!r}"
