"""The language and its client stay light: importing them loads what the wheel asks for, no more."""

import json
import subprocess
import sys

import pytest

from tests.contract.sources import files

ALLOWED = {
    "littlegiants",
    "google",
    "grpc",
    "grpc_health",
    "pydantic",
    "regex",
    "zstandard",
    # what pydantic itself brings
    "annotated_types",
    "pydantic_core",
    "typing_extensions",
    "typing_inspection",
    # what grpc loads of its own, where it happens to be installed
    "cython_runtime",
    "grpc_reflection",
    "grpc_tools",
}
LOAD = """
import sys
before = set(sys.modules)
import importlib, json
importlib.import_module(sys.argv[1])
packages = {name.partition(".")[0] for name in set(sys.modules) - before}
print(json.dumps(sorted(packages - sys.stdlib_module_names)))
"""
MODULES = [
    name.removesuffix(".py").replace("/", ".")
    for name in files("littlegiants")
    if not name.endswith(("__init__.py", "__main__.py"))
]


def loaded_by(module: str) -> set[str]:
    command = [sys.executable, "-c", LOAD, module]
    output = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    return {name for name in json.loads(output) if not name.startswith("_")}


@pytest.mark.parametrize("module", MODULES)
def test_importing_loads_nothing_heavy(module: str) -> None:
    assert loaded_by(module) <= ALLOWED


def test_the_client_is_imported_at_once() -> None:
    """Modules are counted, because seconds depend on the machine: 264 take a quarter of one."""
    count = "import sys, littlegiants.client; print(len(sys.modules))"
    command = [sys.executable, "-c", count]
    output = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    assert int(output) < 350
