"""A variant is the recipe with other choices of the embedder's training, and nothing else."""

import pytest

from littlegiants.errors import BadInput
from littlegiants.kinds import Kind
from pipelines.recipe.recipe import load_recipe
from pipelines.studies.choices.variants import default_variants, variant_named


def made(text: str, *changes: str, probe: bool = True) -> object:
    return variant_named(text, "laptop", changes, probe=probe).recipe


def test_several_changes_make_one_variant_upon_the_run_s_own() -> None:
    given = "embedder.guide=hf:org/name  embedder.guide_margin=0.05"
    variant = variant_named(given, "laptop", ["embedder.epochs=1"], probe=True)
    settings = variant.recipe.embedder
    assert (settings.guide, settings.guide_margin, settings.epochs) == ("hf:org/name", 0.05, 1)
    assert variant.name == "embedder.guide=hf:org/name embedder.guide_margin=0.05"


@pytest.mark.parametrize("text", ["synthesize.count=4", "embedder.guide", "embedders.guide=x"])
def test_what_changes_the_rows_or_nothing_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="no choice of the embedder's training"):
        made(text)


def test_a_probe_has_only_choices_of_negatives_and_of_checkpoints() -> None:
    assert made("embedder.temperature=0.02", probe=False)
    with pytest.raises(BadInput, match=r"a probe has no embedder\.temperature; add --embedder"):
        made("embedder.temperature=0.02")


def test_rows_of_one_s_own_are_a_variant() -> None:
    variant = variant_named("'examples.rows=[\"a b.jsonl\"]'", "laptop", [], probe=True)
    assert variant.recipe.examples.rows == ("a b.jsonl",)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            [],
            [
                "embedder.label_negatives=batch",
                "embedder.hard_negatives=true",
                "embedder.guide=shipped:all-minilm-l6-v2",
                "embedder.hard_negatives=true embedder.guide=shipped:all-minilm-l6-v2",
                "embedder.averaged_checkpoints=3",
            ],
        ),
        (
            [
                "embedder.label_negatives=batch",
                "embedder.hard_negatives=true",
                "embedder.guide=g",
                "embedder.averaged_checkpoints=5",
            ],
            [
                "embedder.label_negatives=own",
                "embedder.hard_negatives=false",
                "embedder.guide=",
                "embedder.averaged_checkpoints=1",
            ],
        ),
    ],
)
def test_each_choice_is_tried_the_other_way_round(changes: list[str], expected: list[str]) -> None:
    recipe = load_recipe("laptop", changes)
    found = list(default_variants(recipe, {Kind.CLASSIFICATION, Kind.STS}))
    assert found == expected
    for text in found:
        assert variant_named(text, "laptop", changes, probe=True).recipe != recipe
    assert list(default_variants(recipe, {Kind.STS})) == expected[1:]
