"""What a real embedder is scored on real tasks that are small and odd."""

import json
from pathlib import Path

import pytest
from mteb import ResultCache
from mteb.abstasks.aggregate_task_metadata import AggregateTaskMetadata
from mteb.abstasks.aggregated_task import AbsTaskAggregate
from mteb.results import TaskResult
from sentence_transformers import SentenceTransformer
from upath import UPath

from littlegiants.errors import BadInput
from pipelines.evaluation.beir import Document, RetrievalSet, write_beir
from pipelines.evaluation.benchmarks import parts_of
from pipelines.evaluation.builtin_sets import Sizes
from pipelines.evaluation.kept_results import KeptResults
from pipelines.evaluation.mteb_scores import ScoredPart, measured
from pipelines.evaluation.score import Keeping, evaluate
from pipelines.evaluation.scored_embedder import Reading, ScoredEmbedder
from pipelines.evaluation.tasks import open_task
from pipelines.models.decoder_embedder import backbone_of, base_embedder
from pipelines.recipe.training_sections import EmbedSettings
from tests.unit.pipelines.training.tokenizer_families import FORMS, make_base

WORDS = ("one", "two", "three", "four")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> SentenceTransformer:
    base = make_base(FORMS["llama-3"], tmp_path_factory.mktemp("base"))
    return base_embedder(base, EmbedSettings(max_length=16, dtype="float32"))


def beir(folder: Path, *, relevant: str = "one", others: tuple[Document, ...] = ()) -> str:
    """A reference to a set whose one query is the word `one`."""
    documents = [*(Document(word, "", word) for word in WORDS), *others]
    corpus = {each.id: each for each in documents}
    write_beir(folder, RetrievalSet({"q": "one"}, corpus, {"q": {relevant: 1}}))
    return f"beir:{folder}"


def test_an_aggregate_is_the_mean_of_its_parts(model: SentenceTransformer, tmp_path: Path) -> None:
    parts = [open_task(beir(tmp_path / word, relevant=word), Sizes()) for word in ("one", "three")]

    class Both(AbsTaskAggregate):
        metadata = AggregateTaskMetadata(
            name="Both",
            description="Two sets",
            tasks=parts,
            main_score="ndcg_at_10",
            type="Retrieval",
            eval_splits=["test"],
        )

    embedder = ScoredEmbedder("mine", model, Reading())
    meta = embedder.encoder("").mteb_model_meta
    kept = KeptResults(UPath(tmp_path / "kept"), meta, tmp_path / "scratch")
    whole = measured(
        Both(), [ScoredPart(part, "Find it") for part in parts_of(Both())], embedder, kept
    )
    found = [measured(part, [ScoredPart(part, "Find it")], embedder, kept) for part in parts]
    assert not any(each.is_new for each in found)
    alone = [each.result.get_score() for each in found]
    assert alone[0] != alone[1]
    assert whole.result.get_score() == pytest.approx(sum(alone) / 2)
    file = ResultCache(tmp_path / "kept").get_task_result_path("Both", meta)
    told = json.loads(file.read_text(), parse_constant=pytest.fail)
    assert told["scores"]["test"][0]["main_score"] == pytest.approx(sum(alone) / 2)
    assert TaskResult.from_disk(file).validate_and_filter_scores(Both()).get_score() == (
        pytest.approx(sum(alone) / 2)
    )
    before = file.stat().st_mtime_ns
    measured(Both(), [ScoredPart(part, "Find it") for part in parts_of(Both())], embedder, kept)
    assert file.stat().st_mtime_ns == before, "what is there is not written again"


def test_documents_that_are_empty_or_missing_are_never_found(
    model: SentenceTransformer, tmp_path: Path
) -> None:
    lines: list[str] = []
    empty = Document("empty", "", " ")
    reference = beir(tmp_path / "set", relevant="empty", others=(empty,))
    judged = tmp_path / "set/qrels/test.tsv"
    judged.write_text(judged.read_text() + "q\tgone\t1\n")
    [score] = evaluate(
        {"mine": model},
        [reference],
        keeping=Keeping(tmp_path / "scores"),
        report=lambda done, total, text, kept: lines.append(text),
    )
    assert score.value == 0
    assert [line.partition(": ")[2] for line in lines[:2]] == [
        "judged documents that are not in the corpus, so never found: 1",
        "documents without any text, so never found: 1",
    ]


def test_a_model_whose_embeddings_are_no_numbers_is_refused(tmp_path: Path) -> None:
    base = make_base(FORMS["llama-3"], tmp_path / "base")
    broken = base_embedder(base, EmbedSettings(max_length=16, dtype="float32"))
    backbone_of(broken).norm.weight.data.fill_(float("nan"))
    with pytest.raises(BadInput, match="littlegiants/mine: an embedding holds no number"):
        evaluate({"mine": broken}, [beir(tmp_path / "set")], keeping=Keeping(tmp_path))


def test_queries_carry_the_instruction_documents_a_models_own_prompt(
    model: SentenceTransformer, tmp_path: Path
) -> None:
    seen: list[str] = []

    class Listening(SentenceTransformer):
        def encode(self, inputs: list[str], **options: object) -> object:
            seen.extend(f"{options['prompt']}{text}" for text in inputs)
            return super().encode(inputs, **options)

    prompts = {"query": "query: ", "document": "passage: "}
    own = Listening(modules=list(model), prompts=prompts)
    evaluate({"own": own}, [beir(tmp_path / "set")], keeping=Keeping(tmp_path))
    told = "Instruct: Given a question, retrieve documents that answer it\nQuery: one"
    assert sorted(seen) == sorted([told, *(f"passage: {word}" for word in WORDS)])
