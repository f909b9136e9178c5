"""Modules and functions are small, named for what they do, and say what they are for."""

import ast
from collections.abc import Iterator
from pathlib import PurePath

import pytest

from tests.contract.sources import PRODUCT, ROOT, files, tree

JUNK_DRAWERS = {"common", "utils", "util", "helpers", "helper", "misc", "shared", "base", "core"}
JUNK_DRAWERS |= {"lib", "constants", "types", "manager"}
LONGEST_MODULE = 200
LONGEST_FUNCTION = 25
MOST_POSITIONAL = 4
EVERYWHERE = files(*PRODUCT, "tests")
IN_THE_PRODUCT = files(*PRODUCT)
# kfp calls a component by keyword: its arguments are the inputs of a step in the graph
COMPONENTS = ("pipelines/kubeflow/components.py", "pipelines/kubeflow/graph.py")
# these stand in place of vLLM's own functions
STAND_INS = ("services/generator/engine/vllm_adapter_rows.py",)


@pytest.mark.parametrize("file", EVERYWHERE)
def test_no_junk_drawer(file: str) -> None:
    parts = {part for name in PurePath(file).with_suffix("").parts for part in name.split("_")}
    assert not parts & JUNK_DRAWERS, "name it for what it does"


@pytest.mark.parametrize("file", EVERYWHERE)
def test_a_module_opens_with_one_sentence(file: str) -> None:
    opening = (ast.get_docstring(tree(file)) or "").partition("\n")[0]
    assert opening.endswith((".", "?", ":")), "open the module with one sentence on one line"


def test_a_class_has_a_name_of_its_own() -> None:
    homes: dict[str, list[str]] = {}
    for file in IN_THE_PRODUCT:
        for node in ast.walk(tree(file)):
            if isinstance(node, ast.ClassDef):
                homes.setdefault(node.name, []).append(f"{file}:{node.lineno}")
    shared = {name: places for name, places in homes.items() if len(places) > 1}
    assert not shared, "one word, one thing: name the lesser one by the field's term"


@pytest.mark.parametrize("file", IN_THE_PRODUCT)
def test_a_module_is_short(file: str) -> None:
    length = len((ROOT / file).read_text(encoding="utf-8").splitlines())
    assert length <= LONGEST_MODULE, "split it by what its parts do"


@pytest.mark.parametrize("file", IN_THE_PRODUCT)
def test_functions_are_short(file: str) -> None:
    lengths = {f"{file}:{node.lineno} {node.name}": _length(node) for node in _functions(file)}
    long = {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION}
    assert not long, "lines without the docstring"


@pytest.mark.parametrize(
    "file", [file for file in IN_THE_PRODUCT if file not in COMPONENTS + STAND_INS]
)
def test_functions_take_few_positional_arguments(file: str) -> None:
    many = [
        f"{file}:{node.lineno} {node.name}"
        for node in _functions(file)
        if len([arg for arg in node.args.args if arg.arg not in ("self", "cls")]) > MOST_POSITIONAL
    ]
    assert not many, "make the rest keyword-only"


def _functions(file: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = node.body[0]
    described = ast.get_docstring(node) is not None
    text = (first.end_lineno or 0) - first.lineno + 1 if described else 0
    return (node.end_lineno or 0) - node.lineno + 1 - text
