"""People can see what was answered, take it out, and have some of it asked again."""

import json
from pathlib import Path

import pytest
from pydantic_settings import CliApp
from upath import UPath

from littlegiants.errors import BadInput, Unavailable
from pipelines.journal import Journal
from pipelines.journal.command import JournalCommand
from pipelines.storage.claims import claimed


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run with a journal of three answers."""
    with Journal(UPath(tmp_path / "journal" / "synthesize-0-senior")) as journal:
        for key in "abc":
            journal.append(key, {"text": f"of {key}"})
    return tmp_path


def call(run: Path, *arguments: str) -> None:
    """`python -m pipelines journal`."""
    CliApp.run(JournalCommand, cli_args=[*arguments, "--run", str(run)])


def test_ls_counts_answers_and_damage(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call(run, "ls")
    columns = capsys.readouterr().out.splitlines()[1].split()
    assert columns[:3] == ["synthesize-0-senior", "3", "1"]
    assert columns[4] == "0"


def test_show_prints_keys_and_an_answer(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call(run, "show", "synthesize-0-senior")
    assert capsys.readouterr().out.split() == ["a", "b", "c"]
    call(run, "show", "synthesize-0-senior", "b")
    assert json.loads(capsys.readouterr().out) == {"text": "of b"}


def test_export_writes_every_answer(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "answers.jsonl"
    call(run, "export", "synthesize-0-senior", "--output", str(out))
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert rows == [{"key": key, "value": {"text": f"of {key}"}} for key in "abc"]


def test_drop_removes_what_is_named_and_no_more(run: Path) -> None:
    call(run, "drop", "synthesize-0-senior", "a", "c")
    assert list(Journal(UPath(run) / "journal" / "synthesize-0-senior").values) == ["b"]


def test_drop_of_all_leaves_nothing(run: Path) -> None:
    call(run, "drop", "synthesize-0-senior", "--all")
    assert not Journal(UPath(run) / "journal" / "synthesize-0-senior").values


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "seed"], "there are: synthesize-0-senior"),
        (["show", "synthesize-0-senior", "z"], "lists all"),
        (["drop", "synthesize-0-senior"], "name keys, or --all"),
        (["drop", "synthesize-0-senior", "a", "z"], "nothing was removed"),
    ],
    ids=["no such journal", "no such key", "no keys", "a key that is not there"],
)
def test_a_wrong_name_is_told_with_the_remedy(
    run: Path, arguments: list[str], message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        call(run, *arguments)
    assert len(Journal(UPath(run) / "journal" / "synthesize-0-senior")) == 3


def test_drop_does_not_disturb_a_stage_at_work(run: Path) -> None:
    with claimed(UPath(run), "synthesize-0"), pytest.raises(Unavailable, match="at work"):
        call(run, "drop", "synthesize-0-senior", "a")
