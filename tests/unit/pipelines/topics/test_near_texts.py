"""A text that is near an earlier one goes; the first of them stays, in whatever portions."""

from collections.abc import Sequence

import numpy as np

from pipelines.topics.near_texts import BLOCK, FreshTexts, Vectors


def angles(texts: Sequence[str]) -> Vectors:
    """A text is an angle in degrees."""
    turned = np.radians([float(text) for text in texts])
    return np.stack([np.cos(turned), np.sin(turned)], axis=1).astype(np.float32)


def fresh(*portions: list[str]) -> list[bool]:
    texts = FreshTexts(angles, most_alike=float(np.cos(np.radians(10))))
    return [flag for portion in portions for flag in texts.kept(portion)]


def test_a_text_near_an_earlier_one_goes() -> None:
    assert fresh(["0", "5", "90", "94", "45"]) == [True, False, True, False, True]


def test_what_is_near_a_dropped_text_alone_stays() -> None:
    assert fresh(["0", "8", "16"]) == [True, False, True]


def test_portions_make_no_difference() -> None:
    texts = [str((n * 37) % 360) for n in range(60)]
    assert fresh(texts) == fresh(texts[:7], texts[7:8], texts[8:])


def test_more_texts_than_a_block_are_compared_with_all_before() -> None:
    texts = [str(n * 11 % 360) for n in range(BLOCK + 40)]
    found = fresh(texts)
    assert sum(found) == sum(found[:BLOCK]) <= 33


def test_texts_that_were_kept_before_count() -> None:
    texts = FreshTexts(angles, most_alike=0.9)
    texts.add(["0"])
    assert list(texts.kept(["1", "90"])) == [False, True]
