"""Texts that say the same are found, the first of them is kept, in every run the same one."""

import random

from pipelines.deduplication import duplicates

STORY = (
    "The ferry to the northern island leaves at seven from the old pier and takes two hours when "
    "the sea is calm, so bring a warm coat, something to read and enough coins for the machine"
)


def test_case_and_punctuation_make_no_difference() -> None:
    texts = [
        ("a", "Open the door, please."),
        ("b", "open the DOOR please"),
        ("c", "Shut the door."),
    ]
    assert duplicates(texts) == {"b": "a"}


def test_a_sign_tells_two_texts_apart() -> None:
    texts = [(1, "What does C++ add to C\nClasses"), (2, "What does C# add to C\nClasses")]
    assert duplicates(texts) == {}


def test_a_near_copy_without_blanks_is_found() -> None:
    text = "梅雨季节空气湿度很高，地下水沿着地基向上渗透，进入砖块的孔隙，水分就会积在抹灰层后面。"
    others = "夏天外墙容易被晒热，所以很多人把墙面刷成白色，室内温度可以降低两三度。"
    assert duplicates([(1, text), (2, text.replace("空气", "")), (3, others)]) == {2: 1}


def test_a_changed_word_makes_a_near_duplicate() -> None:
    texts = [(1, STORY), (2, STORY.replace("machine", "slot")), (3, STORY[::-1])]
    assert duplicates(texts) == {2: 1}


def test_the_threshold_decides() -> None:
    half = STORY[: len(STORY) // 2]
    assert duplicates([(1, STORY), (2, half)]) == {}
    assert duplicates([(1, STORY), (2, half)], threshold=0.3) == {2: 1}


def test_a_copy_of_a_dropped_text_points_to_the_kept_one() -> None:
    changed = STORY.replace("machine", "slot")
    assert duplicates([(1, STORY), (2, changed), (3, changed)]) == {2: 1, 3: 1}


def test_short_texts_are_told_apart() -> None:
    assert duplicates([(1, "red"), (2, "blue"), (3, "Red!")]) == {3: 1}


def test_order_of_many_texts_is_kept_and_repeatable() -> None:
    vocabulary, rng = STORY.split(), random.Random(0)
    texts = [(number, " ".join(rng.choices(vocabulary, k=40))) for number in range(200)]
    texts += [(number + 200, f"{text} indeed") for number, text in texts]
    found = duplicates(texts)
    assert found == duplicates(texts)
    assert found.items() <= {number + 200: number for number in range(200)}.items()
    assert len(found) > 190
