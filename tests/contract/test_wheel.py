"""The wheel holds the whole language and client, and nothing else."""

import re
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

import littlegiants
from tests.contract.sources import ROOT

INFO = f"littlegiants-{littlegiants.__version__}.dist-info/"
DEPENDENCIES = {
    "googleapis-common-protos",
    "grpcio",
    "grpcio-health-checking",
    "protobuf",
    "pydantic",
    "regex",
    "zstandard",
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT, timeout=120)
    return ZipFile(next(folder.glob("*.whl")))


def test_holds_the_language_and_nothing_else(wheel: ZipFile) -> None:
    packed = {name for name in wheel.namelist() if not name.startswith(INFO)}
    assert packed == set(_on_disk(ROOT / "littlegiants"))


def test_holds_what_is_read_at_run_time(wheel: ZipFile) -> None:
    assert {
        "littlegiants/py.typed",
        "littlegiants/templates/judge.txt",
        "littlegiants/v1/generator_pb2.py",
    } <= set(wheel.namelist())


def test_asks_for_light_libraries_only(wheel: ZipFile) -> None:
    metadata = wheel.read(f"{INFO}METADATA").decode()
    asked = re.findall(r"^Requires-Dist: ([\w-]+)(.*)$", metadata, re.MULTILINE)
    assert {name for name, rest in asked if "extra ==" not in rest} == DEPENDENCIES
    assert {name for name, rest in asked if "extra ==" in rest} == {"opentelemetry-api"}


def test_installs_the_command(wheel: ZipFile) -> None:
    assert (
        "littlegiants = littlegiants.__main__:main"
        in wheel.read(f"{INFO}entry_points.txt").decode()
    )


def _on_disk(folder: Path) -> list[str]:
    return [
        path.relative_to(ROOT).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    ]
