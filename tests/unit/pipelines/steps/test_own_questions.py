"""A teacher is asked in the words of the recipe's own templates, and anew when they change."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from upath import UPath

from littlegiants.prompts import sample_text, template
from littlegiants.samples import Sample
from pipelines.canary.contests import by_teacher
from pipelines.cli.step_flags import TeacherSettings
from pipelines.data.records import Candidate, Candidates
from pipelines.forecast.token_lengths import Texts
from pipelines.recipe.recipe import load_recipe
from pipelines.run.folder import Run
from pipelines.run.step import Work
from pipelines.run.tally import Tally
from pipelines.scripted_teacher.server import ScriptedTeacher, scripted_teacher
from pipelines.steps import correct, judge
from pipelines.steps.brainstorm import STEP, BrainstormSettings, brainstorm
from pipelines.teacher.recordings import read_recording

OWN = "Bitte sorgfältig, für $$5!\n"
QUESTIONS = ("widen", "brainstorm", "judge", "correct")
GROWN = ("topics.source=grown", "topics.children=3", "topics.count=6", "topics.most_alike=1")
TASK = "Given a question about item {}, retrieve passages that answer it."
SEED = read_recording("examples/recorded").seeds[0]


def with_templates(folder: Path, opening: str = OWN, *changes: str) -> list[str]:
    """Changes of a recipe: all questions begin with `opening`."""
    templates = folder / "templates"
    templates.mkdir(exist_ok=True)
    for name in QUESTIONS:
        (templates / f"{name}.txt").write_text(opening + template(name).text, encoding="utf-8")
    return [f"templates={templates}", 'teacher.key_variable=""', "teacher.retries=1", *changes]


def answer(request: dict[str, Any]) -> str:
    """What each question wants."""
    text = request["messages"][-1]["content"]
    number = abs(hash(text))
    named = {"topics": [f"Thing {number} {n}" for n in range(3)], "tasks": [TASK.format(number)]}
    mended = {"query": "", "revision": SEED.sample.to_fields()}
    return json.dumps({**named, **mended, "reason": "so", "best": 0, "worst": 1})


def contents(served: ScriptedTeacher) -> list[str]:
    """All that was asked, with the questions of the example turns."""
    messages = [each for request in served.requests for each in request["messages"]]
    return [each["content"] for each in messages if each["role"] == "user"]


def work_of(name: str, folder: Path, teacher: str, changes: Sequence[str]) -> Work:
    run = Run(UPath(folder / "run"), load_recipe("laptop", changes))
    settings = TeacherSettings(_cli_parse_args=False, run=str(folder / "run"), teacher=teacher)
    return Work(name, run, settings)


def test_topics_and_tasks_are_asked_for_in_ones_own_words_and_anew_when_they_change(
    tmp_path: Path,
) -> None:
    (tmp_path / "roots.txt").write_text("Home/Kitchen\nSport", encoding="utf-8")
    roots = (*GROWN, f"topics.roots={tmp_path}/roots.txt", "shares={retrieval: 1}")

    def asked(served: ScriptedTeacher, opening: str) -> list[str]:
        served.requests.clear()
        how = with_templates(tmp_path, opening, *roots)
        STEP(BrainstormSettings(run=str(tmp_path / "run"), teacher=served.url, set=how))
        return contents(served)

    with scripted_teacher(answer) as served:
        first = asked(served, OWN)
        assert all(text.startswith("Bitte sorgfältig, für $5!\n") for text in first)
        assert sum("topics that belong to" in text for text in first) == 2
        assert sum("tasks for the topic" in text for text in first) > 6, "examples too"
        assert asked(served, OWN) == []
        again = asked(served, "Quickly! ")
    assert len(again) == len(first)
    assert all(text.startswith("Quickly! ") for text in again)


def test_a_judge_and_a_corrector_are_asked_in_ones_own_words(tmp_path: Path) -> None:
    flawed = Sample(SEED.sample.kind, "Which?", "This one.", "That one.")
    valid = Candidate(sample_text(SEED.sample), SEED.sample)
    sets = Candidates(SEED.prompt, (valid, Candidate(sample_text(flawed), flawed, "short")))
    with scripted_teacher(answer) as served:
        changes = with_templates(tmp_path, OWN, "judge.swapped_share=1")
        work = work_of("judge", tmp_path, served.url, changes)
        asyncio.run(judge.judged_by_teacher(work, [sets], Tally()))
        assert len(served.requests) == 2
        work.run.write("candidates", [sets])
        asyncio.run(correct.correct(work_of("correct", tmp_path, served.url, changes)))
        assert len(served.requests) == 3
        promotion = work_of("promote-senior", tmp_path, served.url, changes)
        asyncio.run(by_teacher(promotion, [(SEED.prompt, SEED.sample, flawed)], Tally()))
    assert len(served.requests) == 5
    assert len(contents(served)) > 3, "an example turn"
    assert all(text.startswith("Bitte sorgfältig, für $5!\n") for text in contents(served))


def test_a_recorded_teacher_answers_whatever_words_ask_it(tmp_path: Path) -> None:
    recording, tally = read_recording("examples/recorded"), Tally()
    count = len(recording.preferences)
    changes = with_templates(tmp_path, OWN, f"judge.teacher_count={count}", "correct.count=1000")
    thought = asyncio.run(brainstorm(work_of("brainstorm", tmp_path, "recorded", changes)))
    assert (thought.out_count, thought.dropped) == (thought.in_count, {})
    work = work_of("judge", tmp_path, "recorded", changes)
    found = asyncio.run(judge.judged_by_teacher(work, judge.shared_out(work, [])[0], tally))
    assert (len(found), tally.dropped) == (count, {})
    mended = asyncio.run(correct.correct(work_of("correct", tmp_path, "recorded", changes)))
    assert mended.detail["valid"] == len(recording.corrections)


@pytest.mark.parametrize("figure", ["widen_prompt", "brainstorm_prompt", "correct_prompt", "judge"])
def test_longer_words_are_foretold_to_cost_more(figure: str, tmp_path: Path) -> None:
    def tokens(*changes: str) -> float:
        texts = Texts(load_recipe("laptop", changes))
        return texts.judge_prompt(2) if figure == "judge" else float(getattr(texts, figure))

    assert tokens(*with_templates(tmp_path, OWN * 40)) > tokens() + 100
