"""Points are measured once, by however many processes; the sets that tell are read beforehand."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from upath import UPath

from littlegiants.errors import BadInput
from pipelines.cli.step_flags import FolderSettings
from pipelines.evaluation.own_tasks.evaluation_sets import FINAL
from pipelines.recipe.recipe import load_recipe
from pipelines.run.folder import Run
from pipelines.run.step import Work
from pipelines.studies.points import KeptPoints, Point, check_sets

POINTS = 12


def work_in(folder: Path, name: str = "study-trial") -> Work:
    """Of a study."""
    run = Run(UPath(folder), load_recipe("laptop"))
    return Work(name, run, FolderSettings(run=str(folder)))


def measure(folder: Path, seconds: float) -> dict[str, list[Any]]:
    """Each point is written down as it is measured, with the process that measures it."""

    def point(number: int) -> Point:
        def measured() -> int:
            with (folder / "measured").open("a") as file:
                file.write(f"{number} {os.getpid()}\n")
            time.sleep(seconds)
            return number * number

        return Point(f"{number:040}", f"point {number}", measured)

    (folder / f"begun-{os.getpid()}").touch()
    while seconds and len(list(folder.glob("begun-*"))) < 2:
        time.sleep(0.01)
    return KeptPoints(UPath(folder), "study-trial").of_all(
        {"all": [point(each) for each in range(POINTS)]}
    )


def started(folder: Path) -> subprocess.Popen[str]:
    """A process that begins at the points as soon as a line tells it to."""
    code = f"from {__name__} import *; print(flush=True); input(); "
    code += f"print(json.dumps(measure(Path({str(folder)!r}), 0.3)))"
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, "-c", code], **pipes)


def measured(folder: Path) -> list[list[str]]:
    path = folder / "measured"
    return [line.split() for line in path.read_text().splitlines()] if path.exists() else []


def test_two_processes_share_the_points_and_a_killed_ones_are_measured_by_the_other(
    tmp_path: Path,
) -> None:
    both = one, other = started(tmp_path), started(tmp_path)
    for each in both:
        assert each.stdin and each.stdout and each.stdout.readline()
    for each in both:
        assert each.stdin and each.stdin.write("go\n") and not each.stdin.flush()
    while len({who for _, who in measured(tmp_path)}) < 2 and other.poll() is None:
        time.sleep(0.01)
    one.kill()
    said, _ = other.communicate(timeout=60)
    one.communicate()
    assert len({who for _, who in measured(tmp_path)}) == 2
    found = json.loads(said.splitlines()[-1])
    assert found == {"all": [each * each for each in range(POINTS)]}
    numbers = [number for number, _ in measured(tmp_path)]
    assert len(set(numbers)) == POINTS
    assert len(numbers) <= POINTS + 1  # what the killed one was at
    assert measure(tmp_path, 0) == found and len(measured(tmp_path)) == len(numbers)


def test_a_set_that_is_not_installed_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"pip install gensim"):
        check_sets(work_in(tmp_path), [FINAL[-1]])
