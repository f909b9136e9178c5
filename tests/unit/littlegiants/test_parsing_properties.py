"""A sample, serialised and damaged, comes back equal or is dropped by name: never another text."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from littlegiants.errors import Unparsable
from littlegiants.kinds import SPECS, Kind
from littlegiants.parsing import is_whole, parse_judgement, parse_sample, parse_tasks
from littlegiants.plain_text import fault_of_text
from littlegiants.samples import Sample

Fields = Mapping[str, str]
PIECES = (
    *(
        "a",
        "the",
        "Word",
        "x1",
        "и",
        "你好",
        "。",
        "मिल",
        "ไทย",
        "é",
        "😀",
        "7",
        "S2",
        "user_query",
    ),
    *(" ", " ", " ", ", ", ". ", ": ", "; ", "-", "(", ")", "/", "_", "|", "<", ">", "#", "%", "&"),
    *(
        "\n",
        "\n\n",
        "\t",
        "'",
        "'s ",
        '"',
        '" ',
        ' "',
        '", ',
        '": "',
        '"}',
        '"]',
        '["',
        '{"',
        "{",
        "}",
    ),
    *(
        "[",
        "]",
        "\\",
        "\\\\",
        "\\frac",
        "\\beta ",
        "\\nabla",
        "\\times",
        "\\nu",
        "\\u",
        "\\d",
        "C:\\new",
    ),
    *(
        "“",
        "”",
        "‘",
        "’",
        "`",
        "```",
        "//",
        "/*",
        "*/",
        "null",
        "<think>",
        "</think>",
        "<answer>",
        "$x$",
    ),
    *("，", "：", '"note": ', "'note': ", "S3: ", "import", "table"),
)
words = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), min_size=1, max_size=9)
GUESS = '{"user_query": "z", "positive_document": "z", "hard_negative_document": "z", "S1": "z"}'
texts = words.map("".join).map(str.strip).filter(lambda text: re.search(r"\w", text))


@st.composite
def samples(draw: st.DrawFn) -> Sample:
    """Texts that a data set may have, of any script and with any marks."""
    kind = draw(st.sampled_from(Kind))
    found = [draw(texts) for _ in SPECS[kind].fields]
    assume(not any(map(fault_of_text, found)))
    assume(not any(ch in text for text in found for ch in "\ud800"))
    return Sample(kind, *found)


def dumped(fields: Fields, **how: Any) -> str:
    return json.dumps(fields, **{"ensure_ascii": False, **how})


def undoubled(fields: Fields) -> str:
    """A backslash is not doubled where a single one is no escape, and before what TeX has."""
    whole = r"\\\\(?:\\.)?"  # two, and a legal escape after them
    return re.sub(whole, _undoubled, dumped(fields), flags=re.DOTALL)


def _undoubled(found: re.Match[str]) -> str:
    after = found.string[found.end() : found.end() + 8]
    is_kept = len(found[0]) > 2 or after[:1] in "\"\\/bfnrtu'" or not after
    is_tex = re.match(r"(?:frac|beta|nabla|times)(?![a-zA-Z])", after)
    return found[0] if is_kept and not (is_tex and len(found[0]) == 2) else "\\"


def quoted_by(left: str, right: str, fields: Fields) -> str:
    written = {
        key: json.dumps(text, ensure_ascii=False)[1:-1].replace('\\"', '"')
        for key, text in fields.items()
    }
    parts = (f"{left}{key}{right}: {left}{text}{right}" for key, text in written.items())
    return "{" + ", ".join(parts) + "}"


DAMAGES: dict[str, Callable[[Fields], str]] = {
    "none": dumped,
    "ascii": lambda fields: dumped(fields, ensure_ascii=True),
    "lines": lambda fields: dumped(fields, indent=2),
    "compact": lambda fields: dumped(fields, separators=(",", ":")),
    "trailing comma": lambda fields: dumped(fields)[:-1] + ",}",
    "no commas": lambda fields: dumped(fields, separators=(" ", ": ")),
    "no commas between lines": lambda fields: dumped(fields, indent=1, separators=("", ": ")),
    "python": lambda fields: repr(dict(fields)),
    "bare apostrophes": lambda fields: quoted_by("'", "'", fields),
    "inner quotes": lambda fields: dumped(fields).replace('\\"', '"'),
    "inner quotes between lines": lambda fields: dumped(fields, indent=1).replace('\\"', '"'),
    "lines in texts": lambda fields: re.sub(r"(?<!\\)\\n", "\n", dumped(fields)),
    "illegal escapes": undoubled,
    "escaped apostrophes": lambda fields: dumped(fields).replace("'", "\\'"),
    "bare keys": lambda fields: re.sub(r'"(\w+)": ', r"\1: ", dumped(fields), count=1),
    "curly quotes": lambda fields: quoted_by("“", "”", fields),
    "full width": lambda fields: dumped(fields, separators=("，", "：")),
    "other case": lambda fields: dumped(
        {key.title().replace("_", ""): fields[key] for key in fields}
    ),
    "nul": lambda fields: dumped(fields).replace('", "', '"\x00, "') + "\x00",
    "colours": lambda fields: "\x1b[32m" + dumped(fields).replace('": "', '"\x1b[0m: \x1b[1m"'),
}
CHANNELS = "<|channel|>analysis<|message|>{}<|end|><|start|>assistant<|channel|>final<|message|>"
PLACES: dict[str, Callable[[str], str]] = {
    "alone": lambda text: text,
    "fence": lambda text: f"```json\n{text}\n```",
    "open fence": lambda text: f"```\n{text}",
    "words around": lambda text: f"Here it is:\n\n{text}\n\nI hope that it helps.",
    "thinking": lambda text: f"<think>\nOr {GUESS}? No.</think>{text}",
    "thinking without a begin": lambda text: f'So {{"a": "b\n</think>\n{text}',
    "thinking aloud": lambda text: f"<thinking>{{x}} {GUESS}</thinking>\n<answer>{text}</answer>",
    "channels": lambda text: f"{CHANNELS.replace('{}', GUESS)}{text}<|return|>",
    "plain channels": lambda text: f"analysisWe may {GUESS}.assistantfinal{text}",
    "in a list": lambda text: f"[{text}]",
    "one deeper": lambda text: f'{{"answer": {text}}}',
    "encoded": json.dumps,
    "encoded one deeper": lambda text: json.dumps({"answer": text}),
    "escaped": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "blanks after": lambda text: text + "\n" * 200,
    "end of turn": lambda text: f"{text}<|im_end|>\n<|im_start|>user\nAnother, please.",
}


def outcome(parse: Callable[[str], Any], text: str) -> Any:
    """What `parse` gives; the name under which it drops the text, in braces."""
    try:
        return parse(text)
    except Unparsable as error:
        return {error.reason}


def another(text: str) -> bool:
    """Whether `text` is valid JSON: then it says what it says."""
    try:
        return bool(json.loads(text, strict=False))
    except ValueError:
        return False


def check(sample: Sample, damage: str, place: str) -> None:
    """What comes back is the sample, or the name of a reason."""
    text = DAMAGES[damage](sample.to_fields())
    assume(not another(text) or not re.search("quotes|apostrophes", damage))
    assume(re.match(r'\{\s*"', text) or place != "escaped")
    found = outcome(lambda each: parse_sample(sample.kind, each), PLACES[place](text))
    assert found == sample or isinstance(found, set)


CASES = (samples(), st.sampled_from(sorted(DAMAGES)), st.sampled_from(sorted(PLACES)))


@given(*CASES)
@settings(max_examples=60, deadline=None)
def test_a_damaged_sample_comes_back_equal_or_not_at_all(
    sample: Sample, damage: str, place: str
) -> None:
    check(sample, damage, place)


@pytest.mark.slow
@pytest.mark.timeout(1_800)
@given(*CASES)
@settings(max_examples=20_000, deadline=None)
def test_twenty_thousand_damaged_samples_come_back_equal_or_not_at_all(
    sample: Sample, damage: str, place: str
) -> None:
    check(sample, damage, place)


@given(samples(), st.sampled_from(sorted(DAMAGES)), st.data())
@settings(max_examples=60, deadline=None)
def test_a_sample_that_is_cut_is_none(sample: Sample, damage: str, data: st.DataObject) -> None:
    text = DAMAGES[damage](sample.to_fields()).rstrip("\x00")
    end = text.rindex("}")
    cut = text[: data.draw(st.integers(0, end))]
    assert not is_whole(cut)
    assert isinstance(outcome(lambda each: parse_sample(sample.kind, each), cut), set)


LISTS: dict[str, Callable[[list[str]], str]] = {
    "none": lambda tasks: json.dumps({"tasks": tasks}),
    "bare": lambda tasks: json.dumps(tasks, ensure_ascii=False),
    "trailing comma": lambda tasks: json.dumps({"tasks": tasks})[:-2] + ",],}",
    "no commas": lambda tasks: json.dumps({"tasks": tasks}, separators=(" ", ": ")),
    "no commas between lines": lambda tasks: json.dumps(tasks, indent=1, separators=("", "")),
    "python": repr,
    "inner quotes": lambda tasks: json.dumps({"tasks": tasks}).replace('\\"', '"'),
    "inner quotes between lines": lambda tasks: json.dumps(tasks, indent=1).replace('\\"', '"'),
    "objects": lambda tasks: json.dumps({"tasks": [{"task": task} for task in tasks]}),
    "an object a line": lambda tasks: "\n".join(json.dumps({"task": task}) for task in tasks),
}


@given(
    st.lists(texts, min_size=1, max_size=4),
    st.sampled_from(sorted(LISTS)),
    st.sampled_from(sorted(PLACES)),
)
@settings(max_examples=60, deadline=None)
def test_damaged_tasks_come_back_equal_or_not_at_all(
    tasks: list[str], damage: str, place: str
) -> None:
    text = LISTS[damage](tasks)
    assume("quotes" not in damage or not (another(text) or "</think>" in text))
    assume(re.match(r'[{\[]\s*"', text) or place != "escaped")
    found = outcome(parse_tasks, PLACES[place](text))
    assert isinstance(found, set) or set(found) <= set(tasks)


@given(
    st.integers(0, 4),
    st.integers(0, 4),
    texts,
    st.sampled_from(sorted(DAMAGES)),
    st.sampled_from(sorted(PLACES)),
)
@settings(max_examples=60, deadline=None)
def test_a_damaged_verdict_is_never_another(
    best: int, worst: int, reason: str, damage: str, place: str
) -> None:
    fields: Any = {"reason": reason, "best": str(best), "worst": str(worst)}
    text = DAMAGES[damage](fields)
    assume(not another(text) or not re.search("quotes|apostrophes", damage))
    assume(re.match(r'\{\s*"', text) or place != "escaped")
    found = outcome(lambda each: parse_judgement(each, 5), PLACES[place](text))
    assert isinstance(found, set) or found[1:] == (best, worst)


MANY = [(damage, place) for damage in DAMAGES for place in ("alone", "fence", "thinking")]
MANY += [
    (damage, place) for damage in ("none", "trailing comma", "inner quotes") for place in PLACES
]


@pytest.mark.parametrize(("damage", "place"), dict.fromkeys(MANY))
def test_an_ordinary_sample_comes_back_from_every_damage(damage: str, place: str) -> None:
    sample = Sample(
        Kind.RETRIEVAL,
        'why does "hard" water leave a film on it\'s glass',
        "Lime stays when drops dry:\n\n* rinse with vinegar (5 %),\n* wipe; e.g. \\frac{1}{2} cup.",
        'Le verre, c\'est «dur» — 玻璃很硬, पानी, ไทย. She said "no" and «maybe».',
    )
    text = PLACES[place](DAMAGES[damage](sample.to_fields()))
    assert parse_sample(Kind.RETRIEVAL, text) == sample
