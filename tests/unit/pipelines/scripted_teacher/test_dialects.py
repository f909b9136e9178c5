"""Every endpoint answers the questions of every stage, whatever it refuses of how they are put."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from upath import UPath

from littlegiants.samples import judgement_schema, tasks_schema
from pipelines.budget.budget import Budget
from pipelines.budget.usage import Caps
from pipelines.chat_api.questions import Answer, Question
from pipelines.chat_api.teacher import Teacher
from pipelines.openai_client.client import Endpoint, TeacherClient
from pipelines.recipe.teacher_section import TeacherSection as Settings
from pipelines.scripted_teacher.dialects import DIALECTS, MOST_WRITTEN, speaking
from pipelines.scripted_teacher.server import ScriptedTeacher, scripted_teacher

COUNT = 3
PAGE = Path("docs/teacher.md").read_text(encoding="utf-8")
WRITING = [Question(f"Name tasks {n}", tasks_schema(4), n) for n in range(COUNT)]
JUDGING = [Question(f"Judge {n}", judgement_schema(2), n, 0.0) for n in range(COUNT)]
QUESTIONS = [*WRITING, *JUDGING]


def asked(name: str, folder: Path, **more: Any) -> tuple[list[Answer], ScriptedTeacher, Teacher]:
    """What comes of questions that are put one after another."""
    settings = Settings(model="m", max_tokens=500, reasoning_effort="low", **more)

    async def ask_all() -> tuple[list[Answer], Teacher]:
        client = TeacherClient(Endpoint(served.url, "m", "key"), 30)
        budget = Budget(UPath(folder), Caps(), interval_s=0.01)
        teacher = Teacher(client, "m", settings=settings, budget=budget)
        answers = [await teacher.ask(question) for question in QUESTIONS]
        await client.close()
        return answers, teacher

    with scripted_teacher(speaking(DIALECTS[name], lambda request: "{}")) as served:
        answers, teacher = asyncio.run(ask_all())
        return answers, served, teacher


@pytest.mark.parametrize("name", DIALECTS)
def test_all_are_answered_refusals_cost_nothing_and_the_table_says_so(
    name: str, tmp_path: Path
) -> None:
    answers, served, teacher = asked(name, tmp_path)
    assert [each.fault for each in answers] == [""] * len(QUESTIONS)
    assert teacher.budget.spent.calls == len(QUESTIONS)
    assert len(served.requests) <= len(QUESTIONS) + len(teacher.learnt.words)
    learnt = ", ".join(f"`{part}`" for part in sorted(teacher.learnt.words))
    assert f"\n| {name} | {learnt} | scripted imitation |\n" in PAGE


@pytest.mark.parametrize("name", ["OpenAI gpt-5", "Gemini"])
def test_what_is_learnt_is_told_once_with_the_endpoints_words(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, _, teacher = asked(name, tmp_path)
    said = capsys.readouterr().out
    assert teacher.learnt.words
    for part, words in teacher.learnt.words.items():
        assert said.count(f"is asked without {part} ({words})") == 1


def test_a_recipe_that_knows_the_endpoint_is_never_refused(tmp_path: Path) -> None:
    leave_out = ["temperature", "top_p", "minLength"]
    _, served, teacher = asked("OpenAI gpt-5", tmp_path, leave_out=leave_out)
    assert len(served.requests) == len(QUESTIONS)
    assert not teacher.learnt.words


def test_only_the_first_answer_is_longer_than_asked_for(tmp_path: Path) -> None:
    _, served, teacher = asked("Ollama", tmp_path)
    assert ["max_tokens" in request for request in served.requests] == [False] + [True] * 5
    assert teacher.budget.spent.completion_tokens == MOST_WRITTEN + 5 * 5
