"""Real training of real models: what is learned, what is written, what a kill costs."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from sentence_transformers import SentenceTransformer
from transformers import AutoModelForCausalLM, AutoTokenizer

from littlegiants.errors import BadInput
from littlegiants.plain_chat_template import PLAIN_TEMPLATE
from pipelines.models.chat_template import user
from pipelines.models.decoder_embedder import base_embedder
from pipelines.recipe.training_sections import (
    AlignSettings,
    EmbedLora,
    EmbedSettings,
    FinetuneSettings,
)
from pipelines.storage.digests import file_digests
from pipelines.training.contrast.losses import OwnNegativeLoss
from pipelines.training.dpo import align
from pipelines.training.embedder import train_embedder
from pipelines.training.rows import Example, Pair, TrainingRun, TrainingStep, Triplet, query_text
from pipelines.training.sft import finetune, sft_trainer
from tests.integration import killed_run
from tests.integration.tiny_model import make_tiny_model

pytestmark = [pytest.mark.training, pytest.mark.filterwarnings("default")]

KINDS = ("sft", "dpo", "embed")
KILLED_AT = 5
"""With a checkpoint every second step, step 5 is lost and done again."""


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def folder(smollm2: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("training")
    make_tiny_model(smollm2, folder / "tiny")
    return folder


@pytest.fixture(scope="module")
def killed_runs(folder: Path) -> Path:
    """Where a run of each kind was killed."""
    program = [sys.executable, "-m", "tests.integration.killed_run"]
    subprocess.run(
        [*program, str(folder), str(KILLED_AT), *KINDS],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        cwd=Path(__file__).parents[2],
        check=True,
    )
    return folder


@pytest.fixture(scope="module", params=KINDS)
def killed(request: pytest.FixtureRequest, killed_runs: Path) -> tuple[str, Path]:
    """A kind of training whose run was killed, and that run's work folder."""
    kind: str = request.param
    killed_run.train(kind, killed_runs, work=f"{kind}-whole")
    return kind, killed_runs / f"{kind}-killed"


def resume(killed: tuple[str, Path], name: str) -> list[TrainingStep]:
    kind, work = killed
    copy = work.with_name(f"{kind}-{name}")
    shutil.copytree(work, copy)
    if name == "torn":
        optimizer = copy / "checkpoint-4" / "optimizer.pt"
        optimizer.write_bytes(optimizer.read_bytes()[:1000])
    return killed_run.train(kind, work.parent, work=copy.name)


@pytest.mark.parametrize("name", ["resumed", "torn"])
def test_killed_run_ends_with_the_weights_of_an_undisturbed_one(
    killed: tuple[str, Path], name: str
) -> None:
    kind, work = killed
    steps = resume(killed, name)
    assert file_digests(work.with_name(f"{kind}-{name}-out")) == file_digests(
        work.with_name(f"{kind}-whole-out")
    )
    written = (work.with_name(f"{kind}-{name}") / "training.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in written] == [step.step for step in steps]
    assert [step.step for step in steps] == list(range(1, steps[0].total_steps + 1))


def test_checkpoint_of_other_rows_is_not_taken_up(folder: Path) -> None:
    killed_run.train("sft", folder, work="others")
    reported: list[int] = []
    finetune(
        [Example("Say it.", "It.")] * 4,
        TrainingRun(
            base=folder / "tiny",
            out=folder / "others-out",
            work=folder / "others",
            settings=FinetuneSettings(**killed_run.SIZES),
            seed=3,
            report=lambda step: reported.append(step.step),
        ),
    )
    assert reported == [1, 2]


@pytest.mark.parametrize("template", [None, PLAIN_TEMPLATE], ids=["own", "plain"])
def test_prompt_is_trained_on_as_it_is_served(folder: Path, template: str | None) -> None:
    base = folder / "tiny"
    if template:
        base = shutil.copytree(base, folder / "untemplated")
        (base / "chat_template.jinja").unlink()
    settings = FinetuneSettings(**killed_run.SIZES)
    trainer = sft_trainer(
        [Example("Name a river.", '{"river": "Oder"}')],
        TrainingRun(base, folder / "out", folder, settings, seed=0),
    )
    trainer.processing_class.save_pretrained(folder / "served")
    served = AutoTokenizer.from_pretrained(folder / "served")
    row = trainer.train_dataset[0]
    prompt = [
        token for token, label in zip(row["input_ids"], row["labels"], strict=True) if label == -100
    ]
    assert prompt == served.apply_chat_template(
        user("Name a river."), add_generation_prompt=True, return_dict=False
    )
    learned = served.decode([label for label in row["labels"] if label != -100])
    assert learned.removesuffix("\n").endswith('{"river": "Oder"}' + served.eos_token)


def test_rows_that_do_not_fit_are_counted(folder: Path) -> None:
    settings = FinetuneSettings(**killed_run.SIZES)
    run = TrainingRun(folder / "tiny", folder / "out", folder, settings, seed=0)
    rows = [Example("Say it.", "It."), Example("Say it.", "long " * 100)]
    sft_trainer(rows, run)
    counts = json.loads((folder / "counts.json").read_text())
    assert counts == {"in": 2, "out": 1, "dropped": {"too_long": 1}}
    with pytest.raises(BadInput, match="max_length"):
        sft_trainer(rows[1:], run)


@pytest.mark.slow
def test_finetuned_model_has_learned_the_examples(smollm2: Path, tmp_path: Path) -> None:
    rows = [Example(f"Item {n}?", f'{{"item": "blue {n}"}}') for n in range(8)]
    settings = FinetuneSettings(learning_rate=2e-3, batch_size=4, epochs=2, max_length=96, warmup=0)
    out = tmp_path / "out"
    steps = finetune(rows, TrainingRun(smollm2, out, tmp_path / "work", settings, seed=1))
    assert steps[-1].loss < steps[0].loss / 2
    model = AutoModelForCausalLM.from_pretrained(out, dtype="auto")
    assert model.dtype == torch.bfloat16
    tokenizer = AutoTokenizer.from_pretrained(out)
    prompt = tokenizer.apply_chat_template(
        user("Item 3?"), add_generation_prompt=True, return_tensors="pt"
    )
    # bfloat16 stands still on a processor that does not multiply it
    answer = model.float().generate(**prompt, max_new_tokens=8, do_sample=False)
    assert '{"item": "' in tokenizer.decode(answer[0, prompt["input_ids"].shape[1] :])


@pytest.mark.slow
def test_aligned_model_prefers_the_better_answer(smollm2: Path, tmp_path: Path) -> None:
    pairs = [Pair(f"Item {n}?", f'{{"item": "blue {n}"}}', f"item {n} red") for n in range(4)]
    settings = AlignSettings(
        learning_rate=1e-3, batch_size=2, micro_batch_size=2, max_length=96, warmup=0
    )
    out, work = tmp_path / "out", tmp_path / "work"
    steps = align(pairs, TrainingRun(smollm2, out, work, settings, seed=1))
    assert steps[0].margin == pytest.approx(0, abs=1e-3)
    assert steps[1].margin is not None
    assert steps[1].margin > 0.01
    assert steps[1].accuracy == 1
    AutoModelForCausalLM.from_pretrained(out)


TOPICS = ("bees", "tides", "opera", "glass", "bread", "comets", "chess", "moss")


@pytest.mark.slow
def test_trained_embedder_tells_documents_apart_better(smollm2: Path, tmp_path: Path) -> None:
    rows = [Triplet("Find it.", "sts", topic, f"All about {topic}.") for topic in TOPICS]
    settings = EmbedSettings(
        learning_rate=1e-3,
        batch_size=8,
        mini_batch_size=8,
        epochs=6,
        max_length=16,
        temperature=0.05,
        warmup=0,
        lora=EmbedLora(dropout=0),
    )
    out = tmp_path / "out"
    steps = train_embedder(rows, TrainingRun(smollm2, out, tmp_path / "work", settings, seed=1))
    assert steps[-1].loss < steps[0].loss
    trained, base = (base_embedder(each, settings) for each in (out, smollm2))
    assert separation(trained) > separation(base)
    assert trained.max_seq_length == 16


@pytest.mark.parametrize("saved", [False, True], ids=["made", "saved"])
def test_embedder_reads_bare_texts_that_end_with_eos(
    folder: Path, tmp_path: Path, saved: bool
) -> None:
    model = base_embedder(folder / "tiny", EmbedSettings(max_length=6))
    if saved:
        model.save_pretrained(str(tmp_path))
        model = SentenceTransformer(str(tmp_path))
    tokens = model.preprocess(["bees", "one two three four five six seven"])["input_ids"]
    pad, eos = model.tokenizer.pad_token, model.tokenizer.eos_token
    assert [model.tokenizer.decode(row) for row in tokens] == [
        "bees" + eos + pad * 4,
        "one two three four five" + eos,
    ]


def separation(model: SentenceTransformer) -> float:
    """Cosine of a query and its own document less that of a query and another, on average."""
    queries = model.encode([query_text("Find it.", topic) for topic in TOPICS])
    documents = model.encode([f"All about {topic}." for topic in TOPICS])
    cosines = model.similarity(queries, documents)
    others = (cosines.sum() - cosines.trace()) / (len(TOPICS) * (len(TOPICS) - 1))
    return float(cosines.trace() / len(TOPICS) - others)


def test_cached_gradients_are_those_of_the_whole_batch(folder: Path) -> None:
    settings = EmbedSettings(max_length=32, dtype="float32")
    model = base_embedder(folder / "tiny", settings)
    columns = [["is it raining?", "a cat"], ["the weather", "an animal"], ["a dish", "a plant"]]
    gradients = {}
    for mini_batch_size in (1, 2):
        sizes = {"mini_batch_size": mini_batch_size, "most_tokens": 32 * mini_batch_size}
        loss = OwnNegativeLoss(model, scale=20, **sizes)
        model.zero_grad()
        value = loss([model.tokenize(texts) for texts in columns], torch.zeros(2))
        value.backward()
        weight = model[0].model.embed_tokens.weight
        gradients[mini_batch_size] = (value.item(), weight.grad.clone())
    assert gradients[1][0] == pytest.approx(gradients[2][0], abs=1e-5)
    assert torch.allclose(gradients[1][1], gradients[2][1], atol=1e-5)
