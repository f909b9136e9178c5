"""Names of grown topics, each new in wording and in meaning; what was decided is written down."""

from collections.abc import Sequence
from itertools import compress

from littlegiants.tasks import digest
from littlegiants.words import tokens
from pipelines.models.model_folders import resolve_model
from pipelines.run.step import Work
from pipelines.run.tally import Tally
from pipelines.step_progress import StepProgress, say
from pipelines.topics.near_texts import Embed, FreshTexts

WORDING_ONLY = 1.0
"""As `topics.most_alike`: no model reads the names."""


class TopicNames:
    """All names so far, those of the roots first.

    Another start decides nothing anew, on whatever machine: which names of a round were kept stands
    in the journal under the round's names and all that came before.
    """

    def __init__(self, work: Work, roots: Sequence[str]) -> None:
        recipe = work.run.recipe
        self._work, self._most_alike = work, recipe.topics.most_alike
        self._unread = [root.rpartition("/")[2] for root in roots]
        self._seen = {tokens(name) for name in self._unread}
        self._round = digest([self._most_alike, recipe.models.scorer, self._unread])
        self._near: FreshTexts | None = None

    def fresh(self, found: Sequence[Sequence[str]], tally: Tally) -> list[list[str]]:
        """Those of each list that are new, in order; the others are counted as dropped."""
        worded = [[name for name in names if self._is_new(name, tally)] for names in found]
        flat = [name for names in worded for name in names]
        flags = self._decided(flat)
        if near := flags.count(False):
            tally.dropped["topic_near_another"] += near
        left = iter(flags)
        return [[name for name in names if next(left)] for names in worded]

    def _is_new(self, name: str, tally: Tally) -> bool:
        wording, before = tokens(name), len(self._seen)
        self._seen.add(wording)
        if is_known := len(self._seen) == before:
            tally.drop("topic_named_before")
        return not is_known

    def _decided(self, names: Sequence[str]) -> list[bool]:
        if self._most_alike == WORDING_ONLY:
            return [True] * len(names)
        self._round = digest([self._round, names])
        with self._work.run.journal(f"{self._work.name}-kept") as journal:
            if value := journal.get(self._round):
                before = [flag == "1" for flag in value["kept"]]
                self._unread += compress(names, before)
                return before
            flags = self._compared(names)
            journal.append(self._round, {"kept": "".join("01"[flag] for flag in flags)})
        return flags

    def _compared(self, names: Sequence[str]) -> list[bool]:
        if self._near is None:
            self._near = FreshTexts(self._embed(), self._most_alike)
        self._near.add(self._unread)
        self._unread.clear()
        flags = []
        with StepProgress(self._work.name, len(names), unit="name") as progress:
            for flag in self._near.kept(names):
                flags.append(flag)
                progress.add()
        return flags

    def _embed(self) -> Embed:
        from pipelines.models.encoded import ShortTexts

        recipe = self._work.run.recipe
        say(self._work.name, f"{recipe.models.scorer} reads the names")
        model = resolve_model(recipe.models.scorer, self._work.models)
        return ShortTexts(model, recipe.judge.dtype).vectors
