"""Every program answers --help at once: it loads no heavy library before its settings are read."""

import subprocess
import sys

import pytest

from tests.contract.sources import ROOT, files
from tests.contract.test_doors import DOORS

HELP = """
import runpy, sys
module, heavy = sys.argv[1], set(sys.argv[2].split(","))
sys.argv = [module, "--help"]
try:
    runpy.run_module(module, run_name="__main__", alter_sys=True)
    code = "no exit"
except SystemExit as exit:
    code = exit.code
print("EXIT", code, "LOADED", *sorted(heavy & set(sys.modules)))
"""
STEPS = [
    file.removesuffix(".py").replace("/", ".")
    for file in files("pipelines/steps")
    if not file.endswith("__init__.py")
]
LAUNCHERS = [
    file.removesuffix("/__main__.py").replace("/", ".")
    for file in files("littlegiants", "services", "pipelines")
    if file.endswith("/__main__.py")
]


@pytest.mark.parametrize("module", [*LAUNCHERS, *STEPS])
def test_help_loads_nothing_heavy(module: str) -> None:
    command = [sys.executable, "-c", HELP, module, ",".join(DOORS)]
    helped = subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=120, cwd=ROOT
    )
    assert helped.returncode == 0, helped.stderr[-2000:]
    text, _, outcome = helped.stdout.rpartition("EXIT ")
    assert outcome.split() in (["0", "LOADED"], ["None", "LOADED"])
    assert "usage" in text.casefold()


def test_there_are_programs() -> None:
    assert {"pipelines", "services.generator", "littlegiants"} <= set(LAUNCHERS)
    assert len(STEPS) >= 12
