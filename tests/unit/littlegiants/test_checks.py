"""Checks: a good sample passes them all, and each bad one fails the check that names its fault."""

from dataclasses import replace
from typing import Any

import pytest

from littlegiants.checks import CHECKS, failed_checks
from littlegiants.kinds import Kind
from littlegiants.prompts import synthesize_prompt
from littlegiants.samples import Sample
from littlegiants.tasks import Prompt, Task

TASK = Task(Kind.RETRIEVAL, "Home/Garden", "Given a plant problem, retrieve advice that solves it.")
ATTRIBUTES = {
    "query_type": "common",
    "query_length": "5 to 15 words",
    "clarity": "clear",
    "document_length": "at least 10 words",
    "difficulty": "college",
}
PROMPT = Prompt(TASK, ATTRIBUTES, seed=0)
GOOD = Sample(
    Kind.RETRIEVAL,
    "why do my tomato leaves curl",
    "Leaf curl in tomatoes mostly comes from heat, wind or uneven watering of the bed.",
    "Tomatoes were brought to Europe from the Americas and first grown for their looks.",
)
LABELLED = Sample(Kind.CLASSIFICATION, "The drill will not start any more.", "cordless", "manual")
LABEL_PROMPT = Prompt(
    replace(TASK, kind=Kind.CLASSIFICATION),
    {"text_length": "less than 10 words", "clarity_and_difficulty": "clear"},
    seed=0,
)


def test_a_good_sample_passes() -> None:
    assert failed_checks(GOOD, PROMPT) == ()
    assert failed_checks(LABELLED, LABEL_PROMPT) == ()


@pytest.mark.parametrize(
    ("kind", "attributes"),
    [(Kind.MATCHING_SHORT, {}), (Kind.MATCHING_LONG, {"document_length": "at least 3 words"})],
)
def test_a_matching_pair_needs_no_negative(kind: Kind, attributes: dict[str, str]) -> None:
    pair = Sample(kind, "claw hammer", "tool that pulls nails")
    assert failed_checks(pair, Prompt(replace(TASK, kind=kind), attributes, seed=0)) == ()


FAULTS = (
    pytest.param({"query": ""}, "has_text", id="no-query"),
    pytest.param({"positive": " ".join(f"w{n}" for n in range(200))}, "text_ends", id="cut-end"),
    pytest.param({"positive": "... !"}, "has_text", id="punctuation-only"),
    pytest.param({"negative": " "}, "has_text", id="no-negative"),
    pytest.param({"query": ", why do leaves curl"}, "text_begins_well", id="cut-beginning"),
    pytest.param(
        {"positive": GOOD.query.upper() + "?"}, "positive_differs", id="positive-is-query"
    ),
    pytest.param(
        {"negative": GOOD.positive.upper()}, "negative_differs", id="negative-is-positive"
    ),
    pytest.param({"negative": GOOD.query}, "negative_differs", id="negative-is-query"),
    pytest.param(
        {"positive": f"You ask: Why do my tomato leaves curl? {GOOD.positive}"},
        "query_is_not_copied",
        id="query-in-positive",
    ),
    pytest.param(
        {"negative": f"{GOOD.negative} Why do my tomato leaves curl?"},
        "query_is_not_copied",
        id="query-in-negative",
    ),
    pytest.param(
        {"positive": " ".join(synthesize_prompt(PROMPT).split()[:30])},
        "prompt_is_not_echoed",
        id="echo",
    ),
    pytest.param({"positive": "water the bed " * 10}, "words_vary", id="loop"),
    pytest.param({"query": "S1 S2"}, "form_is_not_text", id="placeholders"),
    pytest.param({"query": "the positive_document on leaves"}, "form_is_not_text", id="key"),
    pytest.param(
        {"negative": '"reason": "too short", "plants": ["tomatoes", "from", "the", "Americas"]}'},
        "form_is_not_text",
        id="json",
    ),
    pytest.param({"query": "curl"}, "length_is_as_asked", id="query-too-short"),
    pytest.param({"query": " ".join(f"w{n}" for n in range(31))}, "length_is_as_asked", id="long"),
    pytest.param({"positive": "Heat curls leaves."}, "length_is_as_asked", id="document-too-short"),
)
"""What is changed of a good sample, and the check that it fails then."""


@pytest.mark.parametrize(
    ("ending", "passes"),
    [
        (" in a go", False),
        (" and so,", False),
        (" of (", False),
        (" in 1999", False),
        (" at last.", True),
        (' said "so."', True),
        (" ok 👍", True),
        (" 最后。", True),
        (" สุดท้าย", True),
    ],
)
def test_a_long_text_that_ends_in_the_middle_is_named(ending: str, passes: bool) -> None:
    prompt = replace(PROMPT, attributes={**ATTRIBUTES, "document_length": "at least 15 words"})
    short = "The leaves of a tomato curl in heat and wind while its bed is watered"
    rest = "by hand, as gardeners have seen it for as long as anyone cares to remember or"
    long = f"{short} unevenly, not only in the sun but under glass too {rest}{ending}"
    assert len(long) > 195
    assert ("text_ends" not in failed_checks(replace(GOOD, positive=long), prompt)) is passes
    assert "text_ends" not in failed_checks(replace(GOOD, positive=short), prompt)


MERGE = '''def merge(spans):
    """The spans that touch no other, from those that are sorted by where they begin."""
    found = []
    for start, end in spans:
        if found and found[-1][1] >= start:
            found[-1][1] = max(found[-1][1], end)
        else:
            found.append([start, end])
    return found'''


@pytest.mark.parametrize(
    ("code", "passes"),
    [(MERGE, True), (MERGE.removesuffix("und"), False), (MERGE.partition("start, e")[0], False)],
    ids=["whole", "cut in a word", "cut in a line"],
)
def test_code_may_end_in_a_word(code: str, passes: bool) -> None:
    prompt = replace(PROMPT, attributes={**ATTRIBUTES, "document_length": "at least 5 words"})
    assert len(code) > 105
    assert ("text_ends" not in failed_checks(replace(GOOD, positive=code), prompt)) is passes


@pytest.mark.parametrize(("changes", "check"), FAULTS)
def test_a_fault_is_named(changes: dict[str, Any], check: str) -> None:
    assert check in failed_checks(replace(GOOD, **changes), PROMPT)


def test_every_check_has_a_fault_that_it_names() -> None:
    of_labels = {"label_is_not_leaked"}
    assert {fault.values[1] for fault in FAULTS} | of_labels == {each.__name__ for each in CHECKS}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"query": "The cordless drill will not start."}, id="label"),
        pytest.param({"query": "A MANUAL screwdriver, bent."}, id="misleading-label"),
    ],
)
def test_a_label_in_the_text_is_a_leak(changes: dict[str, Any]) -> None:
    assert failed_checks(replace(LABELLED, **changes), LABEL_PROMPT) == ("label_is_not_leaked",)


def test_a_label_inside_another_word_is_no_leak() -> None:
    sample = replace(LABELLED, query="The manually fed saw stopped.")
    assert failed_checks(sample, LABEL_PROMPT) == ()


@pytest.mark.parametrize(
    ("count", "passes"),
    [(2, False), (3, True), (30, True), (31, False)],
    ids=lambda value: str(value),
)
def test_half_to_twice_the_words_asked_for_will_do(count: int, passes: bool) -> None:
    sample = replace(GOOD, query=" ".join(f"w{n}" for n in range(count)))
    assert ("length_is_as_asked" not in failed_checks(sample, PROMPT)) is passes


@pytest.mark.parametrize(("count", "passes"), [(14, True), (15, False)])
def test_of_few_words_asked_for_ten_more_will_do(count: int, passes: bool) -> None:
    short = replace(PROMPT, attributes={**ATTRIBUTES, "query_length": "less than 5 words"})
    sample = replace(GOOD, query=" ".join(f"w{n}" for n in range(count)))
    assert ("length_is_as_asked" not in failed_checks(sample, short)) is passes


def test_a_short_query_may_stand_in_its_document() -> None:
    sample = replace(GOOD, query="Leaf curl in tomatoes")
    assert failed_checks(sample, PROMPT) == ()


def test_other_scripts_are_words_too() -> None:
    sample = Sample(Kind.MATCHING_SHORT, "молоток", "锤子")
    assert failed_checks(sample, Prompt(replace(TASK, kind=Kind.MATCHING_SHORT), {}, seed=0)) == ()


CHINESE = Sample(
    Kind.RETRIEVAL,
    "阴雨天墙壁为什么返潮",
    "梅雨季节空气湿度高，地下水沿着地基渗进砖块的孔隙，水分积在抹灰层后面，使涂料起泡脱落。",
    "夏天外墙容易被晒热，所以很多人把墙面刷成白色，室内温度可以降低两三度，屋顶也会凉快一些。",
)
HINDI = Sample(
    Kind.RETRIEVAL,
    "घर की दीवारों पर सीलन क्यों आती है",
    "बरसात में मिट्टी का पानी नींव से ऊपर चढ़कर ईंटों तक पहुँचता है और रंग को उखाड़ देता है।",
    "गर्मियों में दीवारें जल्दी तप जाती हैं, इसलिए लोग बाहर की ओर सफ़ेद चूना पुतवाते हैं।",
)


JAPANESE = Sample(
    Kind.RETRIEVAL,
    "寒い地方でニンニクを植える時期",
    "霜が降りる四週間ほど前に、粒を一つずつ分けて、とがったほうを上にして植えます。わらを厚く敷くと、冬のあいだ根が浮き上がりません。",
    "玉ねぎは日が長い季節を好み、水はけのよい畑でよく育つので、夏は土をほぐして草を取り、水をやりすぎないようにします。",
)
THAI = Sample(
    Kind.RETRIEVAL,
    "ปลูกกระเทียมในที่หนาวเมื่อไรดี",
    "ควรแยกกลีบแล้วฝังลงในดินร่วนก่อนน้ำค้างแข็งราวสี่สัปดาห์ จากนั้นคลุมด้วยฟางหนา ๆ เพื่อไม่ให้รากลอยขึ้นมาในฤดูหนาว",
    "หอมหัวใหญ่ชอบแสงแดดนาน ๆ และดินที่ระบายน้ำได้ดี ฤดูร้อนจึงต้องพรวนดิน ถอนหญ้า และรดน้ำแต่พอควรเท่านั้น",
)
ARABIC = Sample(
    Kind.RETRIEVAL,
    "متى يُزرع الثوم في المناطق الباردة",
    "تُفصل الفصوص وتُغرس في تربة هشّة قبل الصقيع بأربعة أسابيع، "
    "ثم تُغطّى بطبقة سميكة من القش كي لا ترتفع الجذور في الشتاء القارس.",
    "يحبّ البصل النهار الطويل والتربة جيّدة الصرف، "
    "ولذلك تُعزق الأرض في الصيف وتُقتلع الأعشاب ولا يُكثر المزارع من الماء أبدًا.",
)
SCRIPTS = {
    "chinese": CHINESE,
    "hindi": HINDI,
    "japanese": JAPANESE,
    "thai": THAI,
    "arabic": ARABIC,
}


@pytest.mark.parametrize("sample", SCRIPTS.values(), ids=SCRIPTS)
def test_a_good_sample_of_another_script_passes(sample: Sample) -> None:
    attributes = {**ATTRIBUTES, "document_length": "at least 20 words"}
    assert failed_checks(sample, replace(PROMPT, attributes=attributes)) == ()


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        pytest.param({"positive": "水在杯子里，" * 12}, "words_vary", id="loop"),
        pytest.param(
            {"positive": CHINESE.query + CHINESE.positive}, "query_is_not_copied", id="copy"
        ),
        pytest.param({"positive": "墙壁会返潮。"}, "length_is_as_asked", id="short"),
        pytest.param({"positive": "，" + CHINESE.positive}, "text_begins_well", id="beginning"),
    ],
)
def test_a_fault_in_a_script_without_blanks_is_named(changes: dict[str, Any], check: str) -> None:
    assert check in failed_checks(replace(CHINESE, **changes), PROMPT)


@pytest.mark.parametrize("count", [8, 16], ids=["as asked", "twice"])
def test_a_label_of_letters_and_marks_is_as_long_as_its_words(count: int) -> None:
    sample = replace(LABELLED, positive=" ".join(["दीवारों"] * count))
    assert failed_checks(sample, LABEL_PROMPT) == ()


@pytest.mark.parametrize(("label", "passes"), [("好", True), ("好评", False)])
def test_one_character_is_no_leak_where_words_are_not_parted(label: str, passes: bool) -> None:
    sample = replace(LABELLED, query="这家餐厅的好评很多。", positive=label)
    assert (failed_checks(sample, LABEL_PROMPT) == ()) is passes


def test_a_label_that_differs_by_a_sign_is_no_leak() -> None:
    sample = replace(LABELLED, query="I wrote it in C and it is fast.", positive="C++")
    assert failed_checks(sample, LABEL_PROMPT) == ()


def test_only_the_checks_asked_for_run() -> None:
    assert failed_checks(replace(GOOD, query=""), PROMPT, checks=CHECKS[1:3]) == ()
