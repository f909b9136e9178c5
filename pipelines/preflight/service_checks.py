"""Checks of the services: do teacher and generators answer, and as what they were named?"""

import asyncio
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace

from littlegiants.answers import ModelInfo
from littlegiants.client import GeneratorClient
from littlegiants.credentials import Credentials
from littlegiants.errors import BadInput, LittleGiantsError, Unavailable, Unparsable
from littlegiants.kinds import Kind
from littlegiants.parsing import parse_tasks
from littlegiants.prompts import brainstorm_prompt
from littlegiants.samples import judgement_schema, tasks_schema
from pipelines.chat_api.questions import Answer, Question
from pipelines.cli.step_flags import LOCAL, OWN_TEACHERS
from pipelines.data.own_templates import own_templates
from pipelines.generators.endpoint import NOT_STARTED
from pipelines.generators.kserve import SCHEME
from pipelines.generators.listening import listens, tls_fault
from pipelines.generators.promotion import address_of
from pipelines.openai_client.address import checked_place, key_from
from pipelines.preflight.findings import Finding, Note, Problem, Start, problem_of
from pipelines.run.step import Work
from pipelines.teacher.endpoint import teacher_of

ROLES = ("junior", "senior", "revisor")
TOPIC = "Science/Biology/Ecology"
TRIES, ASKED_S = 2, 60
"""How often, and for how long, the test question is sent."""
QUESTIONS = 3
"""So many are put, as the stages put several: a small model's one odd answer is no verdict."""
PATIENCE_S, ANSWER_S = 20.0, 5.0
"""Generators that are just starting may take so long to listen, and then to answer."""


def teachers_address_is_one(start: Start) -> Iterator[Finding]:
    """The place of a bought teacher is a URL that can be asked."""
    teacher, version = start.work.teacher, start.recipe.teacher.azure_api_version
    if teacher in OWN_TEACHERS:
        return
    try:
        checked_place(teacher, version)
    except BadInput as error:
        yield problem_of(error)


def teachers_key_is_there(start: Start) -> Iterator[Finding]:
    """The environment holds the key of a bought teacher."""
    teacher, variable = start.work.teacher, start.recipe.teacher.key_variable
    if teacher in OWN_TEACHERS:
        return
    try:
        key_from(variable, teacher)
    except BadInput as error:
        is_due = start.is_asking and not start.is_elsewhere
        yield problem_of(error) if is_due else Note(f"{variable}: not here; {LATER}", is_open=True)


CHOICE = "Which of these numbers is larger? [0] 3 [1] 5. Give the reason, then best and worst."
OTHER_FORM = "name another teacher.model, or a form of teacher.structured that it keeps to"
REMEDY = {
    "truncated": "raise teacher.max_tokens, or, of a model that thinks, teacher.thinking_tokens, "
    "or lower teacher.reasoning_effort",
    "refused": "mend the recipe's teacher section, or name another teacher.model",
}
LATER = "brainstorm, which asks first, stops where its answers cannot be used"


def teacher_answers(start: Start) -> Iterator[Finding]:
    """A question in the form that the stages ask for, paid from the run's budget."""
    teacher, recipe = start.work.teacher, start.recipe
    if teacher in OWN_TEACHERS:
        return
    if start.is_elsewhere or not (start.is_asking or os.environ.get(recipe.teacher.key_variable)):
        yield Note(f"teacher: not asked from here; {LATER}", is_open=True)
        return
    try:
        answer = asyncio.run(_asked(start.work))
        parse_tasks(answer.written())
    except Unparsable as error:
        yield Problem(
            f"teacher: a test question was not answered in the form asked for "
            f"({answer.why or error.reason}); {REMEDY.get(error.reason, OTHER_FORM)}"
        )
    except LittleGiantsError as error:
        yield problem_of(error)
    else:
        cost = "" if answer.usage.dollars is None else f", ${answer.usage.dollars:.4f}"
        yield Note(
            f"teacher: {recipe.teacher.model} answers a test question as asked "
            f"({answer.usage.tokens:,} tokens{cost}; counted in the budget)"
        )


async def _asked(work: Work) -> Answer:
    recipe = work.run.recipe
    hurried = recipe.teacher.model_copy(update={"retries": TRIES, "deadline_s": ASKED_S})
    run = replace(work.run, recipe=recipe.model_copy(update={"teacher": hurried}))
    count = recipe.brainstorm.list_length
    own = own_templates(recipe).get("brainstorm", "")
    text = brainstorm_prompt(TOPIC, Kind.RETRIEVAL, count=count, own=own)
    judging = Question(CHOICE, judgement_schema(2), seed=recipe.seed)
    async with teacher_of(replace(work, run=run)) as teacher:
        for number in range(QUESTIONS):
            # first as the judge is asked, which some models refuse
            temperature = None if number else 0.0
            seed = recipe.seed + number
            answer = await teacher.ask(Question(text, tasks_schema(count), seed, temperature))
            if answer.fault or _has_tasks(answer.text):
                break
        if recipe.teacher.batch and not answer.fault:
            await teacher.ask(judging)  # nothing can be learnt once a batch is sent
        return answer


def _has_tasks(text: str) -> bool:
    with suppress(Unparsable):
        return bool(parse_tasks(text))
    return False


def generators_have_addresses(start: Start) -> Iterator[Finding]:
    """The flag of the generators names each role's address."""
    generators, others = start.generators or LOCAL, start.recipe.synthesize.others
    if start.generators == LOCAL:
        yield from (Problem(NOT_STARTED.format(name)) for name in others)
    for role in (*ROLES, *others) if generators != LOCAL else ():
        try:
            address = address_of(generators, role)
        except BadInput as error:
            yield problem_of(error)
            continue
        if not generators.startswith(SCHEME) and not re.search(r".:\d+$", address):
            yield Problem(f"generators: {address} has no port; write HOST:PORT")


def generators_answer(start: Start) -> Iterator[Finding]:
    """Something listens at each role's address, and serves that role if it serves."""
    generators = start.generators
    if not generators or generators == LOCAL or generators.startswith(SCHEME):
        return
    if start.is_elsewhere:
        yield Note(
            f"generators: {generators} is not asked from here; the run does it where it runs"
        )
    elif not list(generators_have_addresses(start)):
        yield from asyncio.run(_found(generators, start.recipe.synthesize.others))


async def _found(generators: str, others: Mapping[str, str]) -> list[Finding]:
    heard = await asyncio.gather(
        *(
            _heard(address_of(generators, role), role, weights=others.get(role, ""))
            for role in (*ROLES, *others)
        )
    )
    return [finding for each in heard for finding in each]


async def _heard(address: str, role: str, *, weights: str) -> list[Finding]:
    try:
        if not await listens(address, PATIENCE_S):
            return [
                Note(
                    f"generators: no {role} runs behind {address} at the moment; stages that call "
                    "it wake it and wait until it serves",
                    is_open=True,
                )
            ]
    except Unavailable as error:
        return [problem_of(error, "generators")]
    try:
        credentials = Credentials.from_environment()
        async with GeneratorClient(address, credentials=credentials) as client:
            if not await client.is_serving(timeout_s=ANSWER_S):  # it may wait for first weights
                fault = await tls_fault(address, credentials)
                return [Problem(f"generators: {address}: {fault}")] if fault else []
            info = await client.model_info(timeout_s=ANSWER_S)
    except BadInput as error:  # a file that cannot be read, a token that is not taken
        return [Problem(f"generators: {error}; see LITTLEGIANTS_TOKEN, _CA, _CERT and _KEY")]
    except LittleGiantsError as error:
        return [Note(f"generators: {address} listens, but does not answer here ({error})")]
    return _unlike(info, address, role, weights)


def _unlike(info: ModelInfo, address: str, role: str, weights: str) -> list[Finding]:
    """What is wrong with who answers: another role, or of another run's writer other weights."""
    if weights:
        told = f"synthesize.others.{role}: {address} serves {info.weights_digest}, not {weights}"
        return [] if info.weights_digest == weights else [Problem(told)]
    told = f"generators: {address} is a {info.role}; name the {role}'s address"
    return [] if info.role == role else [Problem(told)]
