"""When something changes, exactly the stages that depend on it run again."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from upath import UPath

from littlegiants.errors import BadInput
from pipelines.cli.step_flags import StepSettings
from pipelines.recipe.recipe import load_recipe
from pipelines.run.folder import Run
from pipelines.run.recipe_inputs import named_inputs, with_inputs
from pipelines.run.step import Step
from pipelines.steps import (
    align,
    brainstorm,
    correct,
    curate,
    embed,
    evaluate,
    finetune,
    judge,
    prepare,
    promote,
    propose,
    report,
    review,
    seed,
    synthesize,
)

ROLES = ("junior", "senior", "revisor")
RECIPE = (
    "topics.source=topics.txt",
    "examples.seeds=[seeds.jsonl]",
    "examples.corrections=[corrections]",
    "evaluate.tasks=['beir:set']",
    "teacher.recording=recording",
    "models.scorer=scorer",
    "models.embedder=base",
    "embedder.guide=guide",
)
FILES = (
    "topics.txt",
    "seeds.jsonl",
    "corrections/a.jsonl",
    "recording/seeds.jsonl",
    "set/corpus.jsonl",
    "scorer/model",
    "base/model",
    "guide/model",
)


def stages() -> Iterator[tuple[Step, StepSettings]]:
    """Every stage of the loop with its settings."""
    for module in (brainstorm, seed, propose, judge, align, correct, curate, embed):
        yield module.STEP, settings_of(module.STEP)
    for module in (evaluate, prepare, report, synthesize):
        yield module.STEP, settings_of(module.STEP)
    for role in ("junior", "revisor"):
        yield finetune.STEP, settings_of(finetune.STEP, role=role)
    for role in ROLES:
        yield promote.STEP, settings_of(promote.STEP, role=role)
    for gate in ("judge", "correct", "curate"):
        yield review.STEP, settings_of(review.STEP, gate=gate)


def settings_of(step: Step, **flags: str) -> StepSettings:
    """A step's settings."""
    return step.settings(_cli_parse_args=False, run="run", **flags)  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with everything that the recipe names and a run in which everything is made."""
    monkeypatch.chdir(tmp_path)
    for name in FILES:
        put(name, "as it was")
    for step, settings in stages():
        for path in (*step.reads(settings), *step.writes(settings)):
            name = path.replace("*", "0")
            put(f"run/{name}/file" if name.startswith(("models/", "adapters/")) else f"run/{name}")
    return tmp_path


def put(name: str, text: str = "as it was") -> None:
    """Write a file, its folder too."""
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text)


def keys(*changes: str, **flags: str) -> dict[str, str]:
    """The key of each stage but `prepare`, which looks at everything."""
    run = Run(UPath("run"), load_recipe("laptop", [*RECIPE, *changes]))
    found = {}
    for step, settings in stages():
        changed = settings.model_copy(update=flags)
        found[step.title(settings)] = step.key(run, changed)
    return {stage: key for stage, key in found.items() if stage != "prepare"}


@pytest.mark.parametrize(
    ("name", "again"),
    [
        ("topics.txt", {"brainstorm"}),
        ("seeds.jsonl", {"brainstorm", "seed"}),
        ("corrections/a.jsonl", {"correct"}),
        ("recording/seeds.jsonl", {"brainstorm", "seed", "judge", "correct"}),
        ("set/corpus.jsonl", {"evaluate-0"}),
        ("scorer/model", {"judge", "curate", "evaluate-0"}),
        ("base/model", {"embed", "evaluate-0"}),
        ("guide/model", {"embed", "evaluate-0"}),
        ("run/data/tasks.jsonl", {"seed", "propose", "synthesize-0"}),
        ("run/data/candidates.jsonl", {"judge", "correct"}),
        ("run/data/preferences.jsonl", {"align", "review-judge"}),
        ("run/review/curate/records.jsonl", {"review-curate"}),
        ("run/data/dataset.jsonl", {"embed", "review-curate"}),
        ("run/models/junior/file", {"align", "promote-junior"}),
        ("run/models/embedder/file", {"evaluate-0"}),
        ("run/weights/senior/current.json", {"synthesize-0"}),
        ("run/stages/evaluate-0.json", {"report"}),
        ("run/stages/report.json", set()),
    ],
)
def test_a_changed_file_is_read_again(folder: Path, name: str, again: set[str]) -> None:
    before = keys()
    put(name, "AS IT WAS")  # of the same size
    assert {stage for stage, key in keys().items() if key != before[stage]} == again


@pytest.mark.parametrize(
    ("change", "again"),
    [
        ("synthesize.count=500", {"synthesize-0"}),
        ("synthesize.shard_count=2", {"synthesize-0", "curate"}),
        ("models.generator=other", {"finetune-junior", "finetune-revisor", "align"}),
        ("teacher.caps.calls=9999", set()),
        ("teacher.concurrency=3", set()),
        ("junior.checkpoint_steps=9", set()),
        ("teacher.temperature=0.5", {"brainstorm", "seed", "judge", "correct"}),
        ("embedder.label_negatives=batch", {"embed", "evaluate-0"}),
        ("embedder.guide_margin=-0.1", {"embed", "evaluate-0"}),
        ("curate.language=false", {"curate"}),
        ("evaluate.query_count=20", {"evaluate-0"}),
        ("evaluate.batch_size=8", set()),
    ],
)
def test_a_changed_recipe_makes_what_it_decides(folder: Path, change: str, again: set[str]) -> None:
    before = keys()
    assert {stage for stage, key in keys(change).items() if key != before[stage]} == again


def test_where_checkpoints_are_decides_where_they_are_averaged(folder: Path) -> None:
    averaged = "senior.averaged_checkpoints=3"
    found = [keys(averaged, f"senior.checkpoint_steps={n}")["align"] for n in (5, 9)]
    assert found[0] != found[1]


@pytest.mark.parametrize(
    "change", ["synthesize.count=500", "embedder.batch_size=24", "seeds.count=1"]
)
def test_whatever_is_changed_is_looked_at(folder: Path, change: str) -> None:
    settings = settings_of(prepare.STEP)
    before, after = (
        prepare.STEP.key(Run(UPath("run"), load_recipe("laptop", changes)), settings)
        for changes in (RECIPE, (*RECIPE, change))
    )
    assert before != after


def test_another_teacher_is_asked_anew(folder: Path) -> None:
    before, bought = keys(), keys(teacher="https://a.example/v1")
    again = {stage for stage, key in bought.items() if key != before[stage]}
    assert again == {"brainstorm", "seed", "judge", "correct"}
    assert keys(teacher="https://b.example/v1") == bought  # the same model elsewhere


def test_a_submitted_recipe_carries_what_its_files_held(folder: Path) -> None:
    before = with_inputs(load_recipe("laptop", RECIPE))
    put("topics.txt", "AS IT WAS")
    after = with_inputs(load_recipe("laptop", RECIPE))
    assert {name for name in before.inputs if before.inputs[name] != after.inputs[name]} == {
        "topics.txt"
    }
    assert set(before.inputs) == {
        "topics.txt",
        "seeds.jsonl",
        "corrections",
        "recording",
        "beir:set",
        "scorer",
        "base",
        "guide",
    }


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda: put("topics.txt", "AS IT WAS"), r"topics\.txt: has changed .*submit"),
        (lambda: Path("topics.txt").unlink(), r"topics\.txt: is gone"),
    ],
    ids=["changed", "gone"],
)
def test_a_stage_refuses_what_was_changed_under_it(
    folder: Path, change: Callable[[], None], told: str
) -> None:
    recipe = with_inputs(load_recipe("laptop", RECIPE))
    change()
    with pytest.raises(BadInput, match=told):
        brainstorm.STEP.key(Run(UPath("run"), recipe), settings_of(brainstorm.STEP))


def test_what_comes_with_the_product_is_read_but_not_carried() -> None:
    recipe = load_recipe("laptop")
    assert "examples/seeds.jsonl" in named_inputs(recipe, ("examples.seeds",))
    assert with_inputs(recipe).inputs == {}
