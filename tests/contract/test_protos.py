"""The wire: protos that pass buf's rules, and generated code that is what they generate."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.sources import ROOT

GENERATED = ROOT / "littlegiants" / "v1"
RELEASED = ROOT / "protos" / "released.binpb"
"""The last release's protos."""


def test_protos_generate_the_code_that_is_committed(tmp_path: Path) -> None:
    command = [sys.executable, "protos/generate.py", "--out", str(tmp_path)]
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
    fresh = {path.name: path.read_bytes() for path in (tmp_path / "littlegiants/v1").iterdir()}
    kept = {path.name: path.read_bytes() for path in GENERATED.glob("*_pb2*")}
    assert fresh.keys() == kept.keys()
    changed = [name for name in fresh if fresh[name] != kept[name]]
    assert not changed, "run python protos/generate.py"


def test_the_reference_is_what_the_comments_say(tmp_path: Path) -> None:
    command = [sys.executable, "protos/generate.py", "--out", str(tmp_path)]
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
    fresh, kept = ((folder / "docs" / "api.md").read_text() for folder in (tmp_path, ROOT))
    assert fresh == kept, "run python protos/generate.py"


@pytest.mark.parametrize("command", [["lint"], ["format", "--diff", "--exit-code"]])
def test_protos_pass_bufs_rules(command: list[str]) -> None:
    buf(*command, "protos")


def test_nothing_of_the_last_release_is_missing_or_means_something_else(tmp_path: Path) -> None:
    image = tmp_path / "protos.binpb"
    buf("build", "protos", "-o", str(image))
    buf("breaking", str(image), "--against", str(RELEASED))


def buf(*arguments: str) -> None:
    """Run buf; fail with what it says."""
    program = shutil.which("buf", path=str(Path(sys.executable).parent))
    assert program, "buf is in PyPI's buf-bin"
    passed = subprocess.run(
        [program, *arguments], check=False, cwd=ROOT, capture_output=True, text=True
    )
    assert passed.returncode == 0, passed.stdout + passed.stderr
