"""An embedder is told of a task what the recipe's table says, and else what mteb says."""

from pathlib import Path

import mteb
import pytest

from littlegiants.errors import BadInput
from littlegiants.kinds import SPECS, Kind
from pipelines.evaluation.benchmarks import parts_of
from pipelines.evaluation.instructions import instruction_table
from pipelines.evaluation.mteb_scores import instruction_of
from pipelines.recipe.recipe import load_recipe
from pipelines.run.recipe_inputs import named_inputs

TASKS = {task.metadata.name: task for task in mteb.get_benchmark("MTEB(eng, v1)").tasks}


def test_e5_has_a_sentence_for_each_of_the_56_tasks() -> None:
    table = instruction_table("e5")
    assert table.keys() == TASKS.keys()
    assert load_recipe("paper-8b").evaluate.instructions == "e5"


def test_similar_texts_are_asked_for_as_they_are_trained() -> None:
    table = instruction_table("e5")
    found = {table[name] for name, task in TASKS.items() if task.metadata.type == "STS"}
    assert found == {SPECS[Kind.STS].fixed_task}


def test_a_part_of_a_task_is_told_what_the_whole_is() -> None:
    whole, table = TASKS["CQADupstackRetrieval"], instruction_table("e5")
    told = {instruction_of(part, table, whole=whole) for part in parts_of(whole)}
    assert told == {table["CQADupstackRetrieval"]}


def test_a_table_of_ones_own_wins_and_its_content_decides(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("SciFact: Find the evidence.\n")
    file = str(tmp_path / "own.yaml")
    table = instruction_table(file)
    assert instruction_of(TASKS["SciFact"], table) == "Find the evidence."
    assert instruction_of(TASKS["FEVER"], table) == instruction_of(TASKS["FEVER"])
    recipe = load_recipe("laptop", [f"evaluate.instructions={file}"])
    assert file in named_inputs(recipe, ("evaluate",))


@pytest.mark.parametrize(
    ("text", "words"),
    [(None, "name e5 or a YAML file"), ("- a", "TASK: sentence"), ("a: 1", "TASK: sentence")],
    ids=["absent", "list", "no-sentence"],
)
def test_a_table_that_is_none_is_refused_before_the_run(
    tmp_path: Path, text: str | None, words: str
) -> None:
    file = tmp_path / "own.yaml"
    if text:
        file.write_text(text)
    with pytest.raises(BadInput, match=rf"evaluate.instructions: .*{words}"):
        instruction_table(str(file))
