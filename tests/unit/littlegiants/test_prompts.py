"""Prompts: every slot is filled or an error, and both sides render the same text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from littlegiants.errors import BadInput
from littlegiants.kinds import ABSENT, Kind
from littlegiants.parsing import parse_revision, parse_sample
from littlegiants.prompts import (
    Template,
    brainstorm_prompt,
    correct_prompt,
    judge_prompt,
    prompt_digests,
    render,
    revise_prompt,
    revision_text,
    sample_text,
    synthesis_template,
    synthesize_prompt,
    template,
)
from littlegiants.samples import Sample
from littlegiants.tasks import LINE_ORDER, Prompt, Task, draw_prompt

TASK = Task(Kind.RETRIEVAL, "Science/Comets", "Given a comet, retrieve its sightings.")
SAMPLE = Sample(Kind.RETRIEVAL, "bright comet\n1997", 'It was "great".', "Not that one: é")
PLAIN = Template("plain", "Write $what.\n- It is $size.\n- It is kind.")


def test_a_slot_without_a_value_is_an_error() -> None:
    with pytest.raises(BadInput, match="prompt plain: size, what has no value"):
        render(PLAIN, {})


def test_a_value_without_a_slot_is_an_error() -> None:
    with pytest.raises(BadInput, match="prompt plain: colour is not in the template"):
        render(PLAIN, {"what": "it", "size": "big", "colour": "red"})


def test_a_guideline_whose_slot_is_absent_is_left_out() -> None:
    assert render(PLAIN, {"what": "it", "size": ABSENT}) == "Write it.\n- It is kind."


def test_only_a_guideline_is_left_out() -> None:
    assert render(PLAIN, {"what": ABSENT, "size": "big"}) == "Write .\n- It is big.\n- It is kind."


def test_a_value_is_never_read_as_a_template() -> None:
    text = render(PLAIN, {"what": "$size\n- ${what}", "size": "$what"})
    assert text == "Write $size\n- ${what}.\n- It is $what.\n- It is kind."


def test_line_order_moves_guidelines_and_nothing_else() -> None:
    texts = {render(PLAIN, {"what": "it", "size": "big", LINE_ORDER: str(n)}) for n in range(9)}
    assert texts == {
        "Write it.\n- It is big.\n- It is kind.",
        "Write it.\n- It is kind.\n- It is big.",
    }


@pytest.mark.parametrize("order", ["", "first", "-1", "1.5", "9" * 5000])
def test_says_that_a_line_order_is_no_number(order: str) -> None:
    with pytest.raises(BadInput, match=r"^line_order"):
        render(PLAIN, {"what": "it", "size": "big", LINE_ORDER: order})


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("index", range(20))
def test_every_drawn_prompt_renders_whole(kind: Kind, index: int) -> None:
    text = synthesize_prompt(
        draw_prompt(Task(kind, "Arts/Music", "Match songs."), seed=3, index=index)
    )
    assert "$" not in text
    assert ("Arts/Music" if kind is Kind.STS else "Match songs.") in text


@given(topic=st.text(), words=st.text(), language=st.text())
def test_any_task_renders(topic: str, words: str, language: str) -> None:
    for kind in Kind:
        assert synthesize_prompt(draw_prompt(Task(kind, topic, words, language), seed=0))


@pytest.mark.parametrize("kind", Kind)
def test_a_prompt_names_every_key_of_the_answer(kind: Kind) -> None:
    sample = Sample(kind, "q", "p", "n")
    for key in sample.to_fields():
        assert f'"{key}"' in synthesis_template(kind).text


def test_attributes_that_are_missing_are_named() -> None:
    with pytest.raises(BadInput, match="query_length"):
        synthesize_prompt(Prompt(TASK, {}, seed=0))


def test_a_digest_changes_with_the_text() -> None:
    assert Template("a", "x").digest != Template("a", "y").digest
    assert Template("a", "x").digest == Template("b", "x").digest


def test_every_shipped_template_has_a_digest_of_its_own() -> None:
    digests = prompt_digests()
    assert len(set(digests.values())) == len(digests) == 5 + len(Kind)
    assert digests["judge"] == template("judge").digest


@pytest.mark.parametrize("kind", Kind)
def test_brainstorming_names_topic_and_count(kind: Kind) -> None:
    text = brainstorm_prompt("Arts/Music", kind, count=5)
    assert "Arts/Music" in text
    assert "5 different" in text


def test_a_judge_sees_prompt_and_numbered_candidates() -> None:
    prompt = draw_prompt(TASK, seed=1)
    text = judge_prompt(prompt, ["first $answer", "second"])
    assert synthesize_prompt(prompt) in text
    assert "[0] first $answer\n[1] second" in text
    assert "2 answers" in text


def test_a_corrector_sees_the_answer_as_written() -> None:
    prompt = draw_prompt(TASK, seed=1)
    text = correct_prompt(prompt, "{not quite JSON")
    assert "<answer>\n{not quite JSON\n</answer>" in text
    assert synthesize_prompt(prompt) in text


def test_a_revisor_sees_prompt_and_sample() -> None:
    prompt = draw_prompt(TASK, seed=1)
    text = revise_prompt(prompt, SAMPLE)
    assert synthesize_prompt(prompt) in text
    assert sample_text(SAMPLE) in text


def test_a_sample_is_one_line_that_parses_back() -> None:
    assert "\n" not in sample_text(SAMPLE)
    assert parse_sample(Kind.RETRIEVAL, sample_text(SAMPLE)) == SAMPLE


def test_a_revision_is_one_line_that_parses_back() -> None:
    text = revision_text("The query was vague.", SAMPLE)
    assert "\n" not in text
    assert parse_revision(Kind.RETRIEVAL, text) == ("The query was vague.", SAMPLE)
