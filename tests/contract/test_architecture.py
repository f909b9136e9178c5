"""ARCHITECTURE.md shows the house as it stands: its rooms in their order, its doors."""

import re
import tomllib
from itertools import takewhile

import pytest

from tests.contract.sources import ROOT
from tests.contract.test_doors import DOORS

LINES = (ROOT / "ARCHITECTURE.md").read_text("utf-8").splitlines()
LAYERS = {
    package: contract["layers"]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"][
        "importlinter"
    ]["contracts"]
    if contract["type"] == "layers"
    for package in [contract["layers"][0].split(".__main__")[0]]
}
VLLM = [f"`{door}`" for door in DOORS["vllm"]]
CACHES = {"__pycache__"}


def table(heading: str) -> list[list[str]]:
    """Cells of the rows of the table under a heading, without its head."""
    start = next(n for n, line in enumerate(LINES) if line.startswith(heading))
    section = takewhile(lambda line: not line.startswith("#"), LINES[start + 1 :])
    rows = [line for line in section if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]


def rooms_shown(folder: str) -> list[str]:
    return [row[0].strip("`/") for row in table(f"### Rooms of `{folder}/`")]


def rooms_there(folder: str) -> set[str]:
    """Folders that hold more than what an interpreter leaves behind."""
    below = (path for path in (ROOT / folder).iterdir() if path.is_dir())
    return {path.name for path in below if any(each.suffix for each in path.glob("*.*"))} - CACHES


@pytest.mark.parametrize("folder", ["littlegiants", "services/generator", "pipelines"])
def test_every_room_is_shown_and_no_other(folder: str) -> None:
    shown = rooms_shown(folder)
    assert set(shown) == rooms_there(folder)
    assert len(shown) == len(set(shown))


@pytest.mark.parametrize("folder", ["services/generator", "pipelines"])
def test_rooms_stand_in_the_order_in_which_they_are_imported(folder: str) -> None:
    package, there = folder.replace("/", "."), rooms_there(folder)
    layers = [layer.removeprefix(f"{package}.") for layer in reversed(LAYERS[package])]
    assert rooms_shown(folder) == [layer for layer in layers if layer in there]


def test_the_doors_are_those_that_are_held() -> None:
    rows = {
        library: re.findall("`(.*?)`", doors.replace("vLLM's door", ", ".join(VLLM)))
        for libraries, doors in table("### Doors")
        for library in re.findall("`(.*?)`", libraries)
    }
    assert {library: sorted(doors) for library, doors in rows.items()} == {
        library: sorted(doors) for library, doors in DOORS.items()
    }
