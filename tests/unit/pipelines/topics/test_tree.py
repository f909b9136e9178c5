"""Topics grow breadth first, evenly over their roots, to as many as were asked for."""

from collections import Counter

import pytest

from pipelines.topics.tree import MOST_LEVELS, TopicTree


def grown(
    roots: list[str], count: int, children: int, *, most: dict[str, int] | None = None
) -> tuple[TopicTree, list[list[str]]]:
    """A tree whose teacher has `most` names for all that is below a root; and its rounds."""
    tree, rounds, left = TopicTree(roots, count, children), [], dict(most or {})
    while leaves := tree.frontier():
        rounds.append(leaves)
        for leaf in leaves:
            root = leaf.split("/")[0]
            given = min(children, left.get(root, children))
            if root in left:
                left[root] -= given
            tree.widen(leaf, [f"{leaf.rpartition('/')[2]}{n}" for n in range(given)])
    return tree, rounds


@pytest.mark.parametrize(("roots", "count", "children"), [(20, 1000, 10), (3, 500, 20), (1, 90, 4)])
def test_every_root_has_its_share(roots: int, count: int, children: int) -> None:
    tree, _ = grown([f"R{n}r" for n in range(roots)], count, children)
    topics = tree.topics()
    shares = Counter(topic.split("/")[0] for topic in topics)
    assert len(set(topics)) == len(topics) == count
    assert max(shares.values()) - min(shares.values()) <= children


@pytest.mark.parametrize("count", [26, 40, 500, 7500])
def test_no_call_is_made_that_is_not_needed(count: int) -> None:
    tree, rounds = grown([f"R{n}r" for n in range(25)], count, 20)
    assert len(tree.topics()) == count
    assert sum(map(len, rounds)) == -(-(count - 25) // 19)


def test_the_shallow_are_widened_before_the_deep() -> None:
    _, rounds = grown(["Ar", "Br"], 600, 5)
    levels = [topic.count("/") for leaves in rounds for topic in leaves]
    for root in ("Ar", "Br"):
        own = [topic.count("/") for leaves in rounds for topic in leaves if topic.startswith(root)]
        assert own == sorted(own)
    assert max(levels) > 1


def test_what_one_root_falls_short_of_the_others_grow() -> None:
    tree, _ = grown(["Ar", "Br", "Cr"], 300, 10, most={"Ar": 12})
    shares = Counter(topic.split("/")[0] for topic in tree.topics())
    assert shares.total() == 300
    assert shares["Ar"] < 13
    assert abs(shares["Br"] - shares["Cr"]) <= 10


def test_growth_ends_where_nothing_more_is_named() -> None:
    tree, _ = grown(["Ar", "Br"], 300, 10, most={"Ar": 12, "Br": 0})
    assert tree.frontier() == []
    assert len(tree.topics()) == tree.leaf_count < 14


def test_growth_ends_where_each_topic_has_but_one_below_it() -> None:
    tree, rounds = TopicTree(["Ar"], 10, 5), 0
    while leaves := tree.frontier():
        rounds += 1
        for leaf in leaves:
            tree.widen(leaf, ["x"])
    assert rounds == MOST_LEVELS
    assert tree.leaf_count == 1


def test_more_roots_than_topics_need_no_growth() -> None:
    tree, rounds = grown(["Ar", "Br", "Cr"], 2, 10)
    assert (tree.topics(), rounds) == (["Ar", "Br"], [])
