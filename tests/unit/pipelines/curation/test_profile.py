"""Figures of the rows tell varied ones from uniform ones, and long texts from what was asked."""

import random

from littlegiants.kinds import Kind
from littlegiants.samples import Sample
from littlegiants.task_families import FAMILIES
from littlegiants.tasks import Prompt, Task
from pipelines.curation.profile import DRAWN, Drawn, Written, profile_of
from tests.unit.pipelines.curation.test_content import PLACES, Topical

KIND = Kind.MATCHING_LONG
ASKED = {"document_length": "at least 4 words"}


def row(query: str, positive: str = "a text", task: str = "Match a walk.") -> Written:
    return Prompt(Task(KIND, "Places", task), ASKED, seed=1), Sample(KIND, query, positive)


VARIED = [row(f"{place} is where we walked", task=f"Match the {place}.") for place in PLACES]
UNIFORM = [row(f"we walked to the harbour {n}") for n in range(4)]


def test_varied_rows_stand_beside_uniform_ones() -> None:
    found = profile_of({KIND: VARIED}, [*UNIFORM, *UNIFORM], Topical())["diversity"]
    rows, examples = found
    assert (rows["of"], rows["count"], examples["of"], examples["count"]) == (
        *("rows", 4),
        *("examples", 4),
    )
    assert (rows["openings"], examples["openings"]) == (1.0, 0.25)
    assert (rows["tasks"], examples["tasks"]) == (4, 1)
    assert rows["nearest"] < 0.2 < 0.9 < examples["nearest"]
    assert examples["task_nearest"] is None
    assert rows["families_known"] == len(FAMILIES[KIND].examples)
    assert 1 <= rows["families"] <= 4


def test_without_a_scorer_only_words_are_counted() -> None:
    (rows,) = profile_of({KIND: VARIED}, [], None)["diversity"]
    assert (rows["openings"], rows["nearest"], rows["families"]) == (1.0, None, None)


def test_lengths_are_told_against_what_was_asked() -> None:
    rows = [row("one two three four five", "one two"), row("one two three four", "one " * 9)]
    lengths = {each["field"]: each for each in profile_of({KIND: rows}, [], None)["lengths"]}
    assert lengths["input"]["shorter"] == 0
    assert lengths["positive_document"] == {
        "kind": KIND,
        "field": "positive_document",
        "asked": "at least 4 words",
        "count": 2,
        "median": 5.5,
        "shorter": 0.5,
        "longer": 0.0,
    }


def test_rows_are_drawn_from_everywhere_and_no_more_than_so_many() -> None:
    drawn = Drawn(random.Random(1))
    for number in range(4 * DRAWN):
        drawn.see(*row(str(number)))
    numbers = [int(sample.query) for _, sample in drawn.rows[KIND]]
    assert len(numbers) == len(set(numbers)) == DRAWN
    assert 1.5 * DRAWN < sum(numbers) / DRAWN < 2.5 * DRAWN
