"""What embedders are measured against is scored beside them, with honest intervals."""

from pathlib import Path

import numpy as np
import pytest

from pipelines.evaluation.beir import Document, RetrievalSet, write_beir
from pipelines.evaluation.controls import Bare, Words, bag_of
from pipelines.evaluation.intervals import difference_interval, mean_interval
from pipelines.evaluation.score import Keeping, Score, evaluate
from tests.unit.pipelines.training.tokenizer_families import FORMS, make_base

WORDS = ("one", "two", "three", "four", "five", "six")


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Score]:
    """BM25 and the base's input vectors on a set where a query's words are its document's."""
    folder = tmp_path_factory.mktemp("controls")
    corpus = {each: Document(each, "", f"{each} hello") for each in WORDS}
    queries = {f"q{each}": each for each in WORDS}
    judged = {f"q{each}": {each: 1} for each in WORDS}
    write_beir(folder / "set", RetrievalSet(queries, corpus, judged))
    models = {
        "bm25": Words("bm25"),
        "vectors": Bare(bag_of(make_base(FORMS["llama-3"], folder / "base"))),
    }
    tasks = (f"beir:{folder / 'set'}", "stdlib-clustering")
    found = evaluate(models, tasks, keeping=Keeping(folder / "scores"))
    return {(each.model, each.task.partition(":")[0]): each for each in found}


def test_words_alone_find_what_shares_words(scores: dict[tuple[str, str], Score]) -> None:
    assert scores["bm25", "beir"].value == 1
    assert set(scores["bm25", "beir"].by_query.values()) == {1.0}
    assert len(scores["bm25", "beir"].by_query) == len(WORDS)


def test_words_alone_cannot_cluster(scores: dict[tuple[str, str], Score]) -> None:
    assert ("bm25", "stdlib-clustering") not in scores
    assert ("vectors", "stdlib-clustering") in scores


def test_a_bag_of_input_vectors_is_read_without_instruction(tmp_path: Path) -> None:
    model = bag_of(make_base(FORMS["gpt-2"], tmp_path / "base"))
    one, two, both = model.encode(["hello", "world", "world hello"])
    assert np.linalg.norm(both) == pytest.approx(1, abs=1e-5)
    assert float(one @ both) > float(one @ two)


def test_an_interval_holds_the_mean_and_narrows_with_queries() -> None:
    values = list(np.random.default_rng(1).random(400))
    few, many = mean_interval(values[:25]), mean_interval(values)
    assert few and many
    assert many[0] < np.mean(values) < many[1]
    assert many[1] - many[0] < few[1] - few[0]


def test_a_paired_difference_is_surer_than_its_two_means() -> None:
    rng = np.random.default_rng(2)
    base = {str(n): float(value) for n, value in enumerate(rng.random(100))}
    better = {query: value + 0.05 + 0.01 * rng.random() for query, value in base.items()}
    found = difference_interval(better, base)
    assert found and 0.05 < found[1] < found[0] < found[2] < 0.06
