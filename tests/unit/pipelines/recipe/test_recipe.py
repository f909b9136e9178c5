"""A recipe is checked whole, and says which field is wrong."""

from pathlib import Path

import pytest

from littlegiants.errors import BadInput
from pipelines.recipe.recipe import load_recipe
from pipelines.recipe.references import shipped_recipes


@pytest.mark.parametrize("name", shipped_recipes())
def test_shipped_recipes_are_valid(name: str) -> None:
    assert load_recipe(name).name == name


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("synthesize.cuont=5", r"synthesize\.cuont: Extra inputs"),
        ("synthesize.count=many", r"synthesize\.count: Input should be a valid integer"),
        ("seed.deep=1", "seed is a value, not a section"),
        ("nothing", "write FIELD=VALUE"),
        ("weights.form=whole", r"weights\.form: Input should be .merged. or .adapter."),
        ("slots.retrieval.size={big: 1}", r"slots\.retrieval\.size: no such slot"),
        ("slots.retrieval.document_length={long: 1}", "write 'at least N words'"),
        ("teacher.stage_caps.embed.calls=5", "teacher.stage_caps.embed"),
        ("synthesize.writers={senior: 0}", r"writers: give at least one a weight above 0"),
        ("synthesize.writers={revisor: 1}", r"writers: revisor: name senior or junior, or give"),
        ("synthesize.others={base: 1f}", r"others: base: this run's own"),
        ("synthesize=5", r"synthesize: Input should be a valid dictionary"),
        ("synthesize.deep.count=5", r"synthesize\.deep: Extra inputs"),
        ("synthesize.count=", r"synthesize\.count: Input should be a valid integer"),
        ("synthesize..count=5", "write FIELD=VALUE"),
        ("name=null", "name: Input should be a valid string"),
        ("name=[one", r"name=\[one.*not YAML"),
        ("topics.source=[", r"topics\.source=\[.*not YAML"),
        ("evaluate.tasks=[a, null]", r"evaluate\.tasks\.1: Input should be a valid string"),
        ("language=' '", "language: name one, as English"),
        ("shares={}", "shares: give at least one kind a share above 0"),
        ("shares={retrieval: 0}", "shares: give at least one kind a share above 0"),
        ("shares={retrieval: .inf}", r"shares\.retrieval: Input should be a finite number"),
        ("teacher.temperature=.nan", r"teacher\.temperature: Input should be a finite number"),
    ],
)
def test_a_wrong_field_is_named(change: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        load_recipe("laptop", [change])


def test_a_change_is_taken() -> None:
    assert load_recipe("laptop", ["synthesize.count=12"]).synthesize.count == 12


def test_changes_may_stand_after_a_shipped_name() -> None:
    found = load_recipe("laptop weights.form=adapter synthesize.count=12", ["synthesize.count=9"])
    assert (found.name, found.weights.form, found.synthesize.count) == ("laptop", "adapter", 9)
    with pytest.raises(BadInput, match="no such file"):
        load_recipe("palmtop weights.form=adapter")


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("", ""),
        ('""', ""),
        ("'a, b'", "a, b"),
        ("2024-10-01", "2024-10-01"),
        ("2024-13-01", "2024-13-01"),
        ("007", "007"),
        ("1.10", "1.10"),
        ("yes", "yes"),
        ("12:30", "12:30"),
        ("a=b", "a=b"),
    ],
)
def test_a_text_is_taken_as_it_is_written(written: str, text: str) -> None:
    recipe = load_recipe("laptop", [f"name={written}", f"teacher.azure_api_version={written}"])
    assert (recipe.name, recipe.teacher.azure_api_version) == (text, text)


def test_texts_of_a_list_and_of_a_file_are_taken_as_they_are_written() -> None:
    assert load_recipe("laptop", ["evaluate.tasks=[2024-10-01, 7]"]).evaluate.tasks == (
        "2024-10-01",
        "7",
    )
    text = (
        Path("pipelines/recipe/recipes/laptop.yaml")
        .read_text()
        .replace("name: laptop", "name: 1.10")
    )
    assert load_recipe(text).name == "1.10"


def test_a_section_is_changed_as_a_whole_or_field_by_field() -> None:
    changes = ["curate={near_duplicate: 0.5}", "curate.near_duplicate=0.7"]
    assert load_recipe("laptop", changes[:1]).curate.near_duplicate == 0.5
    assert load_recipe("laptop", changes).curate.near_duplicate == 0.7


def test_a_file_and_its_text_are_recipes(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    text = (
        Path("pipelines/recipe/recipes/laptop.yaml")
        .read_text()
        .replace("name: laptop", "name: mine")
    )
    path.write_text(text)
    assert load_recipe(str(path)) == load_recipe(text)


def test_an_unknown_recipe_names_the_shipped_ones() -> None:
    with pytest.raises(BadInput, match="laptop, paper-8b"):
        load_recipe("desktop")


def test_the_papers_numbers_stand() -> None:
    recipe = load_recipe("paper-8b")
    assert (recipe.seeds.count, recipe.propose.count, recipe.correct.count) == (
        25_000,
        10_000,
        10_000,
    )
    assert (recipe.junior.learning_rate, recipe.senior.learning_rate) == (1e-4, 1e-5)
    assert (recipe.revisor.learning_rate, recipe.senior.beta) == (5e-6, 0.1)
    assert recipe.synthesize.count == 1_150_000


def test_adapters_of_too_high_a_rank_are_found_before_training() -> None:
    changes = ["junior.lora.r=256", "senior.lora.r=320"]
    assert load_recipe("laptop", changes).highest_rank == 576
    with pytest.raises(BadInput, match=r"weights\.form: adapters are served up to rank 512"):
        load_recipe("laptop", [*changes, "weights.form=adapter"])
