"""The embedder that a run delivers: whole with sentence-transformers alone, and with its card."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from huggingface_hub import ModelCard
from sentence_transformers import SentenceTransformer
from upath import UPath

from littlegiants.kinds import Kind
from pipelines.data.records import Row
from pipelines.evaluation.beir import Document, RetrievalSet, write_beir
from pipelines.recipe.recipe import load_recipe
from pipelines.report.collected_scores import collected_scores
from pipelines.report.model_card import write_card
from pipelines.run.folder import Run
from pipelines.steps import embed, evaluate
from tests.unit.pipelines.training.tokenizer_families import FORMS, make_base

pytestmark = [pytest.mark.training, pytest.mark.filterwarnings("default")]

WORDS = ("one", "two", "three", "four")
ALONE = """
import json, sys
for hidden in ("littlegiants", "pipelines", "services", "trl", "mteb"):
    sys.modules[hidden] = None
from sentence_transformers import SentenceTransformer
model = SentenceTransformer(sys.argv[1])
print(json.dumps(model.encode_query(["one", ""]).tolist()))
"""


def row(kind: Kind, word: str) -> Row:
    return Row(
        id=f"{kind}-{word}",
        kind=kind,
        task="Find it",
        query=word,
        positive=f"{word} {word}",
        negative="five six",
        language="English",
        revised=False,
        senior={},
        revisor={},
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run that has trained and scored an embedder."""
    folder = tmp_path_factory.mktemp("run")
    base = make_base(FORMS["mistral"], folder / "base")
    (base / "README.md").write_text("---\nlicense: apache-2.0\n---\n")
    corpus = {word: Document(word, "", word) for word in WORDS}
    write_beir(folder / "set", RetrievalSet({"q": "one"}, corpus, {"q": {"one": 1}}))
    changes = [f"models.embedder={base}", f"evaluate.tasks=['beir:{folder}/set']"]
    run = Run(UPath(folder / "run"), load_recipe("laptop", changes))
    run.path("dataset").parent.mkdir(parents=True)
    run.write("dataset", [row(kind, word) for kind in Kind for word in WORDS])
    for step in (embed.STEP, evaluate.STEP):
        step(step.settings(_cli_parse_args=False, run=str(run.folder), set=changes))
    return run


@pytest.mark.slow
def test_it_reads_texts_alike_with_sentence_transformers_alone(run: Run, tmp_path: Path) -> None:
    folder = str(run.folder / "models/embedder")
    program = [sys.executable, "-I", "-c", ALONE, folder]
    told = subprocess.run(program, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    here = SentenceTransformer(folder).encode_query(["one", ""])
    assert json.loads(told.stdout) == [pytest.approx(row, abs=1e-3) for row in here.tolist()]


def test_its_card_has_the_scores_and_makes_no_other_model_of_it(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    path = Path(str(run.folder)) / "models/embedder/README.md"
    assert "Not evaluated yet" in path.read_text()
    embedded = run.stage("embed")
    assert embedded is not None
    write_card(run, embedded, collected_scores(run))
    [scored] = ModelCard.load(path).data.eval_results
    assert (scored.task_type, scored.metric_type) == ("Retrieval", "ndcg_at_10")
    assert "| apache-2.0 |" in path.read_text()
    changes = [f"{name}={value}" for name, value in changes_of(run).items()]
    evaluate.STEP(evaluate.STEP.settings(_cli_parse_args=False, run=str(run.folder), set=changes))
    assert "[evaluate-0] done before" in capsys.readouterr().out


def changes_of(run: Run) -> dict[str, object]:
    """What the run's recipe has in place of the laptop's."""
    recipe = run.recipe
    return {
        "models.embedder": recipe.models.embedder,
        "evaluate.tasks": list(recipe.evaluate.tasks),
    }
