"""Words: alike for texts that read alike, in every script, and counted as people count them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from littlegiants.words import tokens, word_count

CREME = "Où acheter une crème brûlée l'été"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("Open the door, please.", "open the DOOR please", id="case-punctuation"),
        pytest.param(CREME, unicodedata.normalize("NFD", CREME), id="decomposed"),
        pytest.param("a mountain hut", "a moun\u00adtain\u200b hut", id="no-ink"),
        pytest.param("می\u200cخواهم", "میخواهم", id="joiner"),
        pytest.param("ABC 12", "ＡＢＣ　１２", id="full-width"),
        pytest.param("カメラ", "ｶﾒﾗ", id="half-width"),
        pytest.param("the file is fine", "the ﬁle is ﬁne", id="ligature"),
        pytest.param("don't", "don\u2019t", id="apostrophe"),
        pytest.param("well-known", "well known", id="hyphen"),
        pytest.param("한국어", unicodedata.normalize("NFD", "한국어"), id="hangul"),
    ],
)
def test_texts_that_read_alike_are_equal(one: str, other: str) -> None:
    assert tokens(one) == tokens(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is C++", "What is C#"),
        ("What is C++", "What is C"),
        ("5+3", "5-3"),
        ("5 + 3", "5 - 3"),
        ("f(x) > 0", "f(x) < 0"),
        ("x == y", "x != y"),
        ("10² is", "102 is"),
        ("H₂O₂", "H₂O"),
        ("3.14", "3 14"),
        ("$5", "€5"),
        ("50%", "50"),
        ("-5", "5"),
        ("resume", "résumé"),
        ("मल", "मिल"),
        ("ほん", "ぼん"),
    ],
)
def test_signs_and_marks_tell_texts_apart(one: str, other: str) -> None:
    assert tokens(one) != tokens(other)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Open the door, it's 3.5 metres.", 6),
        ("+ - # ... !", 0),
        ("", 0),
        ("दीवारों पर सीलन क्यों आती है", 6),
        ("தமிழ் மொழி இனிது", 3),
        ("বাংলা ভাষা", 2),
        ("שָׁלוֹם עוֹלָם", 2),
        ("السَّلامُ عَلَيْكُم", 2),
        ("한국어를 배워요", 2),
        ("阴雨天墙壁为什么", 5),
        ("iPhone手机", 2.25),
        ("梅雨の時期に壁が湿る", 6 / 1.6 + 4 / 3),
        ("ภาษาไทยเป็นภาษาทางการ", 4.2),
    ],
)
def test_words_are_counted_in_every_script(text: str, count: float) -> None:
    assert word_count(text) == pytest.approx(count)


@given(st.text(st.characters(max_codepoint=127), max_size=40))
def test_ascii_is_cut_as_any_other_text(text: str) -> None:
    assert tokens(text) == tokens(f"{text} é")[:-1]
    assert word_count(text) == word_count(f"{text} é") - 1
