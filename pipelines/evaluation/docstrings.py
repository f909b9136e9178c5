"""Reads the documentation strings of the installed Python standard library: real, foreign text."""

import ast
import re
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from littlegiants.errors import BadInput

OTHERS_WORK = {
    *("site-packages", "dist-packages", "ensurepip", "lib2to3"),
    *("test", "tests", "idle_test", "idlelib", "turtledemo"),
    *("__pycache__", "pydoc_data", "config"),
}
"""Folders that hold tests, third-party packages or generated text rather than the library's own."""

_Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
_SENTENCE_END = re.compile(r"(?<=[a-z0-9)\]'\"`][.!?])\s+(?=[A-Z`'\"(])")
_SIGNATURE = re.compile(r"^[\w.]+\(.*?\)(?:\s*->\s*[\w\[\], ]+)?\s*(?:[:.-]+\s+|$)")
_NOT_PROSE = re.compile(r"^\s*(?:>>>|\.\.\. |\.\. |[-=~+|*#]{3})")


@dataclass(frozen=True, slots=True)
class Docstring:
    """A documentation string split into its first sentence and what follows it."""

    name: str
    first: str
    rest: str

    @property
    def package(self) -> str:
        """The top-level module or package it stands in."""
        return self.name.split(":", 1)[0].split(".", 1)[0]

    @property
    def module(self) -> str:
        """The module it stands in, dotted."""
        return self.name.split(":", 1)[0]

    @property
    def text(self) -> str:
        """The whole of it."""
        return f"{self.first} {self.rest}".strip()


def read_docstrings(root: Path | None = None) -> list[Docstring]:
    """Every documentation string below `root` (the running Python's library), in order of its name.

    Nothing is imported: sources are parsed, so no module's code runs.

    Raises BadInput when there are no sources there (a zipped or stripped Python).
    """
    root = root or Path(sysconfig.get_path("stdlib"))
    found = [text for path in sorted(root.rglob("*.py")) for text in _of_file(path, root)]
    if not found:
        raise BadInput(
            f"{root}: no Python sources with documentation; use a Python that ships its library"
        )
    return sorted(found, key=lambda docstring: docstring.name)


def _of_file(path: Path, root: Path) -> Iterator[Docstring]:
    parts = path.relative_to(root).with_suffix("").parts
    if OTHERS_WORK.intersection(parts) or parts[0].startswith("config-"):
        return
    module = ".".join(part for part in parts if part != "__init__")
    yield from _below(ast.parse(path.read_bytes()), f"{module}:")


def _below(node: _Documented, name: str) -> Iterator[Docstring]:
    text = ast.get_docstring(node)
    if text:
        first, rest = split_first_sentence(text)
        yield Docstring(name.rstrip(":"), first, rest)
    for child in node.body:
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            joint = "" if name.endswith(":") else "."
            yield from _below(child, f"{name}{joint}{child.name}")


def split_first_sentence(text: str) -> tuple[str, str]:
    """The first sentence of a documentation string, and its other prose without examples."""
    summary, _, body = text.partition("\n\n")
    summary = _SIGNATURE.sub("", _flat(summary))
    first, *others = _SENTENCE_END.split(summary, maxsplit=1)
    return first.strip(), _flat(" ".join([*others, _prose(body)]))


def _prose(body: str) -> str:
    """`body` without the paragraphs that are interpreter sessions, tables or directives."""
    paragraphs = re.split(r"\n\s*\n", body)
    return "\n".join(text for text in paragraphs if not _NOT_PROSE.match(text))


def _flat(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
