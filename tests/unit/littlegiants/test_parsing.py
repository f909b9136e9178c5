"""Parsing: whatever a model writes gives what was asked for, or a reason to count."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from littlegiants.errors import Unparsable
from littlegiants.kinds import Kind
from littlegiants.parsing import (
    TRUNCATED,
    UNREADABLE,
    is_whole,
    parse_judgement,
    parse_revision,
    parse_sample,
    parse_subtopics,
    parse_tasks,
)
from littlegiants.plain_text import fault_of_text
from littlegiants.samples import (
    Sample,
    judgement_schema,
    revision_schema,
    sample_schema,
    subtopics_schema,
    tasks_schema,
)

GOOD = '{"S1": "a cat sat", "S2": "the cat sat down", "S3": "a dog ran"}'
GUESS = GOOD.replace("cat", "cow")
SAMPLE = Sample(Kind.STS, "a cat sat", "the cat sat down", "a dog ran")
LENGTH = {"text_length": "at most 20 words"}
ECHO = json.dumps(sample_schema(Kind.STS, LENGTH))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(GOOD, id="strict"),
        pytest.param(f"\ufeff\n\t {GOOD}\r\n", id="white-space-around"),
        pytest.param(f"```json\n{GOOD}\n```", id="fence"),
        pytest.param(f"```\n{GOOD}", id="open-fence"),
        pytest.param(f"Here is the sample:\n{GOOD}", id="prose-before"),
        pytest.param(f"{GOOD}\nI hope that this helps!", id="prose-after"),
        pytest.param(f"Sure: {GOOD} Anything else?", id="prose-around"),
        pytest.param(f"Sample [1]: {GOOD}", id="brackets-before"),
        pytest.param(f"For each {{S1}} and [S2, S3]: {GOOD}", id="braces-before"),
        pytest.param(f'The keys are ["S1", "S2", "S3"]. {GOOD}', id="a-list-before"),
        pytest.param(f'I set {{"S1 as told, {GOOD}', id="a-broken-object-before"),
        pytest.param(f"{GOOD}</s>", id="end-token"),
        pytest.param(f"<s>[INST] Write. [/INST] {GOOD}</s>", id="prompt-again"),
        pytest.param(f"[{GOOD}]", id="list-of-one"),
        pytest.param(f"{GOOD}\n{GUESS}", id="a-second-object"),
        pytest.param(f"[{GOOD}, {GUESS}]", id="a-second-item"),
        pytest.param(f"{GOOD}<|im_end|>\n{GUESS}", id="another-turn"),
        pytest.param(f"{GOOD}\nQuestion: more!\n{GUESS}", id="runs-on"),
        pytest.param(f"Say {GOOD}. So: {GOOD}", id="said-twice"),
        pytest.param(f"Say {GUESS}.\n**Final answer:** {GOOD}", id="final-answer"),
        pytest.param(f"Say {GUESS}. <answer>{GOOD}</answer> {GUESS}", id="answer-tag"),
        pytest.param(f"{GOOD}}}", id="a-brace-too-many"),
        pytest.param(GOOD.replace("}", ",}"), id="trailing-comma"),
        pytest.param(GOOD.replace('"', "'"), id="single-quotes"),
        pytest.param(GOOD.replace('"S1"', "S1"), id="bare-key"),
        pytest.param(GOOD.replace('"S', "S").replace('":', ":"), id="bare-keys"),
        pytest.param(GOOD.replace('",', '"'), id="no-commas"),
        pytest.param(GOOD.replace('", ', '", // so\n'), id="comments"),
        pytest.param(GOOD.replace('", ', '", /* so */ '), id="more-comments"),
        pytest.param(GOOD.replace("}", ', "note": 5}'), id="another-key"),
        pytest.param(GOOD.replace('"S1": ', '"n": None, "ok": True, "S1": '), id="constants"),
        pytest.param(GOOD.replace('"a cat sat"', '" a cat sat\\n"'), id="white-space-in-a-string"),
        pytest.param(GOOD.replace('"S1"', '"s1"').replace('"S2"', '"s_2"'), id="other-keys"),
        pytest.param(f'{{"answer": {GOOD}}}', id="one-deeper"),
        pytest.param(f'{{"data": {{"samples": [{GOOD}]}}}}', id="three-deeper"),
        pytest.param(json.dumps({"name": "answer", "arguments": GOOD}), id="tool-call"),
        pytest.param(f'{{"draft": {GUESS}, "final": {GOOD}}}', id="draft-and-final"),
        pytest.param(json.dumps(GOOD), id="encoded-again"),
        pytest.param(GOOD.replace('"', '\\"'), id="escaped"),
        pytest.param(f"{ECHO}\n{GOOD}", id="after-the-schema"),
        pytest.param(f'{{"S1": "...", "S2": "string", "S3": "<text>"}} {GOOD}', id="placeholders"),
        pytest.param(f"\x1b[32m{GOOD}\x1b[0m", id="colours"),
    ],
)
def test_mends_what_a_model_writes(text: str) -> None:
    assert parse_sample(Kind.STS, text) == SAMPLE


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"<think>First {GUESS}. Too vague.</think>\n\n{GOOD}", id="tags"),
        pytest.param(f"First {GUESS}. Too vague.\n</think>\n\n{GOOD}", id="begun-by-the-template"),
        pytest.param(f'The form is {{"S1": ", hm.\n</think>{GOOD}', id="an-open-string"),
        pytest.param(f"<think>each {{S1}} is new</think>{GOOD}", id="braces"),
        pytest.param(f"<think>a</think>b<think>{GUESS}</think>{GOOD}", id="twice"),
        pytest.param(f"<think>a<think>{GUESS}</think>{GUESS}</think>{GOOD}", id="nested"),
        pytest.param(f"{GOOD}<think>Is {GUESS} better? No.</think>", id="afterwards"),
        pytest.param(f"<Thinking>{GUESS}</Thinking><answer>{GOOD}</answer>", id="answer-tag"),
        pytest.param(f'<think time="3">{GUESS}</think>{GOOD}', id="attributes"),
        pytest.param(f"< think >{GUESS}</ think >{GOOD}", id="blanks-in-tags"),
        pytest.param(f"<seed:think>{GUESS}</seed:think>{GOOD}", id="seed"),
        pytest.param(f"[THINK]{GUESS}[/THINK]{GOOD}", id="magistral"),
        pytest.param(f"◁think▷{GUESS}◁/think▷{GOOD}", id="kimi"),
        pytest.param(f"<unused94>thought {GUESS}<unused95>{GOOD}", id="medgemma"),
        pytest.param(f"<|channel>thought\n{GUESS}<channel|>{GOOD}", id="gemma"),
        pytest.param(
            f"<|START_THINKING|>{GUESS}<|END_THINKING|><|START_RESPONSE|>{GOOD}", id="command"
        ),
        pytest.param(f"<|begin_of_thought|>{GUESS}<|end_of_thought|>{GOOD}", id="sky"),
        pytest.param(
            f"<|channel|>analysis<|message|>{GUESS}<|end|><|start|>assistant<|channel|>final "
            f"<|constrain|>json<|message|>{GOOD}<|return|>",
            id="gpt-oss",
        ),
        pytest.param(f"analysisMay be {GUESS}assistantfinal{GOOD}", id="gpt-oss-without-tokens"),
    ],
)
def test_thinking_is_no_answer(text: str) -> None:
    assert parse_sample(Kind.STS, text) == SAMPLE


@pytest.mark.parametrize(
    ("written", "query"),
    [
        pytest.param("a\nb", "a\nb", id="newline"),
        pytest.param("a\tb", "a\tb", id="tab"),
        pytest.param(r"a\ud83d\ude00", "a😀", id="surrogate-pair"),
        pytest.param('said "so" then', 'said "so" then', id="quotes"),
        pytest.param('"a", "b" and "c"', '"a", "b" and "c"', id="many-quotes"),
        pytest.param('他说"你好"然后走了', '他说"你好"然后走了', id="quotes-without-blanks"),
        pytest.param("__import__('os')", "__import__('os')", id="code"),
        pytest.param("a {b} c", "a {b} c", id="braces"),
        pytest.param("a <think>b</think> c", "a <think>b</think> c", id="tags"),
        pytest.param(r"it\'s", "it's", id="escaped-apostrophe"),
        pytest.param(r"\d+ \(x\) 5\% C:\Users", r"\d+ \(x\) 5\% C:\Users", id="bare-backslashes"),
        pytest.param(r"\frac{\theta}{\beta}\n\nSo", "\\frac{\\theta}{\\beta}\n\nSo", id="tex"),
        pytest.param(r"\times\nabla \text{ }\rho", r"\times\nabla \text{ }\rho", id="more-tex"),
        pytest.param(r"\alpha \neq \nu \to \tau", r"\alpha \neq \nu \to \tau", id="short-tex"),
        pytest.param(r"\\frac\n\\nu", "\\frac\n\\nu", id="proper-tex"),
    ],
)
@pytest.mark.parametrize("around", ["%s", "It is %s."], ids=["alone", "in-words"])
def test_keeps_the_text_inside(written: str, query: str, around: str) -> None:
    text = f'{{"S1": "{written}", "S2": "x", "S3": "y"}}'
    assert parse_sample(Kind.STS, around % text).query == query


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("", "no_json", id="nothing"),
        pytest.param("I cannot help with that.", "no_json", id="refusal"),
        pytest.param("}", "no_json", id="only-a-closing-brace"),
        pytest.param("[" * 100_000, "truncated", id="deep-list"),
        pytest.param('{"a":' * 100_000, "truncated", id="deep-object"),
        pytest.param("1" * 10_000, "no_json", id="long-number"),
        pytest.param("5", "not_an_object", id="number"),
        pytest.param("null", "not_an_object", id="null"),
        pytest.param('"S1"', "not_an_object", id="string"),
        pytest.param("[]", "not_an_object", id="empty-list"),
        pytest.param('["S1", "S2", "S3"]', "not_an_object", id="list-of-strings"),
        pytest.param("{}", "missing_field", id="empty-object"),
        pytest.param('{"S1": "a", "S2": "b"}', "missing_field", id="two-of-three"),
        pytest.param('{"S1": "a", "S2": "b", "S3": null}', "missing_field", id="null-text"),
        pytest.param('{"S1": "a", "S2": "b", "S3": ["c"]}', "missing_field", id="list-text"),
        pytest.param(GOOD.replace("}", ', "S1": "b"}'), "missing_field", id="one-key-twice"),
        pytest.param(ECHO, "missing_field", id="echo-of-the-schema"),
        pytest.param(f'{{"thinking": {GOOD}}}', "missing_field", id="only-thinking"),
        pytest.param('{"S1": "...", "S2": "...", "S3": "..."}', "missing_field", id="placeholders"),
        pytest.param(f"<think>{GOOD}</think>", "no_json", id="thinking-alone"),
        pytest.param(f"<think>{GOOD}</think>I cannot do that.", "no_json", id="refused-in-the-end"),
        pytest.param(f"<think>{GOOD}", "truncated", id="thinking-without-end"),
        pytest.param(f"<|channel|>analysis<|message|>{GOOD}", "truncated", id="no-final-channel"),
        pytest.param(f"<think>a</think>{GUESS[:-3]}", "truncated", id="cut-after-thinking"),
        pytest.param('{"S1": "a", "S2": "b', "truncated", id="cut-early"),
        pytest.param(GOOD.removesuffix("}"), "truncated", id="no-brace"),
        pytest.param(GOOD.removesuffix('"}'), "truncated", id="no-quote"),
        pytest.param(f"```json\n{GOOD[:-1]}\n```", "truncated", id="no-brace-in-a-fence"),
        pytest.param(f'{{"answer": {GOOD}', "truncated", id="no-brace-around"),
        pytest.param(f"[{GOOD}, {GOOD[:30]}", "truncated", id="a-second-item-is-cut"),
        pytest.param(f"Say {GUESS}. No, say {GOOD}.", "several_answers", id="draft-in-words"),
        pytest.param(GOOD.replace("sat", '12" long', 1), "ambiguous_quotes", id="inches"),
        pytest.param(GOOD.replace("sat", 'x", "y', 1), "ambiguous_quotes", id="two-strings"),
        pytest.param(GOOD.replace("sat", 'x" + "y', 1), "ambiguous_quotes", id="a-sum"),
        pytest.param(GOOD.replace("ran", 'ran"} to'), "ambiguous_quotes", id="early-end"),
        pytest.param(GOOD.replace("ran", 'ran"}[""]'), "ambiguous_quotes", id="early-end-list"),
        pytest.param(GOOD.replace("ran", 'ran"} or ["a"]'), "ambiguous_quotes", id="early-end-or"),
        pytest.param(GOOD.replace("sat", r"\d C:\new", 1), "ambiguous_escape", id="a-path"),
        pytest.param(GOOD.replace("sat", r"\u12", 1), "ambiguous_escape", id="half-an-escape"),
        pytest.param(GOOD.replace("sat", r"\ud800", 1), "not_unicode", id="half-a-pair"),
        pytest.param(GOOD.replace("sat", "\ufffd", 1), "not_unicode", id="lost-bytes"),
        pytest.param(GOOD.replace("sat", r"caf\u0000e9", 1), "control_character", id="nul"),
        pytest.param(GOOD.replace("sat", "caf\x00", 1), "control_character", id="bare-nul"),
        pytest.param(GOOD.replace("sat", r"\bword\b", 1), "control_character", id="backspace"),
        pytest.param(GOOD.replace("sat", r"\u001b[1m", 1), "control_character", id="colour"),
        pytest.param(GOOD.replace("sat", r"\u0085", 1), "control_character", id="c1"),
        pytest.param(GOOD.replace("ran", "ran<|im_end|>"), "special_token", id="chatml"),
        pytest.param(GOOD.replace("ran", "ran<|eot_id|>"), "special_token", id="llama"),
        pytest.param(GOOD.replace("ran", "ran</s>"), "special_token", id="end-of-text"),
        pytest.param(GOOD.replace("ran", "[INST] ran"), "special_token", id="mistral"),
        pytest.param(GOOD.replace("ran", "ran<end_of_turn>"), "special_token", id="gemma"),
        pytest.param(GOOD.replace("ran", "<｜end▁of▁sentence｜>"), "special_token", id="deepseek"),
        pytest.param(GOOD.replace("ran", "<0xE2><0x82>"), "special_token", id="bytes"),
    ],
)
def test_says_why_it_cannot_parse(text: str, reason: str) -> None:
    with pytest.raises(Unparsable) as raised:
        parse_sample(Kind.STS, text)
    assert raised.value.reason == reason


@pytest.mark.parametrize("code", sorted({*range(32), 127} - {*b"\t\n\r"}))
def test_names_every_control_character(code: int) -> None:
    assert fault_of_text(f"a{chr(code)}b") == "control_character"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(GOOD, id="valid"),
        pytest.param(GOOD.replace("sat", r"\frac{1}{2}", 1), id="TeX"),
        pytest.param(GOOD.replace("}", ', "S1": "Another."}'), id="two-texts-for-a-key"),
        pytest.param(GOOD.replace('"S1"', r'"S\u0031"'), id="an-escape-in-a-key"),
    ],
)
def test_reads_the_same_alone_and_in_a_fence(text: str) -> None:
    assert outcome_of(f"Here:\n```json\n{text}\n```\n") == outcome_of(text)


def outcome_of(text: str) -> Sample | str:
    try:
        return parse_sample(Kind.STS, text)
    except Unparsable as error:
        return error.reason


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        pytest.param(GOOD, True, id="alone"),
        pytest.param(GOOD + "\n" * 700, True, id="blanks"),
        pytest.param(f"```json\n{GOOD}\n```\n", True, id="fence"),
        pytest.param(f"<think>{GUESS}</think>{GOOD}<|im_end|>", True, id="thinking-before"),
        pytest.param(f"<answer>{GOOD}</answer>\n", True, id="answer-tag"),
        pytest.param(json.dumps(GOOD), True, id="encoded-again"),
        pytest.param('["Sort.", "Match."]', True, id="list"),
        pytest.param(GOOD.replace('"', "'") + "   ", True, id="mended"),
        pytest.param(GOOD[:-1], False, id="no-brace"),
        pytest.param('["Sort.", "Match."', False, id="open-list"),
        pytest.param(f"{GOOD} {GUESS[:9]}", False, id="a-second-is-cut"),
        pytest.param(f"{GOOD} This sample", False, id="words-after"),
        pytest.param(f"<think>{GOOD}", False, id="thinking"),
        pytest.param("I cannot", False, id="words"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_tells_a_whole_answer_from_one_that_may_be_cut(text: str, whole: bool) -> None:
    assert is_whole(text) is whole


jsonish = st.lists(
    st.sampled_from(['{"S1": "', '"S2"', "S3", "[", "]", "{", "}", '"', "'", ":", ",", "\\", "\n"])
    | st.sampled_from(
        ["\\u", "d800", "```json", "NaN", "1e999", "null", "//", "a cat", "\x00", "“"]
    ),
    max_size=40,
).map("".join)


def outcome(parse: Callable[[str], object], text: str) -> object:
    try:
        return parse(text)
    except Unparsable as error:
        return error.reason


@given(text=st.text() | jsonish, kind=st.sampled_from(Kind))
def test_any_text_gives_a_sample_or_a_reason(text: str, kind: Kind) -> None:
    found = outcome(lambda t: parse_sample(kind, t), text)
    if isinstance(found, Sample):
        assert json.dumps(found.to_fields(), ensure_ascii=False).encode()
        assert not any(map(fault_of_text, found.texts))
    else:
        assert found in {*UNREADABLE, TRUNCATED}


@given(text=st.text() | jsonish)
def test_any_text_gives_the_other_answers_or_a_reason(text: str) -> None:
    for parse in (
        parse_tasks,
        parse_subtopics,
        lambda t: parse_judgement(t, 2),
        lambda t: parse_revision(Kind.STS, t),
    ):
        assert outcome(parse, text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(f'{{"reason": " vague ", "revision": {GOOD}}}', "vague", id="object"),
        pytest.param(json.dumps({"reason": "r", "revision": GOOD}), "r", id="string"),
        pytest.param(f'{{"revision": {GOOD}}}', "", id="no-reason"),
        pytest.param(f'{{"reason": null, "revision": {GOOD}}}', "", id="null-reason"),
        pytest.param(f'{{"reason": "r\\u0007<|im_end|>", "revision": {GOOD}}}', "r", id="unfit"),
        pytest.param(f'{{"Reason": "r", "Revision": [{GOOD}]}}', "r", id="list-other-case"),
        pytest.param(f'{{"answer": {{"reason": "r", "revision": {GOOD},}}}}', "r", id="deeper"),
        pytest.param(f'{{"reason": "a "bit" vague", "revision": {GOOD}}}', 'a "bit" vague', id="q"),
    ],
)
def test_reads_a_revision(text: str, reason: str) -> None:
    assert parse_revision(Kind.STS, text) == (reason, SAMPLE)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(GOOD, "missing_revision", id="a-bare-sample"),
        pytest.param('{"reason": "r", "revision": 5}', "missing_revision", id="number"),
        pytest.param('{"reason": "r", "revision": "none"}', "missing_revision", id="prose"),
        pytest.param('{"reason": "r", "revision": {"S1": "a"}}', "missing_revision", id="half"),
        pytest.param(f'{{"reason": "r", "revision": {GOOD}', "truncated", id="cut"),
        pytest.param(json.dumps(revision_schema(Kind.STS, LENGTH)), "missing_revision", id="echo"),
    ],
)
def test_says_why_a_revision_is_none(text: str, reason: str) -> None:
    with pytest.raises(Unparsable) as raised:
        parse_revision(Kind.STS, text)
    assert raised.value.reason == reason


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"reason": " r ", "best": 2, "worst": 0}', id="numbers"),
        pytest.param('{"reason": "r", "best": "2", "worst": "[0]"}', id="strings"),
        pytest.param('{"reason": "r", "best": "Candidate 2", "worst": "#0."}', id="names"),
        pytest.param('{"reason": "r", "best": 2.0, "worst": 0}', id="whole-numbers"),
        pytest.param('{"Reason": "r", "BEST": 2, "WORST": 0}', id="other-case"),
        pytest.param('{"reason": "r", "best": 2 "worst": 0,}', id="damaged"),
        pytest.param('[{"verdict": {"reason": "r", "best": 2, "worst": 0}}]', id="deeper"),
        pytest.param(
            '<think>{"best": 0, "worst": 2}</think>{"reason": "r", "best": 2, "worst": 0}',
            id="thinking",
        ),
        pytest.param(
            f'{json.dumps(judgement_schema(3))} {{"reason": "r", "best": 2, "worst": 0}}', id="echo"
        ),
    ],
)
def test_reads_a_judgement(text: str) -> None:
    assert parse_judgement(text, 3) == ("r", 2, 0)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param('{"best": 1}', "missing_index", id="no-worst"),
        pytest.param('{"best": "first", "worst": 0}', "missing_index", id="word"),
        pytest.param('{"best": "1 or 2", "worst": 0}', "missing_index", id="two-indices"),
        pytest.param('{"best": "-1", "worst": 0}', "missing_index", id="negative-string"),
        pytest.param('{"best": true, "worst": 0}', "missing_index", id="boolean"),
        pytest.param('{"best": 1.5, "worst": 0}', "missing_index", id="fraction"),
        pytest.param('{"best": 3, "worst": 0}', "index_out_of_range", id="too-large"),
        pytest.param('{"best": -1, "worst": 0}', "index_out_of_range", id="negative-best"),
        pytest.param('{"best": 0, "worst": -1}', "index_out_of_range", id="negative"),
        pytest.param('{"best": 1, "worst": 1}', "best_is_worst", id="same"),
        pytest.param(
            '{"best": 1, "worst": 0} No: {"best": 0, "worst": 1}', "several_answers", id="draft"
        ),
        pytest.param('{"best": 1, "worst": 0', "truncated", id="cut"),
    ],
)
def test_says_why_a_judgement_is_none(text: str, reason: str) -> None:
    with pytest.raises(Unparsable) as raised:
        parse_judgement(text, 3)
    assert raised.value.reason == reason


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"tasks": [" Match. ", "", 5, null, "Sort."]}', id="list"),
        pytest.param('["Match.", "Sort.",]', id="bare-list"),
        pytest.param('Here:\n```\n["Match.", "Sort."]\n```', id="bare-list-in-words"),
        pytest.param('{"ideas": ["Match.", "Sort."]}', id="one-other-key"),
        pytest.param('{"TASKS": ["Match.", "Sort."], "count": 2}', id="other-case"),
        pytest.param('{"tasks": [{"task": "Match."}, {"id": 1, "task": "Sort."}]}', id="objects"),
        pytest.param('[{"description": "Match."}, {"description": "Sort."}]', id="one-text-each"),
        pytest.param('{"task": "Match."}\n{"task": "Sort."}', id="an-object-a-line"),
        pytest.param('{"tasks": ["1. Match.", "2) Sort."]}', id="numbered-items"),
        pytest.param('{"tasks": {"1": "Match.", "2": "Sort."}}', id="numbered"),
        pytest.param('{"task_1": "Match.", "task_2": "Sort."}', id="numbered-keys"),
        pytest.param(json.dumps({"tasks": '["Match.", "Sort."]'}), id="encoded-again"),
        pytest.param('{"tasks": ["Match.", "Sort.", "a<|im_end|>", "\\u0000"]}', id="unfit"),
        pytest.param('{"tasks": [\n"Match."\n"Sort."\n]}', id="no-commas"),
        pytest.param(f'{json.dumps(tasks_schema(2))}\n{{"tasks": ["Match.", "Sort."]}}', id="echo"),
    ],
)
def test_reads_tasks_and_leaves_out_what_is_none(text: str) -> None:
    assert parse_tasks(text) == ["Match.", "Sort."]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{}", "missing_tasks"),
        ('{"tasks": []}', "missing_tasks"),
        ('{"tasks": "Match."}', "missing_tasks"),
        ('{"tasks": [" "]}', "missing_tasks"),
        (json.dumps(tasks_schema(3)), "missing_tasks"),
        ('{"tasks": ["Find "x", "y" pairs", "Sort."]}', "ambiguous_quotes"),
        ('{"tasks": ["Match.", "So', "truncated"),
        ("Match. Sort.", "no_json"),
    ],
)
def test_says_that_there_are_no_tasks(text: str, reason: str) -> None:
    with pytest.raises(Unparsable) as raised:
        parse_tasks(text)
    assert raised.value.reason == reason


def test_an_echo_of_the_schema_names_no_topics() -> None:
    with pytest.raises(Unparsable, match="missing_topics"):
        parse_subtopics(json.dumps(subtopics_schema(3)))
    assert parse_subtopics('["Comets", "string", "Moons"]') == ["Comets", "Moons"]
