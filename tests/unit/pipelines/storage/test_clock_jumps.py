"""The machine's clock is set back and forth while a run is under way: nothing waits, or is lost."""

import asyncio
import time
from pathlib import Path

import pytest
from upath import UPath

from littlegiants.errors import Unavailable
from pipelines.budget.budget import Budget
from pipelines.budget.usage import Caps
from pipelines.chat_api.questions import Answer, Question
from pipelines.chat_api.teacher import Teacher
from pipelines.journal import Answering, Journal, Value
from pipelines.openai_client.client import Endpoint, TeacherClient
from pipelines.recipe.teacher_section import TeacherSection as Settings
from pipelines.scripted_teacher.replies import Odd, Script
from pipelines.scripted_teacher.server import scripted_teacher

pytestmark = pytest.mark.usefixtures("jumping_clock")


def ask(script: Script, folder: Path, **changes: object) -> Answer:
    """What the teacher answers."""
    settings = Settings.model_validate({"model": "m", "retries": 5, "rpm": 6000, **changes})

    async def asked() -> Answer:
        client = TeacherClient(Endpoint(served.url, "m", "key"), 5)
        teacher = Teacher(client, "m", settings=settings, budget=Budget(UPath(folder), Caps()))
        try:
            return await teacher.ask(Question("Why?", {"type": "object"}, 1))
        finally:
            await client.close()

    with scripted_teacher(script) as served:
        return asyncio.run(asyncio.wait_for(asked(), 20))


def test_faults_are_waited_for_as_long_as_ever(tmp_path: Path) -> None:
    busy = Odd(status=429, body=b"{}", headers={"retry-after": "0.3"})
    outcomes = iter((busy, 500, "{}"))
    began = time.monotonic()
    assert ask(lambda request: next(outcomes), tmp_path).text == "{}"
    assert 0.3 <= time.monotonic() - began < 15


def test_a_deadline_is_kept(tmp_path: Path) -> None:
    busy = Odd(status=429, body=b"{}", headers={"retry-after-ms": "200"})
    began = time.monotonic()
    with pytest.raises(Unavailable):
        ask(lambda request: busy, tmp_path, deadline_s=1)
    assert 0.8 <= time.monotonic() - began < 10


def test_a_later_process_goes_on_behind_an_earlier_one(folder: UPath) -> None:
    asked: list[int] = []

    async def note(number: int) -> Value:
        asked.append(number)
        return {"number": number}

    async def answers(journal: Journal, count: int) -> list[Value]:
        items = ((str(number), number) for number in range(count))
        answering = Answering(journal, note, concurrency=3)
        return [value async for _, value in answering.answers(items)]

    for count in (5, 10, 15):
        with Journal(folder) as journal:
            found = asyncio.run(answers(journal, count))
        assert found == [{"number": number} for number in range(count)]
    assert sorted(asked) == list(range(15))
