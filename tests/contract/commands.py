"""The commands that a page tells its reader to type."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath

from tests.contract.sources import ROOT

PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in (
        "*.md",
        "docs/**/*.md",
        "charts/**/*.md",
        "charts/**/NOTES.txt",
        "examples/**/*.md",
    )
    for path in ROOT.glob(pattern)
    if "node_modules" not in path.parts
)
FENCE = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
INDENTED = re.compile(r"^ {2,}(.+)$", re.MULTILINE)
"""A template's notes have no fences."""
ACTION = re.compile(r"\{\{.*?\}\}")
PROGRAMS = ("python", "littlegiants", "make", "pytest")
OPERATORS = set("|&;<>()")


@dataclass(frozen=True, slots=True)
class Command:
    """A program and its arguments, and the page that names it."""

    page: str
    words: tuple[str, ...]

    def __str__(self) -> str:
        """As it is typed."""
        return shlex.join(self.words)


def commands() -> list[Command]:
    """Every command of a program of ours, or of one that runs ours, each page's once."""
    found = (Command(page, words) for page in PAGES for words in _in(_text(page)))
    return list(dict.fromkeys(found))


def _text(page: str) -> str:
    text = (ROOT / page).read_text("utf-8")
    return ACTION.sub("VALUE", text) if page.endswith("NOTES.txt") else text


def _in(text: str) -> Iterator[tuple[str, ...]]:
    for block in FENCE.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            yield from _words(line)
    for line in (*SPAN.findall(FENCE.sub("", text)), *INDENTED.findall(FENCE.sub("", text))):
        yield from _words(line)


def _words(line: str) -> Iterator[tuple[str, ...]]:
    """Of a line of a shell, each command whose program is one of PROGRAMS."""
    reader = shlex.shlex(line, posix=True, punctuation_chars=True)
    reader.whitespace_split = True
    try:
        words = list(reader)
    except ValueError:  # prose, with an apostrophe
        return
    command: list[str] = []
    for word in (*words, ";"):
        if set(word) <= OPERATORS:
            if command and PurePath(command[0]).name in PROGRAMS:
                yield (PurePath(command[0]).name, *command[1:])
            command = []
        elif command or not re.fullmatch(r"[A-Z_]+=.*", word):
            command.append(word)
