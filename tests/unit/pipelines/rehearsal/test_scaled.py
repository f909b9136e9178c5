"""A scaled recipe asks for little of everything, and is refused where the whole one would be."""

import pytest

from littlegiants.kinds import word_bounds
from pipelines.recipe.recipe import Recipe, load_recipe
from pipelines.recipe.references import shipped_recipes
from pipelines.rehearsal.scaled import Stand, processes_for, scaled
from pipelines.rehearsal.short_texts import LONGEST_TEXT

STAND = Stand({"generator": "tiny", "scorer": "small"}, ["stdlib-retrieval"])


def small(recipe: str = "paper-8b", *changes: str, devices: int = 1) -> Recipe:
    return scaled(load_recipe(recipe, changes), STAND, devices=devices)


@pytest.mark.parametrize("name", shipped_recipes())
def test_every_count_is_small_but_none_vanishes(name: str) -> None:
    recipe = small(name)
    synthesis, judge = recipe.synthesize, recipe.judge
    counts = [recipe.topics.count, recipe.seeds.count, recipe.propose.count, recipe.correct.count]
    counts += [judge.teacher_count, synthesis.count, recipe.propose.candidate_count]
    assert all(0 < count <= 40 for count in counts)
    assert 0 < synthesis.shard_count <= 2
    assert recipe.evaluate.document_count > recipe.evaluate.query_count > 0


def test_what_is_none_stays_none() -> None:
    assert small("paper-8b", "judge.teacher_count=0").judge.teacher_count == 0
    assert small("paper-8b", "correct.count=0").correct.count == 0


@pytest.mark.parametrize(("judged", "expected"), [(10_000, 10), (5_000, 5), (1, 1)])
def test_teacher_and_scorer_share_the_prompts_as_before(judged: int, expected: int) -> None:
    assert small("paper-8b", f"judge.teacher_count={judged}").judge.teacher_count == expected


def test_models_and_tasks_are_the_stand_ins() -> None:
    recipe = small()
    assert (recipe.models.generator, recipe.models.scorer) == ("tiny", "small")
    assert recipe.evaluate.tasks == ("stdlib-retrieval",)


def test_only_this_runs_generators_write_and_a_stand_in_guides() -> None:
    others = "synthesize.others={other: digest}"
    for writers, left in (("{junior: 1, other: 3}", "junior"), ("{other: 1}", "senior")):
        recipe = small("paper-8b", others, f"synthesize.writers={writers}")
        assert (recipe.synthesize.writers, recipe.synthesize.others) == ({left: 1}, {})
    assert small("paper-8b", "embedder.guide=hf:org/model").embedder.guide == "small"
    assert small().embedder.guide == ""


def test_what_decides_the_path_is_kept() -> None:
    whole, recipe = load_recipe("paper-8b"), small()
    assert recipe.propose.constrained is whole.propose.constrained
    assert recipe.teacher.caps == whole.teacher.caps
    assert recipe.teacher.prices == whole.teacher.prices
    assert recipe.serving.max_model_len == whole.serving.max_model_len
    assert recipe.embedder.mini_batch_size < recipe.embedder.batch_size


def test_a_cache_that_runs_share_learns_nothing() -> None:
    assert small("paper-8b", "teacher.cache=/shared/answers").teacher.cache == ""


def test_texts_are_asked_for_short_and_the_recipes_own_slots_stay() -> None:
    slots = small("laptop", "slots.sts={unit: {verse: 1.0}}").slots
    lengths = {
        name: choices
        for kind in slots.values()
        for name, choices in kind.items()
        if name.endswith("_length")
    }
    assert lengths
    for choices in lengths.values():
        assert all(max(n or 0 for n in word_bounds(each)) <= LONGEST_TEXT for each in choices)
    assert {kind.value: kind_slots.get("unit") for kind, kind_slots in slots.items()}["sts"] == {
        "verse": 1.0
    }


@pytest.mark.parametrize(("devices", "processes"), [(1, 1), (2, 2), (3, 3), (4, 4), (8, 4)])
def test_up_to_four_processes_stand_for_the_devices(devices: int, processes: int) -> None:
    assert processes_for(devices) == processes


@pytest.mark.parametrize("devices", [1, 2, 3, 4, 5, 6, 8, 16])
@pytest.mark.parametrize("batch", [4, 8, 12, 16, 24, 30, 1536])
def test_processes_divide_a_batch_just_when_the_devices_do(devices: int, batch: int) -> None:
    changes = [f"revisor.batch_size={batch}", f"embedder.batch_size={batch}"]
    recipe, processes = small("paper-8b", *changes, devices=devices), processes_for(devices)
    for section in (recipe.revisor, recipe.embedder):
        assert (section.batch_size % processes == 0) == (batch % devices == 0)


def test_a_generators_batch_is_the_recipes_own() -> None:
    assert small(devices=4).revisor.batch_size == load_recipe("paper-8b").revisor.batch_size


@pytest.mark.parametrize("rows", [0, 330])
def test_a_training_takes_few_steps_whatever_examples_there_are(rows: int) -> None:
    seeds = "[]" if rows == 0 else "[examples/seeds.jsonl]"
    recipe = small("paper-8b", f"examples.seeds={seeds}")
    steps_an_epoch = max(1, (recipe.seeds.count + rows) / recipe.junior.batch_size)
    assert 1 < steps_an_epoch * recipe.junior.epochs < 4


def test_topics_grow_from_few_roots() -> None:
    whole = load_recipe("paper-8b")
    grown = scaled(whole, Stand({}, ["stdlib-retrieval"], "few.txt")).topics
    assert (grown.source, grown.roots) == ("grown", "few.txt")
    assert grown.children < grown.count < whole.topics.count
    assert whole.topics.most_alike < grown.most_alike < 1


def test_given_topics_stay_where_they_are() -> None:
    topics = small("laptop").topics
    assert (topics.source, topics.roots) == ("shipped", "shipped")
