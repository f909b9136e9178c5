"""Rows of somebody's own are read and mixed in, or the line that will not do is named."""

from pathlib import Path

import pytest

from littlegiants.errors import BadInput
from littlegiants.kinds import Kind
from pipelines.data.labelled_rows import labelled_rows
from pipelines.data.records import LabelledRow
from pipelines.recipe.recipe import load_recipe
from pipelines.run.recipe_inputs import named_inputs
from pipelines.steps.embed import own_rows
from pipelines.training.rows import Triplet

GOOD = '{"kind": "sts", "task": "Find alike.", "query": "a cat", "positive": "a kitten"}'


def test_rows_are_mixed_in(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(f"{GOOD}\n\n{GOOD}\n", encoding="utf-8")
    recipe = load_recipe("laptop", [f"examples.rows=[{file}]"])
    assert list(own_rows(recipe)) == [Triplet("Find alike.", "sts", "a cat", "a kitten")] * 2
    assert str(file) in named_inputs(recipe, ("examples.rows",))
    assert next(labelled_rows([str(tmp_path)])) == LabelledRow(
        Kind.STS, "Find alike.", "a cat", "a kitten"
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (GOOD.replace("a cat", " "), "rows.jsonl:2: query: is empty"),
        (GOOD.replace("sts", "poem"), "rows.jsonl:2: kind"),
        (GOOD.replace("query", "question"), "rows.jsonl:2: query"),
    ],
)
def test_a_row_that_will_not_do_is_named(line: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text(f"{GOOD}\n{line}\n", encoding="utf-8")
    with pytest.raises(BadInput, match=said):
        list(labelled_rows([str(tmp_path)]))


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(BadInput, match=r"none\.jsonl is not there"):
        list(labelled_rows(["none.jsonl"]))
