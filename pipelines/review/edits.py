"""Edits that a person may make after judge, correct and curate; one class a gate."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from littlegiants.checks import Check, has_text, negative_differs, positive_differs
from littlegiants.kinds import SPECS, Kind
from littlegiants.samples import Sample
from littlegiants.tasks import Prompt, Task
from pipelines.data.records import Correction, Preference, Row

REVIEWER = "reviewer"
ASKED = ("topic", "task")
"""What a generator was asked for: an answer to something else teaches it nothing."""
FLAWED = ("flawed_query", "flawed_positive", "flawed_negative")
FIRM: tuple[Check, ...] = (has_text, positive_differs, negative_differs)
"""The other checks are guesses about what a model wrote; a person knows better."""


@dataclass(frozen=True, slots=True)
class PreferenceEdit:
    """Two answers; exchange them where the judge erred."""

    number: int
    keep: bool
    topic: str
    task: str
    chosen: str
    rejected: str
    reason: str
    judge: str


@dataclass(frozen=True, slots=True)
class CorrectionEdit:
    """A flawed sample, which stays, and the sample as it should be."""

    number: int
    keep: bool
    topic: str
    task: str
    flawed_query: str
    flawed_positive: str
    flawed_negative: str
    reason: str
    query: str
    positive: str
    negative: str


@dataclass(frozen=True, slots=True)
class RowEdit:
    """A row of the data set."""

    number: int
    keep: bool
    kind: str
    task: str
    query: str
    positive: str
    negative: str


def preference_edit(row: Preference, number: int) -> PreferenceEdit:
    """A preference as it is laid out."""
    task = row.prompt.task
    texts = (row.chosen, row.rejected, row.reason, row.judge)
    return PreferenceEdit(number, True, task.topic, task.text, *texts)


def edited_preference(row: Preference, edit: PreferenceEdit) -> Preference:
    """A preference with a person's texts; ValueError says what is wrong with them."""
    if not edit.chosen.strip() or edit.chosen == edit.rejected:
        raise ValueError("chosen: must be a text that differs from rejected")
    said = replace(row, chosen=edit.chosen, rejected=edit.rejected, reason=edit.reason)
    return replace(said, judge=REVIEWER, order=())


def correction_edit(row: Correction, number: int) -> CorrectionEdit:
    """A correction as it is laid out."""
    task, flawed, mended = row.prompt.task, row.sample, row.revision
    texts = (flawed.query, flawed.positive, flawed.negative, row.reason)
    return CorrectionEdit(number, True, task.topic, task.text, *texts, *three(mended))


def edited_correction(row: Correction, edit: CorrectionEdit) -> Correction:
    """A correction with a person's texts; ValueError says what is wrong with them."""
    revision = Sample(row.revision.kind, edit.query, edit.positive, edit.negative)
    check(revision, row.prompt)
    return replace(row, reason=edit.reason, revision=revision, source=REVIEWER)


def row_edit(row: Row, number: int) -> RowEdit:
    """A row as it is laid out."""
    return RowEdit(number, True, row.kind, row.task, row.query, row.positive, row.negative)


def edited_row(row: Row, edit: RowEdit) -> Row:
    """A row as a person left it; ValueError says what is wrong with it."""
    if edit.kind not in list(Kind):
        raise ValueError(f"kind: {edit.kind!r} is none of {', '.join(Kind)}")
    kind, task = Kind(edit.kind), edit.task.strip()
    if not task:
        raise ValueError("task: must be a sentence")
    if edit.negative and len(SPECS[kind].fields) == 2:
        raise ValueError(f"negative: must be empty, as {kind} has none")
    sample = Sample(kind, edit.query, edit.positive, edit.negative)
    check(sample, Prompt(Task(kind, "", task), {}, 0))
    query, positive, negative = three(sample)
    mended = replace(row, kind=kind, task=task, senior={**row.senior, "edited_by": REVIEWER})
    return replace(mended, query=query, positive=positive, negative=negative)


def three(sample: Sample) -> tuple[str, str, str]:
    """All texts of a sample, an absent negative as an empty one."""
    return sample.query, sample.positive, sample.negative


def check(sample: Sample, prompt: Prompt) -> None:
    """Raise ValueError naming the first rule that an edited sample breaks."""
    for rule in FIRM:
        if not rule(sample, prompt):
            said = (rule.__doc__ or "").strip()
            raise ValueError(f"query, positive, negative: {rule.__name__} fails ({said})")


@dataclass(frozen=True, slots=True)
class GateEdits:
    """What is read after a stage: `data/NAME.jsonl`."""

    name: str
    noun: type[Any]
    edit: type[Any]
    laid_out: Callable[[Any, int], Any]
    edited: Callable[[Any, Any], Any]
    fixed: tuple[str, ...] = ()
    """Fields that are there to be read only."""


def check_fixed(gate: GateEdits, shown: Any, edit: Any) -> None:
    """Raise ValueError naming the first field that is there to be read, and was changed."""
    for name in gate.fixed:
        if getattr(shown, name) != getattr(edit, name):
            raise ValueError(
                f"{name}: cannot be changed here, write {getattr(shown, name)!r} again"
            )


GATES: Mapping[str, GateEdits] = {
    "judge": GateEdits(
        "preferences",
        Preference,
        PreferenceEdit,
        preference_edit,
        edited_preference,
        fixed=(*ASKED, "judge"),
    ),
    "correct": GateEdits(
        "corrections",
        Correction,
        CorrectionEdit,
        correction_edit,
        edited_correction,
        fixed=(*ASKED, *FLAWED),
    ),
    "curate": GateEdits("dataset", Row, RowEdit, row_edit, edited_row),
}
