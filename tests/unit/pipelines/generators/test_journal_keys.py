"""A key changes with all that decides an answer, and with nothing else."""

import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from littlegiants import prompts
from littlegiants.client import Options
from littlegiants.kinds import Kind
from littlegiants.samples import Sample
from pipelines.generators.journal_keys import revising_key, writing_key
from tests.unit.scripted_server import prompt_of

PROMPT = prompt_of()
HOW = Options(constrained=True, max_attempts=2, temperature=1.0)
SAMPLE = Sample(Kind.MATCHING_SHORT, "rake leaves", "a rake")


def writing(**changes: Any) -> str:
    """The key of a completion that differs by `changes`."""
    values: dict[str, Any] = {"prompt": PROMPT, "options": HOW, "weights": "w", "limit": 100}
    return writing_key(**{**values, "count": 1, **changes})


def revising(**changes: Any) -> str:
    """The key of a revision that differs by `changes`."""
    values: dict[str, Any] = {"prompt": PROMPT, "sample": SAMPLE, "options": HOW, "weights": "w"}
    return revising_key(**{**values, "limit": 100, **changes})


CHANGES: dict[str, dict[str, Any]] = {
    "seed": {"prompt": replace(PROMPT, seed=2)},
    "task": {"prompt": replace(PROMPT, task=replace(PROMPT.task, text="Match a tool."))},
    "attributes": {"prompt": replace(PROMPT, attributes={**PROMPT.attributes, "more": "x"})},
    "weights": {"weights": "other"},
    "temperature": {"options": Options(**{**HOW, "temperature": 0.5})},
    "schema": {"options": Options(**{**HOW, "constrained": False})},
    "attempts": {"options": Options(**{**HOW, "max_attempts": 3})},
    "limit": {"limit": 200},
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_decides_an_answer_changes_its_key(change: str) -> None:
    assert writing(**CHANGES[change]) != writing()
    assert revising(**CHANGES[change]) != revising()


def test_the_count_of_completions_changes_the_key() -> None:
    assert writing(count=2) != writing()


def test_the_draft_changes_the_key_of_its_revision() -> None:
    assert revising(sample=replace(SAMPLE, positive="a spade")) != revising()


@pytest.mark.parametrize("name", ["synthesize_matching_short", "revise"])
def test_a_changed_template_changes_the_key(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = writing(), revising()
    shipped = prompts.template(name)
    changed = replace(shipped, text=shipped.text + " Be brief.")
    shipped_template = prompts.template
    chosen = {name: changed}
    monkeypatch.setattr(
        "littlegiants.prompts.template",
        lambda wanted: chosen.get(wanted) or shipped_template(wanted),
    )
    assert revising() != before[1]
    assert (writing() != before[0]) == (name != "revise")


def test_a_changed_schema_changes_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    before = writing(), revising()
    monkeypatch.setattr("littlegiants.samples.CHARS_PER_WORD", 12)
    assert writing() != before[0]
    assert revising() != before[1]


def test_another_process_makes_the_same_key() -> None:
    """Frozen: were keys to depend on the process, nothing would ever be resumed."""
    here = "tests.unit.pipelines.generators.test_journal_keys"
    code = f"from {here} import writing, revising; print(writing(), revising())"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == [writing(), revising()]
