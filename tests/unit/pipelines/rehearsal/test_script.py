"""The script's answers pass the product's own checks, in whatever form they are asked for."""

import json
from typing import Any

import pytest

from littlegiants.checks import failed_checks
from littlegiants.kinds import SPECS, Kind
from littlegiants.parsing import parse_judgement, parse_revision, parse_sample, parse_tasks
from littlegiants.prompts import judge_prompt, synthesize_prompt
from littlegiants.samples import (
    judgement_schema,
    revision_schema,
    sample_schema,
    tasks_schema,
)
from littlegiants.tasks import Prompt, Task, draw_prompt
from pipelines.chat_api.dialect import FORMS, Dialect
from pipelines.chat_api.questions import Question
from pipelines.chat_api.request import request_of
from pipelines.recipe.teacher_section import TeacherSection
from pipelines.rehearsal.script import answer, sample_for
from pipelines.topics.task_texts import usable

SETTINGS = TeacherSection(model="scripted", length_in_schema=True)


def asked(text: str, schema: Any, form: str = FORMS[0]) -> str:
    """What the script answers to a question in that form."""
    return answer(request_of(Question(text, schema, seed=1), "m", SETTINGS, Dialect(form)))


def prompts(kind: Kind) -> list[Prompt]:
    task = Task(kind, "Science/Comets", SPECS[kind].fixed_task or "Find what explains a comet.")
    return [draw_prompt(task, seed=3, index=index) for index in range(20)]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", Kind)
def test_a_sample_is_valid(kind: Kind, form: str) -> None:
    for prompt in prompts(kind):
        schema = sample_schema(kind, prompt.attributes)
        text = asked(synthesize_prompt(prompt), schema, form)
        assert not failed_checks(parse_sample(kind, text), prompt)


@pytest.mark.parametrize("kind", Kind)
def test_a_sample_that_goes_on_for_a_model_is_valid(kind: Kind) -> None:
    for prompt in prompts(kind):
        assert not failed_checks(sample_for(prompt), prompt)


def test_a_revision_is_another_sample() -> None:
    prompt = prompts(Kind.RETRIEVAL)[0]
    schema = revision_schema(prompt.task.kind, prompt.attributes)
    reason, revision = parse_revision(prompt.task.kind, asked("Mend it.", schema))
    assert reason
    assert revision != sample_for(prompt)


def test_tasks_can_be_used_and_differ() -> None:
    found = {
        usable(parse_tasks(asked(f"On {topic}", tasks_schema(5))), count=1)[0]
        for topic in range(30)
    }
    assert len(found) == 30


def test_the_best_candidate_is_one_that_is_json_and_the_worst_is_not() -> None:
    prompt = prompts(Kind.STS)[0]
    candidates = ["rubbish", "more rubbish", json.dumps(sample_for(prompt).to_fields())]
    judged = asked(judge_prompt(prompt, candidates), judgement_schema(3))
    assert parse_judgement(judged, 3)[1:] == (2, 0)


def test_among_candidates_of_one_form_two_are_chosen() -> None:
    prompt = prompts(Kind.STS)[0]
    judged = asked(judge_prompt(prompt, ["rubbish", "rubbish too"]), judgement_schema(2))
    assert parse_judgement(judged, 2)


def test_the_same_question_has_the_same_answer() -> None:
    assert asked("On comets", tasks_schema(3)) == asked("On comets", tasks_schema(3))
    assert asked("On comets", tasks_schema(3)) != asked("On stars", tasks_schema(3))
