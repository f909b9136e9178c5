"""A teacher is asked where its choice can be of use, and may choose only what is valid."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from upath import UPath

from littlegiants.kinds import Kind
from littlegiants.samples import Sample
from littlegiants.tasks import Prompt, Task
from pipelines.cli.step_flags import TeacherSettings
from pipelines.data.records import Candidate, Candidates
from pipelines.recipe.recipe import load_recipe
from pipelines.run.folder import Run
from pipelines.run.step import Work
from pipelines.run.tally import Tally
from pipelines.scripted_teacher.dialects import DIALECTS, speaking
from pipelines.scripted_teacher.server import scripted_teacher
from pipelines.steps.judge import judged_by_teacher, preference, shared_out

PROMPT = Prompt(Task(Kind.MATCHING_SHORT, "A/B", "Match a tool to its use."), {}, seed=1)
VALID = Candidate("{}", Sample(Kind.MATCHING_SHORT, "Chisel", "Cutting mortises"))
INVALID = Candidate("no", None, "no_json")
LATE = Candidate("[]", None, "not_an_object")


def sets_of(*candidates: Candidate) -> Candidates:
    return Candidates(PROMPT, candidates)


def work_of(folder: Path, teacher: str, *changes: str) -> Work:
    run = Run(UPath(folder), load_recipe("laptop", ['teacher.key_variable=""', *changes]))
    settings = TeacherSettings(_cli_parse_args=False, run=str(folder), teacher=teacher)
    return Work("judge", run, settings)


def test_sets_without_a_choice_or_a_valid_candidate_are_not_sent(tmp_path: Path) -> None:
    useless = [sets_of(VALID, VALID), sets_of(INVALID, LATE), sets_of(INVALID)]
    by_teacher, by_scorer = shared_out(work_of(tmp_path, "http://unused/v1"), useless)
    assert (by_teacher, by_scorer) == ([], useless)


@pytest.mark.parametrize(("best", "dropped"), [(0, {}), (1, {"teacher_chose_invalid": 1})])
def test_only_a_valid_candidate_is_chosen(
    tmp_path: Path, best: int, dropped: dict[str, int]
) -> None:
    tally = Tally()

    def choose(request: dict[str, Any]) -> str:
        valid = 0 if "[0] {}" in request["messages"][-1]["content"] else 1
        index = valid if best == 0 else 1 - valid
        return json.dumps({"reason": "form", "best": index, "worst": 1 - index})

    with scripted_teacher(choose) as served:
        work = work_of(tmp_path, served.url)
        found = asyncio.run(judged_by_teacher(work, [sets_of(VALID, INVALID)], tally))
    assert dict(tally.dropped) == dropped
    assert [row.rejected for row in found] == ([] if dropped else [INVALID.text])


@pytest.mark.parametrize(("is_steady", "agreed"), [(True, 4), (False, 0)])
def test_a_share_is_asked_in_the_other_order_too(
    tmp_path: Path, is_steady: bool, agreed: int
) -> None:
    tally = Tally()

    def choose(request: dict[str, Any]) -> str:
        first = is_steady and "[0] good" not in request["messages"][-1]["content"]
        return json.dumps({"reason": "form", "best": int(first), "worst": 1 - int(first)})

    good = [replace(VALID, text=f"good {n}") for n in range(8)]
    with scripted_teacher(choose) as served:
        work = work_of(tmp_path, served.url, "judge.swapped_share=0.5")
        sets = [sets_of(each, replace(VALID, text="other")) for each in good]
        found = asyncio.run(judged_by_teacher(work, sets, tally))
    assert len(served.requests) == 12
    assert len(found) == 8, "the first order counts"
    assert (tally.detail["swapped"]["count"], tally.detail["swapped"]["total"]) == (agreed, 4)


def test_a_rejected_text_has_no_special_tokens() -> None:
    rejected = replace(INVALID, text="no\x1b[0m\x00<|im_end|>")
    pair = preference(sets_of(VALID, rejected), VALID, rejected, "form", judge="teacher")
    assert pair.rejected == "no"


def test_a_thinking_model_judges(tmp_path: Path) -> None:
    tally, choice = Tally(), json.dumps({"reason": "form", "best": 0, "worst": 1})
    script = speaking(DIALECTS["OpenAI gpt-5"], lambda request: choice)
    with scripted_teacher(script) as served:
        work = work_of(tmp_path, served.url)
        sets = [sets_of(VALID, replace(VALID, text=f"{n}")) for n in range(3)]
        found = asyncio.run(judged_by_teacher(work, sets, tally))
    assert (len(found), dict(tally.dropped)) == (3, {})
    assert set(tally.detail["refused_parameters"]) == {"minLength", "temperature=0", "top_p"}
