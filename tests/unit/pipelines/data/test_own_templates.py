"""Templates of one's own are asked with, and what does not fit together is named first."""

import codecs
from pathlib import Path

import pytest

from littlegiants.checks import failed_checks
from littlegiants.errors import BadInput
from littlegiants.kinds import Kind
from littlegiants.prompts import synthesis_template, synthesize_prompt, template
from littlegiants.samples import Sample, sample_schema
from littlegiants.tasks import Task
from pipelines.data.own_templates import (
    QUESTIONS,
    own_templates,
    read_templates,
    template_faults,
)
from pipelines.data.prompt_plan import prompts_for
from pipelines.recipe.recipe import Recipe, load_recipe
from pipelines.run.recipe_inputs import input_digests, named_inputs

SHORT = 'Write "input" and "positive_document" in $language: $task\n- For $audience.'
AUDIENCE = "slots.matching_short.audience={children: 1}"


def recipe_with(folder: Path, *changes: str, **texts: str) -> Recipe:
    """A recipe with these templates."""
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return load_recipe("laptop", [f"templates={folder}", *changes])


def faults(recipe: Recipe) -> list[str]:
    return list(template_faults(recipe, read_templates(recipe)))


def test_the_runs_prompts_ask_with_them(tmp_path: Path) -> None:
    recipe = recipe_with(tmp_path, AUDIENCE, synthesize_matching_short=SHORT)
    tasks = [Task(kind, "Food", "Match a dish.") for kind in (Kind.MATCHING_SHORT, Kind.STS)]
    short, *others = sorted(
        prompts_for(tasks, 8, first=0, recipe=recipe), key=lambda prompt: prompt.task.kind
    )
    assert synthesize_prompt(short).endswith("in English: Match a dish.\n- For children.")
    assert all(synthesize_prompt(each).startswith("Write three texts") for each in others)
    assert faults(recipe) == []


def test_a_changed_template_is_another_input(tmp_path: Path) -> None:
    recipe = recipe_with(tmp_path, AUDIENCE, synthesize_matching_short=SHORT)
    assert str(tmp_path) in named_inputs(recipe, ("templates",))
    before = input_digests(recipe, ("seeds",))
    recipe_with(tmp_path, synthesize_matching_short=SHORT + " ")
    assert set(before) == {str(tmp_path)}
    assert input_digests(recipe, ("seeds",)) != before


@pytest.mark.parametrize(
    ("text", "changes", "said"),
    [
        (SHORT, (), "templates: synthesize_matching_short.txt: $audience has no values; add slots"),
        (SHORT, (AUDIENCE, "slots.sts.mood={glad: 1}"), "slots.sts.mood: is not in the template"),
        (SHORT.replace("input", "in"), (AUDIENCE,), 'does not name the key "input"'),
        (SHORT + " for 5 $", (AUDIENCE,), "write $$"),
    ],
)
def test_what_does_not_fit_is_named(
    text: str, changes: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    (fault,) = faults(recipe_with(tmp_path, *changes, synthesize_matching_short=text))
    assert said in fault


def test_a_papers_slot_may_be_turned_off(tmp_path: Path) -> None:
    text = synthesis_template(Kind.RETRIEVAL).text.replace(", and $clarity", "")
    recipe = recipe_with(tmp_path, synthesize_retrieval=text)
    (fault,) = faults(recipe)
    assert fault.startswith("slots.retrieval.clarity: is not in the template")
    off = recipe_with(tmp_path, "slots.retrieval.clarity={'': 1}")
    assert faults(off) == []


def test_a_length_may_be_turned_off(tmp_path: Path) -> None:
    text = synthesis_template(Kind.RETRIEVAL).text.replace(
        "- Each document is $document_length long.\n", ""
    )
    off = recipe_with(
        tmp_path, "slots.retrieval.document_length={'': 1}", synthesize_retrieval=text
    )
    assert faults(off) == []
    (prompt,) = prompts_for([Task(Kind.RETRIEVAL, "Food", "t")], 1, first=0, recipe=off)
    assert "Each document is" not in synthesize_prompt(prompt)
    longest = sample_schema(Kind.RETRIEVAL, prompt.attributes)["properties"]["positive_document"]
    assert longest == {"type": "string", "minLength": 3, "maxLength": 4560}
    long = " ".join(f"w{n}" for n in range(900)) + "."
    sample = Sample(Kind.RETRIEVAL, "how so", long, long.replace("w1", "v1"))
    assert "length_is_as_asked" not in failed_checks(sample, prompt)


@pytest.mark.parametrize(
    ("changes", "text", "slot"),
    [
        ((), "* For $genre.", "genre"),
        ((), "  - For $genre.", "genre"),
        (("slots.matching_long.genre={'': 1, 'a letter': 1}",), "For $genre.", "genre"),
        (
            ("slots.matching_long.document_length={'': 1}",),
            "Of $document_length.",
            "document_length",
        ),
        (("slots.matching_long.genre={a letter: 1}",), "For $genre.", None),
        ((), "- For $genre.", None),
    ],
)
def test_a_line_that_may_say_nothing_can_be_left_out(
    changes: tuple[str, ...], text: str, slot: str | None, tmp_path: Path
) -> None:
    long = f'"input" and "positive_document" on $task, $language\n- $document_length\n{text}'
    found = faults(recipe_with(tmp_path, *changes, synthesize_matching_long=long))
    said = (
        f"templates: synthesize_matching_long.txt: ${slot} may be absent; begin its line with '- '"
    )
    assert [fault.startswith(said) for fault in found] == [True] * bool(slot)


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_shipped_question_has_all_that_one_of_ones_own_needs(name: str, tmp_path: Path) -> None:
    recipe = recipe_with(tmp_path, **{name: template(name).text})
    assert faults(recipe) == []
    assert own_templates(recipe) == {name: template(name).text}


JUDGE = 'Of $candidates to $prompt give "reason", "best" and "worst"'


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("judge", JUDGE.replace("$candidates", "these"), ["$candidates is missing; write it"]),
        ("judge", JUDGE.replace("$prompt", "it"), ["$prompt is missing"]),
        (
            "judge",
            f"$count, $task: {JUDGE}",
            ["$task is no slot of it; it has $candidates, $count"],
        ),
        ("judge", f"{JUDGE} for 5 $", ["write $$ for the sign itself"]),
        ("judge", JUDGE.replace('"best"', "best"), ['does not name the key "best"']),
        ("judge", JUDGE + " ($$ 5)", []),
        (
            "brainstorm",
            '"tasks"',
            [f"${slot}" for slot in ("count", "kind_phr", "kind_ru", "topic")],
        ),
        ("correct", '"reason", "revision", $prompt', ["$sample is missing"]),
        ("widen", '$topic, "topic"', ['the key "topics"', "$count is missing"]),
        ("revise", '$prompt "reason" "revision"', ["$sample is missing"]),
    ],
)
def test_what_a_question_to_the_teacher_lacks_is_named(
    name: str, text: str, said: list[str], tmp_path: Path
) -> None:
    found = faults(recipe_with(tmp_path, **{name: text}))
    assert len(found) == len(said)
    for fault, part in zip(found, said, strict=True):
        assert fault.startswith("templates: ") and f"{name}.txt: " in fault and part in fault


def test_all_faults_of_a_folder_are_told_at_once(tmp_path: Path) -> None:
    texts = {"widen": "", "judge": "$", "poem": "x", "revise": "$a", "synthesize_sts": "$mood"}
    told = "\n".join(faults(recipe_with(tmp_path, **texts)))
    for part in ("has poem.txt", "revise.txt: $a", "widen.txt is empty", "judge.txt: a $", "$mood"):
        assert part in told


@pytest.mark.parametrize("text", ["", " \n"])
def test_an_empty_template_is_refused(text: str, tmp_path: Path) -> None:
    recipe = recipe_with(tmp_path, synthesize_sts=text)
    with pytest.raises(BadInput, match=r"synthesize_sts\.txt is empty"):
        own_templates(recipe)


@pytest.mark.parametrize(
    ("name", "said"),
    [("synthesize_poem", "has synthesize_poem.txt; name each"), ("", "has no file")],
)
def test_a_folder_of_something_else_is_refused(name: str, said: str, tmp_path: Path) -> None:
    recipe = recipe_with(tmp_path, **({name: "x"} if name else {}))
    with pytest.raises(BadInput, match=said):
        own_templates(recipe)


def test_a_mark_of_an_editor_is_no_text_and_what_is_none_is_named(tmp_path: Path) -> None:
    recipe = recipe_with(tmp_path)
    file = tmp_path / "judge.txt"
    file.write_bytes(codecs.BOM_UTF8 + JUDGE.encode() + b"\r\n")
    assert own_templates(recipe)["judge"].strip() == JUDGE
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(BadInput, match=r"judge\.txt: cannot be read: .*; save it as UTF-8"):
        own_templates(recipe)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"^templates: .*cannot be read"):
        own_templates(load_recipe("laptop", [f"templates={tmp_path / 'none'}"]))
