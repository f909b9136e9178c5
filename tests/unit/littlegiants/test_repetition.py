"""Loops of every length are found, and people's prose is not taken for one."""

import random
import re
from collections.abc import Iterator
from pydoc_data.topics import topics

import pytest

from littlegiants.repetition import is_looping
from littlegiants.words import tokens

SENTENCE = re.compile(r"[.!?:][\"')]*$")


def paragraphs(text: str) -> Iterator[str]:
    """Prose: no tables, grammars or code."""
    for part in re.split(r"\n\s*\n", text):
        words = part.split()
        plain = sum(word.strip(".,;:()\"'`").isalpha() for word in words)
        if len(words) >= 12 and SENTENCE.search(part) and plain >= 0.8 * len(words):
            yield " ".join(words)


def prose(size: int) -> list[tuple[str, ...]]:
    """Python's own documentation in texts of `size` tokens."""
    seen = dict.fromkeys(part for text in topics.values() for part in paragraphs(text))
    said = tokens("\n".join(seen))
    return [said[start : start + size] for start in range(0, len(said) - size, size // 2)]


@pytest.mark.parametrize("size", [20, 50, 100, 200, 300, 500, 700, 1000])
def test_fewer_than_one_text_of_people_in_a_hundred_is_a_loop(size: int) -> None:
    texts = prose(size)
    assert len(texts) > 60
    assert sum(map(is_looping, texts)) <= len(texts) / 100


@pytest.mark.parametrize("period", [1, 2, 5, 10, 13, 25, 50, 90, 150, 250, 500])
def test_what_is_written_twice_or_more_is_a_loop(period: int) -> None:
    passages = prose(period)[::7] if period > 5 else [("drain", "the", "tank", "and", "then")]
    for passage in passages[:20]:
        times = max(2, -(-20 // len(passage)))
        assert is_looping(passage * times)
        assert is_looping(passage * (times + 3))


@pytest.mark.parametrize("period", [1, 7, 20, 40, 80])
def test_a_loop_at_the_end_of_a_good_text_is_found(period: int) -> None:
    text = prose(600)[3]
    assert not is_looping(text)
    assert is_looping(text[:400] + text[400 : 400 + period] * (260 // period))


def test_few_words_in_ever_new_order_are_a_loop() -> None:
    few = tokens("the tank is full so drain it and wait then")
    assert is_looping(random.Random(0).choices(few, k=200))


@pytest.mark.parametrize(
    ("unit", "looping"),
    [
        pytest.param("पानी गिलास में है ", True, id="hindi"),
        pytest.param("水在杯子里", True, id="chinese"),
        pytest.param("น้ำอยู่ในแก้ว", True, id="thai"),
    ],
)
def test_loops_of_other_scripts_are_found(unit: str, looping: bool) -> None:
    assert is_looping(tokens(unit * 12)) is looping


CHINESE = "入冬以前园丁把蒜瓣尖头朝上埋进松软的土里再盖一层稻草这样来年春天苗会长得整齐而且不怕冻"
HINDI = "सर्दियों से पहले माली लहसुन की कलियाँ नरम मिट्टी में दबाकर उन पर पुआल की परत बिछा देता है। "


@pytest.mark.parametrize("passage", [CHINESE, HINDI], ids=["chinese", "hindi"])
@pytest.mark.parametrize(("times", "looping"), [(2, False), (3, False), (4, True), (9, True)])
def test_in_other_scripts_a_passage_may_come_three_times(
    passage: str, times: int, looping: bool
) -> None:
    assert is_looping(tokens(passage * times)) is looping


def test_good_texts_without_blanks_are_no_loops() -> None:
    text = (
        "梅雨季节空气湿度很高，地下水沿着地基向上渗透，进入砖块的孔隙。如果没有防潮层，水分就会积在"
        "抹灰层后面，使涂料起泡脱落。屋顶裂缝和破损的落水管也会让墙体长期潮湿。工人先修补裂缝，再更换"
        "水管，最后涂一层防水砂浆。"
    )
    assert not is_looping(tokens(text))
