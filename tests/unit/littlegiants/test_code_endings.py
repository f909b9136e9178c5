"""Code ends in whatever its last line ends in; what breaks off has something open."""

import ast
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from littlegiants.code_endings import is_code, is_whole_code
from littlegiants.words import is_ended, word_count

PYTHON = '''def total(spans):
    """How much is covered, each point counted once."""
    covered = 0
    for start, end in merged(spans):  # don't sort (twice
        covered += (end - start) // 2
    return covered'''
JAVASCRIPT = """const total = (spans) => {
  // it's the sum
  const name = "[(";
  return spans.map(({ end, start }) => `${end - start} {`).length;
};"""
GO = """func Total(spans []Span) (covered int) {
\tfor _, each := range spans {
\t\tcovered += each.End - each.Start
\t}
\treturn
}"""
C = """static int total(const struct span *spans, size_t count)
{
    int covered = 0;   /* of all ( */
    while (count--) covered += spans[count].end;
    return covered;
}
#endif"""
SHELL = """if [ -d "$folder" ]; then
    count=$(ls "$folder" | wc -l)
    echo "$count"
fi"""
WHOLE = {"python": PYTHON, "javascript": JAVASCRIPT, "go": GO, "c": C, "shell": SHELL}


@pytest.mark.parametrize("code", WHOLE.values(), ids=WHOLE)
def test_whole_code_is_seen_to_be_whole(code: str) -> None:
    assert is_code(code)
    assert is_whole_code(code)


@pytest.mark.parametrize(
    "cut",
    [
        pytest.param(PYTHON[: PYTHON.index("merged(") + 7], id="bracket"),
        pytest.param(PYTHON + "\n    found = '''", id="string"),
        pytest.param(PYTHON.removesuffix("ered"), id="word"),
        pytest.param(PYTHON[: PYTHON.index(" +=")], id="a word alone"),
        pytest.param(PYTHON + " +", id="sign"),
        pytest.param(PYTHON + "\n    # and then", id="comment"),
        pytest.param(JAVASCRIPT.removesuffix("};"), id="block"),
        pytest.param(GO.removesuffix("\n}"), id="function"),
    ],
)
def test_code_that_breaks_off_is_not(cut: str) -> None:
    assert is_code(cut)
    assert not is_whole_code(cut)


@pytest.mark.parametrize(
    "prose",
    [
        "The leaves of a tomato curl in heat; water the bed = less harm",
        "First dig the bed\nthen water it well\nuntil it is soft and\nsow the seeds in rows",
        "Roses are red,\nviolets are blue,\nsugar is sweet,\nand so are you",
    ],
)
def test_prose_is_no_code(prose: str) -> None:
    assert not is_code(prose)


def test_prose_after_code_ends_as_prose_does() -> None:
    assert is_whole_code(
        f"config = {{\n{PYTHON}\nThat is how they are merged in one go, all of them."
    )


def test_most_functions_of_the_standard_library_are_whole_and_few_that_are_cut() -> None:
    whole = list(functions("argparse", "inspect", "heapq", "statistics", "textwrap", "zipfile"))
    drawn = random.Random(0)
    cut = [code[: drawn.randrange(len(code) // 2, len(code) - 5)] for code in whole]
    assert len(whole) > 100
    assert sum(map(is_ended, whole)) < 0.7 * len(whole)
    assert sum(map(ends_well, whole)) > 0.97 * len(whole)
    assert sum(map(ends_well, cut)) < 0.25 * len(whole)


def ends_well(text: str) -> bool:
    return is_whole_code(text) if is_code(text) else is_ended(text)


def functions(*modules: str) -> Iterator[str]:
    """The longer functions and classes of modules of the standard library."""
    for name in modules:
        source = (Path(ast.__file__).parent / f"{name}.py").read_text("utf-8")
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                code = ast.get_source_segment(source, node) or ""
                if 50 <= word_count(code) <= 400:
                    yield code
