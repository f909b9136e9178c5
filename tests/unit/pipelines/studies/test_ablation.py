"""What a run has not got is said before it is measured, and nothing is asked."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from upath import UPath

from littlegiants.kinds import Kind
from littlegiants.samples import Sample
from littlegiants.tasks import Prompt, Task
from pipelines.cli.step_flags import StepSettings
from pipelines.data.records import Row, Seed
from pipelines.recipe.recipe import load_recipe
from pipelines.run.folder import Run
from pipelines.run.resource_usage import ResourceUsage
from pipelines.run.stages import SHARDED, STAGES
from pipelines.run.step import Work
from pipelines.run.tally import Tally
from pipelines.studies.ablation import unaligned_writer
from pipelines.studies.embedders import shuffled, taught
from pipelines.studies.finished import FILES, ROLES, lacking
from pipelines.training.rows import Triplet


def finished_run(folder: Path) -> Run:
    """A run of which every stage left its record, and nothing else."""
    run = Run(UPath(folder), load_recipe("laptop"))
    for stage in STAGES:
        name = f"{stage}-0" if stage in SHARDED else stage
        run.finish(name, key="k", tally=Tally(), started=0, used=ResourceUsage())
    return run


def test_an_empty_folder_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pipelines", "ablate", "--run", str(tmp_path / "none")]
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    assert ended.returncode == 2
    assert "brainstorm" in ended.stderr and "evaluate" in ended.stderr
    assert not (tmp_path / "none").exists()


def test_files_and_weights_that_are_gone_are_all_named(tmp_path: Path) -> None:
    found = list(lacking(finished_run(tmp_path)))
    assert len(found) == len(FILES) + len(ROLES)


@pytest.mark.parametrize("missing", [(), ("junior",)])
def test_a_run_with_all_it_needs_lacks_nothing(tmp_path: Path, missing: Sequence[str]) -> None:
    run = finished_run(tmp_path)
    for name in FILES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    for role in ROLES:
        pointer = tmp_path / f"weights/{role}/current.json"
        pointer.parent.mkdir(parents=True)
        if role not in missing:
            pointer.touch()
    assert len(list(lacking(run))) == len(missing)


def test_shuffled_rows_are_the_same_texts_and_no_pair_is_left() -> None:
    rows = [Triplet("t", kind, f"q{n}", f"p{n}", f"n{n}") for kind in "ab" for n in range(5)]
    found = shuffled([*rows, Triplet("t", "alone", "q", "p")], 7)
    assert sorted((each.kind, each.positive) for each in found) == sorted(
        (each.kind, each.positive) for each in rows
    )
    assert all(each.query[1:] != each.positive[1:] == each.negative[1:] for each in found)


@pytest.mark.parametrize(
    ("changes", "role"),
    [([], "base"), (["models.unaligned=hf:org/model-instruct"], "instruct")],
    ids=["untuned", "unaligned"],
)
def test_the_recipes_unaligned_model_is_asked_as_the_senior_is(
    changes: Sequence[str], role: str
) -> None:
    recipe = load_recipe("laptop", [*changes, "synthesize.max_attempts=3"])
    asked, how = unaligned_writer(recipe)
    assert (asked, how["max_attempts"], how["constrained"]) == (role, 3, True)


ROW = Row("1", Kind.STS, "t", "query", "positive", "negative", "English", False, {}, {})


@pytest.mark.parametrize(
    ("unaligned", "changes", "names"),
    [
        pytest.param([ROW], [], {"unaligned", "seeds"}, id="base"),
        pytest.param([ROW], ["models.unaligned=hf:org/m"], {"instruct", "seeds"}, id="instruct"),
        pytest.param([], [], {"seeds"}, id="none valid"),
    ],
)
def test_what_has_no_rows_is_left_out(
    unaligned: Sequence[Row], changes: Sequence[str], names: set[str], tmp_path: Path
) -> None:
    run = Run(UPath(tmp_path), load_recipe("laptop", changes))
    task = Task(Kind.STS, "a", "t")
    run.write("seeds", [Seed(Prompt(task, {}, 0), Sample(Kind.STS, "a", "b", "c"), "teacher")])
    work = Work("ablation", run, StepSettings(_cli_parse_args=False))
    assert taught(work, [], unaligned).keys() == names
