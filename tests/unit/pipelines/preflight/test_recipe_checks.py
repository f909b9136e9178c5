"""What is wrong with a recipe, or with a file that it names, is said before a run begins."""

import codecs
import json
from pathlib import Path
from types import NoneType
from typing import Any

import pytest

from pipelines.data.examples import SHIPPED
from pipelines.distributed.devices import Devices
from pipelines.evaluation.beir import Document, RetrievalSet, write_beir
from pipelines.forecast.plan import plan
from pipelines.preflight.findings import Note, Problem
from pipelines.preflight.preflight import findings_of
from pipelines.preflight.recipe_checks import batches_can_be_dealt
from pipelines.recipe.recipe import load_recipe
from tests.unit.pipelines.preflight.conftest import Starting

SEED = json.loads((SHIPPED / "examples/seeds.jsonl").read_text("utf-8").splitlines()[0])

FORECAST = plan(load_recipe("laptop"), "local")


def said_of(starting: Starting, *changes: str, **flags: Any) -> list[str]:
    return [found.message for found in findings_of(starting(*changes, **flags))]


def test_the_laptop_recipe_has_no_problem(starting: Starting) -> None:
    assert findings_of(starting()) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("topics.count=526", "topics.count: 526 of 525 topics"),
        ("topics.source=/not/there.txt", "topics.source: /not/there.txt: cannot be read"),
        ("topics={source: grown, roots: /not/there.txt, count: 9}", "topics.roots: /not/there.txt"),
        ("synthesize.count=0", "synthesize.count: 0 rows"),
        ("propose.count=0", "propose.count: 0 rows"),
        ("evaluate.tasks=[]", "evaluate.tasks: none"),
        ("evaluate.tasks=[stdlib-retreival]", "did you mean stdlib-retrieval"),
        ("evaluate.tasks=[nfcorpus]", "did you mean NFCorpus"),
        ("evaluate.tasks=['beir:/not/there']", "evaluate.tasks: /not/there/corpus.jsonl"),
        ("evaluate.query_count=301", "evaluate.query_count: 301 of 300 documents"),
        ("evaluate.document_count=451", "evaluate.document_count: 451 of 450 documents"),
        ("examples.seeds=[not-there.jsonl]", "not-there.jsonl is not there"),
        ("teacher.caps.calls=70", "teacher.caps.calls: 70, but"),
        ("teacher.stage_caps.seed.calls=1", "teacher.stage_caps.seed.calls: 1, but"),
    ],
)
def test_a_field_that_would_end_the_run_is_named(
    starting: Starting, change: str, said: str
) -> None:
    assert any(said in found for found in said_of(starting, change))


def test_a_language_that_is_not_looked_at_is_told(starting: Starting) -> None:
    assert said_of(starting, "language=zh-Hant") == []
    (told,) = said_of(starting, "language=Quenya")
    assert told.startswith("curate.language: 'Quenya' is not known")


def test_a_template_that_does_not_fit_its_slots_is_named(
    starting: Starting, tmp_path: Path
) -> None:
    text = 'Write "input" and "positive_document" for $audience: $task'
    (tmp_path / "synthesize_matching_short.txt").write_text(text, encoding="utf-8")
    (told,) = said_of(starting, f"templates={tmp_path}")
    assert "$audience has no values; add slots.matching_short.audience" in told
    (told,) = said_of(starting, "templates=not/there")
    assert told.startswith("templates: not/there: cannot be read")


@pytest.mark.parametrize(
    "name", ["NFCorpus", "MTEB(eng, v1)", "CQADupstackRetrieval", "MTEB(eng, v2)/STS12"]
)
def test_names_of_mteb_are_known(starting: Starting, name: str) -> None:
    assert said_of(starting, f"evaluate.tasks=['{name}']") == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("MTEB(eng, v2)/NFCorpus", "MTEB(eng, v2) has no task NFCorpus"),
        ("MTEB(eng, v2)/STS1", "'MTEB(eng, v2)/STS1' is no task"),
        ("MTEB(eng, v3)/STS12", "'MTEB(eng, v3)/STS12' is no task"),
    ],
)
def test_a_task_that_a_benchmark_has_not_is_told(starting: Starting, name: str, said: str) -> None:
    (told,) = said_of(starting, f"evaluate.tasks=['{name}']")
    assert told.startswith(f"evaluate.tasks: {said}")


@pytest.mark.parametrize("split", ["", "#dev"])
def test_a_split_of_a_folder_is_read(starting: Starting, tmp_path: Path, split: str) -> None:
    corpus = {"d": Document("d", "", "one")}
    write_beir(tmp_path, RetrievalSet({"q": "one"}, corpus, {"q": {"d": 1}}, "dev"))
    assert said_of(starting, f"evaluate.tasks=['beir:{tmp_path}{split}']") == []


def test_nothing_to_learn_from_is_a_problem_unless_examples_are_given(starting: Starting) -> None:
    none = ["seeds.count=0", "correct.count=0"]
    assert said_of(starting, *none) == []
    bare = said_of(starting, *none, "examples.seeds=[]", "examples.corrections=[]")
    assert [each.partition(":")[0] for each in bare] == ["seeds.count", "correct.count"]


def test_a_recorded_teacher_needs_the_recipes_topics(starting: Starting, tmp_path: Path) -> None:
    (tmp_path / "own.txt").write_text("My/Own\nYour/Own\n", "utf-8")
    (some,) = findings_of(starting("topics.count=200", teacher="recorded"))
    assert isinstance(some, Note) and "has no task for" in some.message
    for change in (f"topics.source={tmp_path}/own.txt", "topics.source=grown"):
        (found,) = findings_of(starting(change, "topics.count=2", teacher="recorded"))
        assert isinstance(found, Problem) and "--teacher local, openai" in found.message


def test_a_cap_that_an_estimate_hardly_passes_is_a_note(starting: Starting) -> None:
    total = round(0.8 * sum(each.prompt_tokens + each.completion_tokens for each in FORECAST))
    found = findings_of(starting(f"teacher.caps.tokens={total}"))
    assert [type(each) for each in found] == [Note], found
    found = findings_of(starting(f"teacher.caps.tokens={total // 2}"))
    assert [type(each) for each in found] == [Problem], found


SHIPPED_RECIPES = {
    "laptop": {"junior": 8, "senior": 4, "revisor": 8, "embedder": 16},
    "paper-8b": {"junior": 16, "senior": 16, "revisor": 24, "embedder": 1536},
}
USED = {
    (1, 1): {4: 1, 8: 1, 16: 1, 24: 1, 1536: 1},
    (2, 1): {4: 2, 8: 2, 16: 2, 24: 2, 1536: 2},
    (3, 1): {4: 2, 8: 2, 16: 2, 24: 3, 1536: 3},
    (4, 1): {4: 4, 8: 4, 16: 4, 24: 4, 1536: 4},
    (6, 1): {4: 4, 8: 4, 16: 4, 24: 6, 1536: 6},
    (8, 1): {4: 4, 8: 8, 16: 8, 24: 8, 1536: 8},
    (4, 2): {4: 4, 8: 8, 16: 8, 24: 8, 1536: 8},
    (16, 1): {4: 4, 8: 8, 16: 16, 24: 12, 1536: 16},
    (8, 2): {4: 4, 8: 8, 16: 16, 24: 12, 1536: 16},
    (2, 3): {4: 0, 8: 0, 16: 0, 24: 6, 1536: 6},
}
"""Processes that train a batch, by its rows, on so many devices of so many nodes; 0: refused."""


@pytest.mark.parametrize("placed", USED, ids=lambda placed: f"{placed[0]}x{placed[1]}")
@pytest.mark.parametrize("recipe", SHIPPED_RECIPES)
def test_every_placement_trains_the_same_batches_or_says_why_not(
    starting: Starting, recipe: str, placed: tuple[int, int]
) -> None:
    devices, sizes = Devices(*placed), SHIPPED_RECIPES[recipe]
    told = {
        finding.message.partition(".")[0]: finding
        for finding in batches_can_be_dealt(starting(recipe=recipe, more={"devices": devices}))
    }
    for name, size in sizes.items():
        used = devices.used(size)
        assert used == USED[placed][size], name
        assert isinstance(told.get(name), NoneType if used == placed[0] * placed[1] else Note) or (
            isinstance(told[name], Problem) and not used and f"multiple of {placed[1]}" in str(told)
        )
        settings = getattr(load_recipe(recipe), name)
        assert settings.batch_size == size
        if used and name != "embedder":
            assert size % (settings.held_rows(used) * used) == 0


def altered(**changes: Any) -> dict[str, Any]:
    row = json.loads(json.dumps(SEED))
    for path, value in changes.items():
        *parents, last = path.split("__")
        place = row
        for parent in parents:
            place = place[parent]
        place[last] = value
    return dict(row)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (altered(sample__kind="retrieval"), "sample.kind: retrieval, but prompt.task.kind"),
        (altered(prompt__attributes__text_length="short"), "prompt.attributes.text_length: length"),
        (altered(prompt__attributes__line_order="first"), "prompt.attributes: line_order"),
        (altered(prompt__attributes={}), "prompt.attributes: prompt synthesize_classification"),
        (altered(prompt__attributes__mood="calm"), "mood is not in the template"),
        (altered(sample__negative=SEED["sample"]["positive"]), "fails negative_differs"),
        (altered(prompt__seed="7"), "prompt.seed"),
        ({"prompt": 5}, "prompt: "),
    ],
    ids=["kind", "length", "order", "none", "unknown", "check", "type", "form"],
)
def test_every_row_of_the_examples_is_looked_at(
    starting: Starting, tmp_path: Path, row: dict[str, Any], said: str
) -> None:
    file = tmp_path / "mine.jsonl"
    file.write_text("".join(json.dumps(each) + "\n" for each in (SEED, row, SEED, row)), "utf-8")
    found = said_of(starting, f"examples.seeds=[{file}]")
    assert [each.partition(": ")[0] for each in found] == [f"{file}:2", f"{file}:4"]
    assert all(said in each for each in found)


def test_a_byte_order_mark_is_no_fault(starting: Starting, tmp_path: Path) -> None:
    file = tmp_path / "mine.jsonl"
    file.write_bytes(codecs.BOM_UTF8 + json.dumps(SEED).encode() + b"\n")
    assert said_of(starting, f"examples.seeds=[{file}]") == []


def test_what_only_the_clusters_volumes_have_is_a_note(starting: Starting) -> None:
    there = (
        "topics.source=/volume/topics.txt",
        "examples.seeds=[/volume/seeds.jsonl]",
        "evaluate.tasks=['beir:/volume/mine']",
    )
    flags: Any = {"run": "s3://bucket/run", "teacher": "openai", "generators": "dns:///{role}:1"}
    flags["more"] = {"is_elsewhere": True}
    found = findings_of(starting(*there, **flags))
    assert [type(each) for each in found] == [Note] * 3
    found = findings_of(starting("topics.source=here.txt", **flags))
    assert [type(each) for each in found] == [Problem]


def test_pods_reach_no_folder_and_no_service_of_this_machine(starting: Starting) -> None:
    found = said_of(starting, run="runs/demo", teacher="local", more={"is_elsewhere": True})
    assert [each.partition(":")[0] for each in found] == ["run", "teacher", "generators"]


@pytest.mark.parametrize(
    ("text", "reference", "said"),
    [
        ("import not_there", "", "cannot be imported"),
        ("from mteb.mocks.mock_tasks import MockSTSTask", "", "defines no task"),
        (
            "from mteb.mocks.mock_tasks import MockSTSTask as M\nclass T(M): pass",
            "#T",
            "no task 'T'",
        ),
        ("from mteb.mocks.mock_tasks import MockSTSTask as M\nclass T(M): pass", "", ""),
    ],
    ids=["broken", "empty", "another name", "good"],
)
def test_a_file_of_own_tasks_is_opened(
    starting: Starting, tmp_path: Path, text: str, reference: str, said: str
) -> None:
    file = tmp_path / "own.py"
    file.write_text(text, "utf-8")
    found = said_of(starting, f"evaluate.tasks=['module:{file}{reference}']")
    assert len(found) == bool(said)
    assert all(said in each for each in found)
