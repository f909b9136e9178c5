"""A step shows the flags that it uses and no others, each with its help; its example works."""

import shlex
from importlib import import_module

import pytest
from pydantic import BaseModel

from pipelines.__main__ import Pipelines
from pipelines.cli.command_line import parsed
from pipelines.run.step import Step
from tests.contract.sources import files

EVERYWHERE = frozenset({"recipe", "run", "set"})
TEACHER, GENERATORS, DISK = {"teacher", "batch"}, {"generators"}, {"work"}
CHANNEL = {"channel"}
OWN = {
    "align": DISK,
    "brainstorm": TEACHER | DISK,
    "correct": TEACHER | DISK,
    "curate": set(),
    "embed": DISK,
    "evaluate": {"shard"} | DISK,
    "finetune": {"role"} | DISK,
    "judge": TEACHER | DISK,
    "prepare": TEACHER | GENERATORS | CHANNEL | DISK,
    "promote": {"role"} | TEACHER | GENERATORS | CHANNEL | DISK,
    "propose": GENERATORS | DISK,
    "report": set(),
    "review": {"gate"},
    "seed": TEACHER | DISK,
    "synthesize": {"shard"} | GENERATORS | DISK,
}
STEPS = [
    file.removeprefix("pipelines/steps/").removesuffix(".py")
    for file in files("pipelines/steps")
    if not file.endswith("__init__.py")
]


def step_of(name: str) -> Step:
    step: Step = import_module(f"pipelines.steps.{name}").STEP
    return step


@pytest.mark.parametrize("name", STEPS)
def test_a_step_has_the_flags_that_it_uses(name: str) -> None:
    assert set(step_of(name).settings.model_fields) == EVERYWHERE | OWN[name]


@pytest.mark.parametrize("name", STEPS)
def test_the_help_of_a_step_ends_with_an_example_that_works(name: str) -> None:
    settings = step_of(name).settings
    *program, example = (settings.__doc__ or "").strip().splitlines()[-1].partition(f".{name} ")
    assert "".join(program).strip() == f"python -m pipelines.steps.{name}"
    assert parsed(settings, shlex.split(example)) != settings()


@pytest.mark.parametrize("name", STEPS)
def test_each_flag_of_a_step_has_its_help(name: str) -> None:
    assert_told(step_of(name).settings)


@pytest.mark.parametrize("name", Pipelines.model_fields)
def test_each_command_and_each_of_its_flags_has_its_help(name: str) -> None:
    command = next(iter(Pipelines.model_fields[name].annotation.__args__))  # type: ignore[union-attr]
    assert command.__doc__
    assert_told(command)


def assert_told(settings: type[BaseModel]) -> None:
    silent = [
        name
        for name, field in settings.model_fields.items()
        if not field.description and "SubCommand" not in str(field.metadata)
    ]
    assert not silent
