"""What a person does to a run's records is checked, taken over, and never lost."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from upath import UPath

from littlegiants.errors import BadInput
from littlegiants.kinds import Kind
from littlegiants.records import record_line
from littlegiants.samples import Sample
from littlegiants.tasks import Task, draw_prompt
from pipelines.cli.exits import PAUSED
from pipelines.data.records import Correction, Preference, Row
from pipelines.recipe.recipe import load_recipe
from pipelines.review.review import approve
from pipelines.run.folder import Run
from pipelines.steps.review import STEP

PROMPT = draw_prompt(Task(Kind.RETRIEVAL, "Science/Comets", "Find a comet."), seed=1)
FLAWED = Sample(Kind.RETRIEVAL, "what is a tail", "dust and gas", "ice on earth")
MENDED = replace(FLAWED, query="what is a comet's tail made of")
ROW = Row("1", Kind.RETRIEVAL, "Find.", "a tail", "dust and gas", "ice", "English", True, {}, {})
RECORDS: dict[str, tuple[str, list[Any]]] = {
    "judge": (
        "preferences",
        [Preference(PROMPT, f"good {n}", f"bad {n}", "better", "teacher", (1, 0)) for n in (1, 2)],
    ),
    "correct": (
        "corrections",
        [Correction(PROMPT, FLAWED, "too short", MENDED, "teacher") for _ in range(2)],
    ),
    "curate": ("dataset", [ROW, replace(ROW, id="2")]),
}
GATES = tuple(RECORDS)


@pytest.fixture(params=GATES)
def gate(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run whose stages before each gate are done."""
    run = Run(UPath(tmp_path), load_recipe("laptop"))
    for name, records in RECORDS.values():
        run.write(name, records)
    return run


def go_on(run: Run, gate: str) -> str:
    """What the graph does at a gate."""
    return STEP.call(run=str(run.folder), gate=gate)


def paused(run: Run, gate: str) -> Path:
    """The folder of a gate at which the run has stopped."""
    with pytest.raises(SystemExit) as stopped:
        go_on(run, gate)
    assert stopped.value.code == PAUSED
    return Path(str(run.folder)) / "review" / gate


def records(run: Run, gate: str) -> list[dict[str, Any]]:
    name = RECORDS[gate][0]
    return [json.loads(line) for line in run.path(name).read_text().splitlines()]


def edit(folder: Path, line: int, **changes: Any) -> None:
    """Change fields of one line of the file that people edit."""
    path = folder / "records.jsonl"
    lines = [json.loads(each) for each in path.read_text().splitlines()]
    lines[line - 1] |= changes
    path.write_text("".join(json.dumps(each) + "\n" for each in lines))


def test_a_run_stops_until_a_person_has_approved(run: Run, gate: str) -> None:
    paused(run, gate)
    paused(run, gate)
    approve(run, gate)
    go_on(run, gate)


def test_the_files_are_to_be_read(run: Run, gate: str) -> None:
    page = (paused(run, gate) / "records.md").read_text()
    texts = {"judge": "good 2", "correct": MENDED.query, "curate": "dust and gas"}
    assert f"> {texts[gate]}" in page
    assert "## 2" in page


def test_nothing_changes_where_nothing_was_edited(run: Run, gate: str) -> None:
    before = records(run, gate)
    paused(run, gate)
    approve(run, gate)
    go_on(run, gate)
    assert records(run, gate) == before


@pytest.mark.parametrize(
    ("gate", "change", "place"),
    [
        ("judge", {"chosen": "better still"}, ("chosen",)),
        ("correct", {"query": "what are comets' tails"}, ("revision", "query")),
        ("curate", {"positive": "gas and dust"}, ("positive",)),
    ],
    ids=GATES,
)
def test_an_edit_is_taken_over(
    run: Run, gate: str, change: dict[str, str], place: tuple[str, ...]
) -> None:
    before = records(run, gate)
    edit(paused(run, gate), 2, **change)
    approve(run, gate)
    go_on(run, gate)
    first, found = records(run, gate)
    assert first == before[0]
    value: Any = found
    for key in place:
        value = value[key]
    assert {value} == set(change.values())


def test_a_rows_task_and_kind_may_be_mended(run: Run) -> None:
    folder = paused(run, "curate")
    edit(folder, 1, task="Find what the question asks for.")
    edit(folder, 2, kind="matching_short", negative="")
    approve(run, "curate")
    go_on(run, "curate")
    first, second = records(run, "curate")
    assert first["task"] == "Find what the question asks for."
    assert (second["kind"], second["senior"]["edited_by"]) == ("matching_short", "reviewer")


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\x85", "\x1c", "\r"], ids=ascii)
def test_only_a_line_feed_ends_a_record(run: Run, mark: str) -> None:
    text = f"one line{mark}and still the same"
    first, second = RECORDS["curate"][1]
    run.write("dataset", [replace(first, positive=text), second])
    folder = paused(run, "curate")
    assert approve(run, "curate").edited == 0
    path = folder / "records.jsonl"
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([lines[0], lines[1].replace(b"dust", b"ice")]) + b"\r\n")
    assert approve(run, "curate").edited == 1
    go_on(run, "curate")
    assert run.read(Row, "dataset")[0].positive == text


def test_a_record_goes_by_its_mark_or_with_its_line(run: Run, gate: str) -> None:
    folder = paused(run, gate)
    edit(folder, 1, keep=False)
    approve(run, gate)
    go_on(run, gate)
    assert len(records(run, gate)) == 1
    stage = json.loads((run.folder / "stages" / f"review-{gate}.json").read_text())
    assert (stage["in"], stage["out"], stage["dropped"]) == (2, 1, {"reviewer": 1})
    lines = (folder / "records.jsonl").read_text().splitlines()
    (folder / "records.jsonl").write_text(lines[0].replace("false", "true") + "\n")
    go_on(run, gate)
    assert len(records(run, gate)) == 1
    assert records(run, gate)[0] == json.loads(record_line(RECORDS[gate][1][0]))


def test_going_on_twice_changes_nothing(run: Run, gate: str) -> None:
    edit(paused(run, gate), 1, keep=False)
    approve(run, gate)
    go_on(run, gate)
    digests = {go_on(run, gate) for _ in range(3)}
    assert len(digests) == 1
    assert len(records(run, gate)) == 1


def test_new_records_of_the_stage_are_read_anew(run: Run) -> None:
    folder = paused(run, "judge")
    edit(folder, 1, chosen="my own words")
    approve(run, "judge")
    go_on(run, "judge")
    run.write("preferences", [RECORDS["judge"][1][1]])
    paused(run, "judge")
    assert len((folder / "records.jsonl").read_text().splitlines()) == 1
    assert "my own words" in (folder / "records.before.jsonl").read_text()


@pytest.mark.parametrize(
    ("gate", "change", "words"),
    [
        ("judge", {"chosen": "bad 1"}, "chosen: must be a text that differs from rejected"),
        ("judge", {"keep": "no"}, "keep: "),
        ("judge", {"task": "Another"}, "task: cannot be changed here"),
        ("judge", {"judge": "me"}, "judge: cannot be changed here"),
        ("correct", {"flawed_query": "mine"}, "flawed_query: cannot be changed here"),
        ("curate", {"kind": "poem"}, "kind: 'poem' is none of"),
        ("curate", {"kind": "matching_short", "negative": "x"}, "negative: must be empty"),
        ("curate", {"task": " "}, "task: must be a sentence"),
        ("judge", {"number": 2}, "number: 2 is none of the records, or stands twice"),
        ("judge", {"chossen": "x"}, "chossen: "),
        ("correct", {"query": ""}, "query, positive, negative: has_text fails"),
        ("curate", {"negative": "dust and gas"}, "negative_differs fails"),
    ],
)
def test_a_wrong_edit_is_named_by_file_line_and_field(
    run: Run, gate: str, change: dict[str, Any], words: str
) -> None:
    folder = paused(run, gate)
    line = 2 if "number" in change else 1
    if line == 2:
        edit(folder, 1, number=2)
    else:
        edit(folder, 1, **change)
    with pytest.raises(BadInput) as refused:
        approve(run, gate)
    assert f"records.jsonl:{line}: " in str(refused.value)
    assert words in str(refused.value)
    paused(run, gate)


def test_a_person_may_not_take_out_everything(run: Run) -> None:
    (paused(run, "judge") / "records.jsonl").write_text("")
    with pytest.raises(BadInput, match="keep: no record is left"):
        approve(run, "judge")


def test_approving_too_early_says_what_to_do_first(run: Run) -> None:
    with pytest.raises(BadInput, match="run with --pause-after judge first"):
        approve(run, "judge")
