"""Equal rows of each writer, shared prompts in every draw; what is expected is said first."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipelines.data.examples import read_examples
from pipelines.data.records import Seed
from pipelines.studies.alignment.downstream import (
    LEAST_ROWS,
    SEEDS,
    Draw,
    drawn,
    equal_count,
    of_drawn_prompts,
    scored_by_rows,
)
from pipelines.studies.alignment.expectation import expected_lines
from pipelines.studies.alignment.study import expected_steps
from pipelines.studies.alignment.table import lines_of

ROWS = read_examples(Seed, ("examples/seeds.jsonl",))[:60]


def test_writers_share_prompts_in_every_draw() -> None:
    one, other = drawn(ROWS, 20, seed=1), drawn(ROWS[:50], 20, seed=1)
    shared = {row.prompt.id for row in one} & {row.prompt.id for row in other}
    assert len(one) == len(other) == 20
    assert len(shared) >= 15
    assert drawn(ROWS, 20, seed=2) != one


@pytest.mark.parametrize(
    ("counts", "expected"),
    [((60, 40, 50), 40), ((60, LEAST_ROWS - 1), 60), ((3, 4), 0), ((), 0)],
)
def test_rows_are_as_many_as_the_poorest_writer_has_that_has_enough(
    counts: tuple[int, ...], expected: int
) -> None:
    assert equal_count([ROWS[:count] for count in counts]) == expected


def test_only_steps_between_writers_that_are_asked_are_expected() -> None:
    lines = "\n".join(expected_lines(["junior", "senior"], 10))
    assert "senior > junior" in lines and "base" not in lines and "refuted" in lines


def test_a_writer_has_the_rows_of_the_same_prompts_however_few_they_are() -> None:
    ids = [row.prompt.id for row in ROWS]
    all_valid, few_valid = (of_drawn_prompts(rows, ids, seed=1) for rows in (ROWS, ROWS[::3]))
    assert len(all_valid) == 4 * len(ROWS) // 5
    assert {row.prompt.id for row in few_valid} < {row.prompt.id for row in all_valid}
    assert of_drawn_prompts(ROWS, ids, seed=2) != all_valid


def test_the_runs_own_seeds_are_a_step_above_the_trained_writers() -> None:
    assert expected_steps(["untrained", "base", "senior", SEEDS]) == [
        ("senior", "base"),
        (SEEDS, "senior"),
    ]


class Counted:
    """Trainings that score how many rows a seed draws."""

    def scores(self, rows: Any, draw: Draw, seeds: int) -> dict[str, list[dict[str, float]]]:
        return {
            name: [{"set": len(draw(own, seed=seed))} for seed in range(seeds)]
            for name, own in rows.items()
        }


def test_writers_are_compared_on_equal_rows_and_on_equal_prompts() -> None:
    ids = [row.prompt.id for row in ROWS]
    rows = {"senior": ROWS, "base": ROWS[:30], "poor": ROWS[:3]}
    trainings: Any = Counted()
    found = scored_by_rows(trainings, ids, rows, given=ROWS[:40], seeds=2)
    equal, bought = found["30 rows of each"], found["the rows of 48 prompts"]
    assert set(equal) == {"senior", "base", SEEDS} and set(bought) == {"senior", "base"}
    assert {each["set"] for scores in equal.values() for each in scores} == {30}
    assert [each["set"] for each in bought["senior"]] == [48, 48]
    assert all(each["set"] < 30 for each in bought["base"])


def test_a_run_without_generators_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pipelines", "study", "alignment", "--run", str(tmp_path)]
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    assert ended.returncode == 2
    assert [line.split()[-1] for line in ended.stderr.splitlines()] == [
        "junior",
        "senior",
        "revisor",
    ]
    assert list(tmp_path.iterdir()) == []


def test_the_table_tells_form_content_steps_and_the_paper() -> None:
    share = {"count": 3, "total": 4, "low": 0.3, "high": 0.95}
    names = ("yield", "cut", "own_first", "fair", "content")
    step = {"mean": 0.1, "low": -0.1, "high": 0.3, "verdict": "not shown"}
    ends = {"better": "junior", "worse": "base"}
    found = {
        "prompts": 5,
        "equal_rows": 30,
        "writers": {"junior": {"asked": 5, "openings": None, **dict.fromkeys(names, share)}},
        "content_steps": [{**ends, **step}],
        "downstream": {
            "final sets, 30 rows of each": {
                "means": {"junior": {"news": 0.4}},
                "steps": [{**ends, "sets": {"news": step}}],
            }
        },
        "paper": {"senior": 62.9},
    }
    lines = "\n".join(lines_of(found))
    assert "0.75 (0.30 to 0.95)" in lines
    assert "junior over base, content: +0.100 (-0.100 to +0.300): not shown" in lines
    assert "final sets, 30 rows of each, nDCG@10" in lines and "senior 62.9" in lines
