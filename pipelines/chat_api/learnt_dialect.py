"""The dialect that an endpoint's refusals have taught, for all questions of a step."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from littlegiants.errors import BadInput
from pipelines.chat_api.dialect import FORMAT, FORMS, LIMITS, Dialect
from pipelines.chat_api.form_heed import ENOUGH, FormHeed
from pipelines.chat_api.kept_dialect import KeptDialect, Lessons
from pipelines.chat_api.request import limit_of
from pipelines.chat_api.thinking_room import larger, was_thought_away
from pipelines.openai_client.replies import Fault, Reply
from pipelines.step_progress import say

MOST_OVER = 1.25
"""So many times the limit are its own tokens still: endpoints count in several ways."""
UNHEEDED = (
    "whatever the word for it; raise it, or leave both words out (teacher.leave_out) and give the "
    "endpoint's own in teacher.extra_body"
)


@dataclass(frozen=True, slots=True)
class Sent:
    """A request, the dialect that it was written in, and what came of it."""

    dialect: Dialect
    request: dict[str, Any]
    outcome: Reply | Fault


@dataclass(slots=True)
class Tried:
    """What one question has been asked without: learnt for all when it is answered so."""

    dialect: Dialect
    words: dict[str, str] = field(default_factory=dict)
    """Parts of the request, and the endpoint's words on each."""

    def narrow(self, sent: Sent, fault: Fault) -> bool:
        """One rung down; False where `fault` names nothing that can be left out."""
        narrower = sent.dialect.narrowed(fault, sent.request)
        if narrower == sent.dialect:
            return False
        parts = set(narrower.left_out) - set(sent.dialect.left_out)
        parts = parts or {f"{FORMAT} {sent.dialect.form}"}
        self.words |= dict.fromkeys(sorted(parts), fault.message)
        self.dialect = narrower
        return True


class Learnt:
    """The dialect of a run's questions; each part that is left out is told once.

    `longest` is the recipe's limit of an answer; `may_grow` where thinking may get more room.
    """

    def __init__(
        self,
        stage: str,
        first: Dialect,
        kept: KeptDialect | None = None,
        *,
        longest: int,
        may_grow: bool = True,
    ) -> None:
        known = kept.read() if kept else Lessons()
        self.first, self.dialect = first, first.joined(known.dialect)
        if not may_grow:
            self.dialect = replace(self.dialect, thinking_tokens=first.thinking_tokens)
        self.words, self.is_answered = dict(known.words), known.is_answered
        """What is left out of a request, and the endpoint's words on it; if it ever answered."""
        self._stage, self._kept, self._heed = stage or "teacher", kept, FormHeed()
        self._longest, self._may_grow = longest, may_grow
        self.is_on_trial = False
        """Whether nothing was answered yet since the limit had to be asked for in another word."""

    def learn(self, tried: Tried) -> None:
        """Ask so from now on: a question was answered."""
        self.is_on_trial = False
        self.dialect = self.dialect.joined(tried.dialect)
        new = {part: words for part, words in tried.words.items() if part not in self.words}
        for part, words in new.items():
            say(self._stage, f"the endpoint is asked without {part} ({words})")
        self.words |= new
        if new or not self.is_answered:
            self.is_answered = True
            self._keep()

    def _keep(self) -> None:
        if self._kept:
            self._kept.write(Lessons(self.dialect, self.words, self.is_answered))

    def knows(self, dialect: Dialect) -> bool:
        """Whether questions are put so by now."""
        return self.dialect.joined(dialect) == self.dialect

    def check_form(self, schema: Mapping[str, Any], form: str, reply: Reply) -> None:
        """Ask in a weaker form where this one is taken and never heeded."""
        if reply.fault or form in (FORMS[-1], *FORMS[: FORMS.index(self.dialect.form)]):
            return
        required = {} if form == "json_object" else schema
        if self._heed.is_ignored(form, required, reply.text):
            words = f"none of {ENOUGH} answers has this form; what they have is read all the same"
            weaker = replace(self.dialect, form=FORMS[FORMS.index(form) + 1])
            self.learn(Tried(weaker, {f"{FORMAT} {form}": words}))

    def makes_room(self, asked: int, reply: Reply) -> bool:
        """Whether thinking took the room of an answer of at most `asked` tokens, and it may be
        asked for again with more.
        """
        if not (self._may_grow and asked and was_thought_away(reply, asked)):
            return False
        limit = self._longest + self.dialect.thinking_tokens
        if asked >= limit and (room := larger(asked, self._longest)) + self._longest > limit:
            self.dialect = replace(self.dialect, thinking_tokens=room)
            limit = self._longest + room
            say(
                self._stage,
                f"thinking left an answer of {asked:,} tokens no room: {limit:,} are asked for "
                "(teacher.thinking_tokens sets how many it may have)",
            )
            self._keep()
        return limit > asked

    def check_length(self, request: Mapping[str, Any], reply: Reply) -> None:
        """Ask for the limit in the other word where the endpoint did not keep to this one.

        Raises BadInput when it keeps to neither; thinking that it does not count is let pass.
        """
        most, written = limit_of(request, self._longest), reply.completion_tokens or 0
        word = next((word for word in LIMITS if word in request), "")
        if written <= most * MOST_OVER or word in self.dialect.left_out:
            return
        words = f"{written:,} tokens were written where at most {most:,} were asked for"
        other = self.dialect.without(word)
        if not word or not other.limit:
            if written - reply.thinking_tokens <= most * MOST_OVER:
                return
            raise BadInput(f"teacher.max_tokens: {words}, {UNHEEDED}")
        self.learn(Tried(other, {word: words}))
        self.is_on_trial = True
