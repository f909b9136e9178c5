"""Embedders are scored by the real MTEB, each as itself."""

from pathlib import Path

import pytest
from sentence_transformers import SentenceTransformer

from littlegiants.errors import BadInput
from pipelines.evaluation.builtin_sets import Sizes
from pipelines.evaluation.encoder import Embedder, content_digest
from pipelines.evaluation.presets import BUILTIN
from pipelines.evaluation.score import Keeping, Reading, Score, evaluate
from tests.integration.small_scores import MINILM, save_model

pytestmark = pytest.mark.training

TINY = Sizes(queries=10, documents=30)
READING = Reading(max_length=32)


def scored(folder: Path, tasks: tuple[str, ...] = BUILTIN, **models: Embedder) -> list[Score]:
    """The models' scores, kept in `folder`."""
    return evaluate(models, tasks, keeping=Keeping(folder), sizes=TINY, reading=READING)


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A vector a word."""
    return save_model(tmp_path_factory.mktemp("one"))


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Other vectors."""
    return save_model(tmp_path_factory.mktemp("other"), seed=1)


@pytest.fixture(scope="module")
def lines() -> list[str]:
    """What was reported while scoring."""
    return []


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which finished scores are kept."""
    return tmp_path_factory.mktemp("evaluation")


@pytest.fixture(scope="module")
def scores(run: Path, one: Path, other: Path, lines: list[str]) -> list[Score]:
    """Both models on the sets that come with the code."""
    return evaluate(
        {"one": one, "other": other},
        ["smoke"],
        keeping=Keeping(run),
        sizes=TINY,
        reading=READING,
        report=lambda done, total, text, kept: lines.append(f"{done}/{total} {text}"),
    )


def test_every_model_has_a_score_on_every_task(scores: list[Score], lines: list[str]) -> None:
    assert [(each.model, each.task) for each in scores] == [
        (model, task) for model in ("one", "other") for task in BUILTIN
    ]
    assert [each.metric for each in scores[:3]] == ["ndcg_at_10", "accuracy", "v_measure"]
    assert lines[0].startswith("1/6 one on stdlib-retrieval: ndcg_at_10 0.")


def test_a_real_embedder_is_far_above_chance(tmp_path: Path) -> None:
    [score] = scored(tmp_path, BUILTIN[:1], minilm=MINILM)
    assert score.value > 0.7


def test_two_unnamed_local_models_keep_their_own_scores(scores: list[Score]) -> None:
    values = {model: [s.value for s in scores if s.model == model] for model in ("one", "other")}
    assert all(one != other for one, other in zip(*values.values(), strict=True))


def test_finished_scores_are_not_made_again(scores: list[Score], run: Path, one: Path) -> None:
    assert scored(run, one=one) == scores[:3]


def test_another_model_of_the_same_name_is_scored_anew(
    scores: list[Score], run: Path, other: Path
) -> None:
    [score] = scored(run, BUILTIN[:1], one=other)
    assert score.value == scores[3].value != scores[0].value


def test_the_instruction_stands_before_queries_only(one: Path, tmp_path: Path) -> None:
    seen: list[str] = []

    class Listening(SentenceTransformer):
        def encode(self, inputs: list[str], **options: object) -> object:
            seen.extend(inputs)
            return super().encode(inputs, **options)

    scored(tmp_path, BUILTIN[:1], heard=Listening(str(one)))
    said = "Given a one-sentence summary, retrieve the documentation that it sums up"
    instructed = [text for text in seen if text.startswith(f"Instruct: {said}\nQuery: ")]
    assert (len(instructed), len(seen)) == (TINY.queries, TINY.queries + TINY.documents)


def test_loading_again_does_not_change_a_models_identity() -> None:
    one, two = SentenceTransformer(str(MINILM)), SentenceTransformer(str(MINILM))
    two.encode(["a short text", "a text of quite another length"])
    assert content_digest(one) == content_digest(two)


@pytest.mark.parametrize(
    ("task", "said"),
    [
        ("STSBenchmrk", "Did you mean: 'STSBenchmark'"),
        ("beir:/no/such/folder", "corpus.jsonl: cannot be read"),
    ],
    ids=["no task", "no folder"],
)
def test_refuses_a_task_that_is_none_before_anything_runs(
    tmp_path: Path, task: str, said: str
) -> None:
    with pytest.raises(BadInput, match=said):
        scored(tmp_path, (BUILTIN[0], task), minilm=MINILM)
    assert not list(tmp_path.iterdir())


def test_refuses_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="give a sentence-transformers folder"):
        scored(tmp_path, mine=tmp_path)
