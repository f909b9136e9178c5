"""What a run left in `data/` answers the same questions again, through the teacher's own path."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from upath import UPath

from littlegiants.errors import BadInput
from littlegiants.prompts import sample_text
from littlegiants.records import record_line
from pipelines.cli.step_flags import TeacherSettings
from pipelines.data.records import Preference
from pipelines.recipe.recipe import load_recipe
from pipelines.run.folder import Run
from pipelines.run.step import Work
from pipelines.run.tally import Tally
from pipelines.steps import brainstorm, correct, judge, seed
from pipelines.teacher.endpoint import budget_of, teacher_model
from pipelines.teacher.recordings import read_recording

SHIPPED = "examples/recorded"


def work_of(folder: Path, name: str, *changes: str) -> Work:
    """A stage of the laptop recipe, which has a recorded teacher."""
    run = Run(UPath(folder), load_recipe("laptop", changes))
    return Work(name, run, TeacherSettings(_cli_parse_args=False, run=str(folder)))


def begun(folder: Path, *changes: str) -> tuple[Tally, Tally]:
    """The first two stages that ask."""
    return (
        asyncio.run(brainstorm.brainstorm(work_of(folder, "brainstorm", *changes))),
        asyncio.run(seed.seed(work_of(folder, "seed", *changes))),
    )


@pytest.mark.parametrize("changes", [(), ("topics.count=16", "seeds.count=6")], ids=["demo", "ci"])
def test_every_question_of_the_laptop_recipe_is_recorded(
    tmp_path: Path, changes: tuple[str, ...]
) -> None:
    thought, written = begun(tmp_path, *changes)
    assert (thought.out_count, thought.dropped) == (thought.in_count, {})
    assert written.detail["valid"] == written.detail["asked"]


def test_every_recorded_pair_is_judged_and_every_flaw_mended(tmp_path: Path) -> None:
    recording, tally = read_recording(SHIPPED), Tally()
    work = work_of(tmp_path, "judge", f"judge.teacher_count={len(recording.preferences)}")
    by_teacher, by_scorer = judge.shared_out(work, [])
    preferences = asyncio.run(judge.judged_by_teacher(work, by_teacher, tally))
    assert [replace(row, order=()) for row in preferences] == list(recording.preferences)
    assert (by_scorer, tally.dropped) == ([], {})
    (tmp_path / "data").mkdir()
    (tmp_path / "data/candidates.jsonl").touch()
    mended = asyncio.run(correct.correct(work_of(tmp_path, "correct", "correct.count=1000")))
    assert mended.detail["valid"] == mended.detail["asked"] == len(recording.corrections)


def test_answers_are_journaled_and_counted_by_the_budget(tmp_path: Path) -> None:
    changes = ("topics.count=16", "seeds.count=6")
    _, first = begun(tmp_path, *changes)
    work = work_of(tmp_path, "seed", *changes)
    spent = budget_of(work.run).spent
    assert first.teacher and first.teacher.calls == 6 and first.teacher.completion_tokens > 100
    assert spent.calls > 6 and spent.dollars == 0
    assert asyncio.run(seed.seed(work)).resumed == 6
    assert budget_of(work.run).spent == spent


def test_the_name_of_the_teacher_says_that_it_is_recorded(tmp_path: Path) -> None:
    assert teacher_model(work_of(tmp_path, "seed")).startswith(f"recorded:{SHIPPED}@")


def test_the_data_of_a_run_is_a_recording(tmp_path: Path) -> None:
    changes = ("topics.count=16", "seeds.count=6")
    begun(tmp_path / "first", *changes)
    begun(tmp_path / "second", *changes, f"teacher.recording={tmp_path}/first/data")
    for name in ("tasks", "seeds"):
        first, second = (tmp_path / run / f"data/{name}.jsonl" for run in ("first", "second"))
        assert first.read_bytes() == second.read_bytes()


def test_an_answer_is_found_however_its_form_is_asked_for(tmp_path: Path) -> None:
    _, tally = begun(tmp_path, "topics.count=16", "seeds.count=6", "teacher.structured=text")
    assert tally.detail["valid"] == 6


def test_what_is_not_recorded_is_dropped_by_that_name(tmp_path: Path) -> None:
    lines = Path(SHIPPED, "tasks.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "tasks.jsonl").write_bytes(b"".join(lines[:4]))
    work = work_of(tmp_path / "run", "brainstorm", f"teacher.recording={tmp_path}")
    dropped = asyncio.run(brainstorm.brainstorm(work)).dropped
    assert set(dropped) == {"not_recorded"}


def test_where_nothing_is_recorded_other_teachers_are_named(tmp_path: Path) -> None:
    (tmp_path / "own.txt").write_text("My/Own\nYour/Own\n", "utf-8")
    with pytest.raises(BadInput, match="--teacher local, openai or a base URL"):
        begun(tmp_path / "run", f"topics.source={tmp_path}/own.txt", "topics.count=2")


def test_a_folder_without_answers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"teacher.recording: .* holds no answers"):
        read_recording(str(tmp_path))


GOOD = read_recording(SHIPPED).seeds[0]
PAIR = Preference(GOOD.prompt, sample_text(GOOD.sample), "{}", "It has the form.", "teacher")


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("seeds", GOOD, replace(GOOD, sample=replace(GOOD.sample, query=""))),
        ("preferences", PAIR, replace(PAIR, chosen=PAIR.rejected, rejected=PAIR.chosen)),
        ("tasks", GOOD.prompt.task, GOOD),
    ],
    ids=["fails a check", "chosen is invalid", "another record"],
)
def test_a_wrong_record_is_named_by_file_and_line(
    tmp_path: Path, name: str, good: object, bad: object
) -> None:
    (tmp_path / f"{name}.jsonl").write_bytes(record_line(good) + record_line(bad))
    with pytest.raises(BadInput, match=f"{name}.jsonl:2: "):
        read_recording(str(tmp_path))


def test_an_edited_answer_is_another_teachers(tmp_path: Path) -> None:
    shipped = read_recording(SHIPPED)
    other = replace(shipped, tasks=shipped.tasks[1:])
    assert shipped.digest == read_recording(SHIPPED).digest != other.digest
