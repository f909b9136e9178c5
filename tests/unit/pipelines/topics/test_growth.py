"""Topics grow from roots by what the teacher names: each once, asked for once, told in the plan."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from upath import UPath

from littlegiants.errors import BadInput
from littlegiants.prompts import widen_prompt
from littlegiants.tasks import Task
from pipelines.forecast.plan import plan
from pipelines.recipe.recipe import load_recipe
from pipelines.report.accounts import stage_records
from pipelines.run.folder import Run
from pipelines.scripted_teacher.replies import Odd, Script
from pipelines.scripted_teacher.server import ScriptedTeacher, scripted_teacher
from pipelines.steps.brainstorm import STEP, BrainstormSettings

ROOTS = ["Home/Kitchen", "Science/Astronomy", "Sport"]
GROWN = ["topics.source=grown", "topics.children=5", "topics.most_alike=1", "shares={retrieval: 1}"]
TASK = "Given a question about item {}, retrieve passages that answer it."


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key in the environment."""
    monkeypatch.setenv("OPENAI_API_KEY", "scripted")


def topic_of(request: dict[str, Any]) -> str:
    """The topic that is to be widened; empty when tasks are asked for."""
    text, frame = request["messages"][-1]["content"], widen_prompt("TOPIC", count=5)
    before, after = frame.split("TOPIC")
    is_widening = text.startswith(before) and text.endswith(after)
    return text[len(before) : len(text) - len(after)] if is_widening else ""


def named(request: dict[str, Any]) -> str:
    """Five names below each topic, or a task."""
    if topic := topic_of(request):
        return json.dumps({"topics": [f"{topic.rpartition('/')[2]} part {n}" for n in range(5)]})
    return json.dumps({"tasks": [TASK.format(abs(hash(request["messages"][-1]["content"])))]})


def brainstormed(folder: Path, script: Script, *changes: str) -> tuple[Run, ScriptedTeacher]:
    """One start of the stage over the roots."""
    (folder / "roots.txt").write_text("\n".join(ROOTS), encoding="utf-8")
    how = [*GROWN, f"topics.roots={folder}/roots.txt", "teacher.retries=1", *changes]
    with scripted_teacher(script) as served:
        STEP(BrainstormSettings(run=str(folder / "run"), teacher=served.url, set=how))
    return Run(UPath(folder / "run"), load_recipe("laptop", how)), served


def test_as_many_topics_as_were_asked_for_get_a_task(tmp_path: Path) -> None:
    run, served = brainstormed(tmp_path, named, "topics.count=30")
    topics = [task.topic for task in run.read(Task, "tasks")]
    assert len(set(topics)) == len(topics) == 30
    shares = Counter(topic.split("/")[0] for topic in topics).values()
    assert max(shares) - min(shares) <= 5
    forecast = {each.stage: each.calls for each in plan(run.recipe, served.url)}
    asked = sum(bool(topic_of(request)) for request in served.requests)
    assert asked == pytest.approx(forecast["topics"], abs=1)


def test_another_start_asks_nothing_twice(tmp_path: Path) -> None:
    first, _ = brainstormed(tmp_path, named, "topics.count=20")
    tasks = first.path("tasks").read_bytes()
    first.path("tasks").unlink()
    again, served = brainstormed(tmp_path, named, "topics.count=20")
    assert again.path("tasks").read_bytes() == tasks
    assert not any(map(topic_of, served.requests))
    assert len(served.requests) <= 1  # another address is asked a test question


def test_a_name_that_is_known_grows_no_second_topic(tmp_path: Path) -> None:
    def script(request: dict[str, Any]) -> str:
        if topic := topic_of(request):
            own = f"{topic.rpartition('/')[2]} part"
            names = ["Kitchen", "Stars", "STARS!", f"{own} 1", f"{own} 2"]
            return json.dumps({"topics": names})
        return named(request)

    run, _ = brainstormed(tmp_path, script, "topics.count=20")
    names = [task.topic.rpartition("/")[2].casefold() for task in run.read(Task, "tasks")]
    assert len(set(names)) == 20
    assert names.count("stars") <= 1
    record = next(each for each in stage_records(run) if each["name"] == "topics")
    assert record["dropped"]["topic_named_before"] > 5
    assert record["teacher"]["calls"] > 3


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param("no JSON at all", id="prose"),
        pytest.param('{"topics": "Stars"}', id="no-list"),
        pytest.param(
            json.dumps({"topics": [1, None, "", "...", "x" * 90, "a\x07b"]}), id="no-name"
        ),
        pytest.param(Odd(finish="length", text='{"topics": ["'), id="cut"),
    ],
)
def test_growth_that_ends_says_where(tmp_path: Path, answer: str | Odd) -> None:
    def script(request: dict[str, Any]) -> str | Odd:
        return answer if "/" in topic_of(request) else named(request)

    with pytest.raises(BadInput, match=r"^topics\.count: 60, but growth ended at 7; give"):
        brainstormed(tmp_path, script, "topics.count=60")


def test_a_slash_in_a_name_makes_no_level(tmp_path: Path) -> None:
    def script(request: dict[str, Any]) -> str:
        if topic := topic_of(request):
            return json.dumps({"topics": [f"{topic[-5:]} {n} in/out" for n in range(5)]})
        return named(request)

    run, _ = brainstormed(tmp_path, script, "topics.count=15")
    assert {task.topic.count("/") for task in run.read(Task, "tasks")} == {1, 2}


def test_another_scorer_grows_other_topics_where_topics_are_grown(tmp_path: Path) -> None:
    def decides(*changes: str) -> bool:
        settings = BrainstormSettings(run=str(tmp_path), set=list(changes))
        return "models.scorer" in STEP.sections(settings)

    assert decides("topics.source=grown")
    assert not decides()
