"""The repository's own Python files, as the contract tests read them."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRODUCT = ("littlegiants", "services", "pipelines")
GENERATED = "littlegiants/v1/"


def files(*folders: str) -> list[str]:
    """Python files under `folders`, relative to the root, without the generated ones."""
    found = (path for folder in folders for path in sorted((ROOT / folder).rglob("*.py")))
    names = (path.relative_to(ROOT).as_posix() for path in found)
    return [name for name in names if not name.startswith(GENERATED)]


@cache
def tree(file: str) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse((ROOT / file).read_text(encoding="utf-8"))


def imported(file: str) -> Iterator[tuple[str, int]]:
    """Top-level package and line of each import in `file`, wherever it stands."""
    for node in ast.walk(tree(file)):
        match node:
            case ast.Import(names=names):
                yield from ((name.name.partition(".")[0], node.lineno) for name in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module.partition(".")[0], node.lineno
            case ast.Call(
                func=ast.Attribute(attr="import_module")
                | ast.Name(id="import_module" | "__import__"),
                args=[ast.Constant(value=str(module)), *_],
            ):
                yield module.partition(".")[0], node.lineno
