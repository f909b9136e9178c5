"""Texts that say the same are found, the first of them is kept, in every run the same one."""

import random
from collections.abc import Iterable

import pytest

from littlegiants.words import tokens
from pipelines.curation.deduplication import BATCH, EXACT, NEAR, with_twins
from pipelines.curation.sketches import shingled

STORY = (
    "The ferry to the northern island leaves at seven from the old pier and takes two hours when "
    "the sea is calm, so bring a warm coat, something to read and enough coins for the machine"
)


def duplicates(texts: Iterable[tuple[object, str]], threshold: float = 0.8) -> dict[object, object]:
    """For each text to drop, the earlier one that is kept in its place."""
    given = list(texts)
    names = [name for name, _ in given]
    twins = with_twins(given, threshold=threshold)
    return {name: names[twin.place] for name, twin in twins if twin}


def similarity(one: str, other: str) -> float:
    """Jaccard similarity, by the definition."""
    a, b = (set(shingled(tokens(text))) for text in (one, other))
    return len(a & b) / len(a | b)


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


def changed(words: list[str], rng: random.Random, count: int) -> str:
    """The text with so many of its words replaced."""
    places = rng.sample(range(len(words)), count)
    return " ".join("other" if place in places else word for place, word in enumerate(words))


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99])
def test_pairs_are_found_from_the_threshold_on_and_not_below(threshold: float) -> None:
    rng = random.Random(0)
    texts = []
    for number in range(300):
        words = [f"w{rng.randrange(10**6)}" for _ in range(rng.choice((40, 120, 300)))]
        most = max(2, round(len(words) * (1 - threshold) / 2))
        texts += [
            (number, " ".join(words)),
            (-number - 1, changed(words, rng, rng.randrange(most))),
        ]
    found = duplicates(texts, threshold)
    by_name = dict(texts)
    alike = {
        -number - 1
        for number in range(300)
        if similarity(by_name[number], by_name[-number - 1]) >= threshold
    }
    assert found.keys() <= alike
    assert len(found) >= 0.97 * len(alike)
    assert len(alike) > 30


def test_a_threshold_of_one_leaves_equal_texts_only() -> None:
    texts = [(1, STORY), (2, STORY.upper()), (3, STORY.replace("machine", "slot")), (4, STORY)]
    assert duplicates(texts, threshold=1.0) == {2: 1, 4: 1}
    assert duplicates(texts, threshold=0.99) == {2: 1, 4: 1}


def test_the_reason_tells_word_for_word_from_nearly() -> None:
    texts = [(1, STORY), (2, STORY), (3, STORY.replace("machine", "slot"))]
    reasons = [twin.reason if twin else "" for _, twin in with_twins(texts)]
    assert reasons == ["", EXACT, NEAR]


def test_a_copy_is_found_however_many_texts_lie_between() -> None:
    between = [(number, f"number {number} of the texts between") for number in range(BATCH)]
    copies = [(-1, STORY), *between, (-2, STORY), (-3, STORY.replace("machine", "slot"))]
    assert duplicates(copies, threshold=0.9).items() >= {-2: -1, -3: -1}.items()


def test_texts_come_as_they_are_asked_for() -> None:
    texts = iter([(number, f"text {number}") for number in range(10 * BATCH)])
    next(with_twins(texts))
    assert len(list(texts)) >= 8 * BATCH
