"""What a training computes beside its rows' own tokens, and how fast: SFT, DPO, embedder."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Literal

from littlegiants.kinds import Kind
from pipelines.forecast import assumptions as known
from pipelines.recipe.recipe import load_recipe
from pipelines.recipe.training_sections import AlignSettings, EmbedSettings, FinetuneSettings
from pipelines.training.rows import Example, Pair, TrainingRun, Triplet
from tests.bench.drawn_lengths import columns_drawn, examples_drawn
from tests.bench.table import Row

RECIPE = "paper-8b"
EMBEDDED = (Kind.RETRIEVAL, Kind.CLASSIFICATION, Kind.STS)
PART = 192
"""Rows of a batch: the part that each of eight devices has of the paper's."""
PEAKS = {
    "H200": 989e12,
    "H100": 989e12,
    "A100": 312e12,
    "L40S": 362e12,
    "L4": 121e12,
    "A10": 125e12,
}
"""Dense bfloat16 operations a second by a part of the GPU's name, of the vendor's data sheets."""


@dataclass(slots=True)
class Count:
    """Tokens that passed a model's embeddings in passes that are learned from."""

    computed: int = 0
    real: int = 0
    seconds: float = 0.0
    parameters: int = 0


@contextmanager
def counted(model: Any, pad: int) -> Iterator[Count]:
    """Counts within the block; a padding token is never one of a text's own."""
    import torch

    count = Count(parameters=sum(each.numel() for each in model.parameters()))

    def passed(module: Any, inputs: tuple[Any, ...], output: Any) -> None:
        if torch.is_grad_enabled():
            count.computed += inputs[0].numel()
            count.real += int((inputs[0] != pad).sum())

    hook = model.get_input_embeddings().register_forward_hook(passed)
    began = time.perf_counter()
    try:
        yield count
    finally:
        count.seconds = time.perf_counter() - began
        hook.remove()


def training(model: Path) -> list[Row]:
    """SFT padded and without padding, DPO, the embedder as rows come and sorted by length."""
    ways: dict[str, tuple[Callable[[Path], Count], float]] = {
        "SFT, padded": (lambda base: sft(base, "off"), known.TRAIN_OPERATIONS.value),
        "SFT": (lambda base: sft(base, "auto"), known.TRAIN_OPERATIONS.value),
        "DPO": (dpo, known.DPO_OPERATIONS.value),
        "embedder, as rows come": (lambda base: embedder(base, is_sorted=False), 0.0),
        "embedder": (embedder, known.CACHED_OPERATIONS.value),
    }
    return [
        each
        for name, (way, operations) in ways.items()
        for each in rows_of(name, way(model), operations)
    ]


def rows_of(name: str, count: Count, operations: float) -> Iterator[Row]:
    """Figures of one training; a share of the peak where there is a GPU whose peak is known."""
    bar = "<= 1.15" if name == "embedder" else ""
    yield Row(
        f"{name}: computed", round(count.computed / count.real, 3), "a token", "", None, 0, bar
    )
    yield Row(f"{name}: speed", round(count.real / count.seconds), "tokens/s", "", None, 0, "")
    if operations and (found := peak()):
        share = operations * count.parameters * count.real / (count.seconds * found[1])
        yield Row(f"{name}: of the peak", round(share, 3), "share", found[0], None, 0, "")


def peak() -> tuple[str, float] | None:
    """The GPU's name and the operations a second that it is sold for."""
    import torch

    name = torch.cuda.get_device_name() if torch.cuda.is_available() else ""
    return next(((name, peak) for part, peak in PEAKS.items() if part in name), None)


def sft(base: Path, padding_free: Literal["auto", "off"]) -> Count:
    """One epoch of supervised fine-tuning."""
    from pipelines.training.sft import sft_trainer

    settings = FinetuneSettings(padding_free=padding_free, checkpoint_steps=999)
    lengths = examples_drawn(load_recipe(RECIPE), 16)
    rows = [Example(words(prompt), words(answer)) for prompt, answer in lengths]
    return trained(sft_trainer(rows, _run(base, settings)))


def dpo(base: Path) -> Count:
    """One epoch of preference training."""
    from pipelines.training.dpo import dpo_trainer

    lengths = examples_drawn(load_recipe(RECIPE), 16)
    rows = [Pair(words(first), words(answer), words(answer)) for first, answer in lengths]
    return trained(dpo_trainer(rows, _run(base, AlignSettings(checkpoint_steps=999))))


def embedder(base: Path, *, is_sorted: bool = True) -> Count:
    """One epoch of contrastive training, a batch of each kind."""
    from sentence_transformers.sentence_transformer.losses import (
        CachedMultipleNegativesRankingLoss,
    )

    from pipelines.training.embedder import embedder_trainer
    from pipelines.training.grouped_rows import grouped

    settings = EmbedSettings(batch_size=PART, mini_batch_size=16, checkpoint_steps=999)
    rows = []
    for kind in EMBEDDED:
        columns = columns_drawn(load_recipe(RECIPE), kind, PART)
        for number, lengths in enumerate(zip(*columns, strict=True)):
            rows.append(Triplet("", kind, *(words(each, number) for each in lengths)))
    run = _run(base, settings)
    trainer = embedder_trainer(grouped(rows, run.work / "rows", hard_negatives=True), run)
    if not is_sorted:
        plain = CachedMultipleNegativesRankingLoss(trainer.model, mini_batch_size=16)
        trainer.loss = dict.fromkeys(trainer.loss, plain)
    return trained(trainer)


def trained(trainer: Any) -> Count:
    """What one training counts."""
    from transformers import PrinterCallback

    trainer.remove_callback(PrinterCallback)
    tokenizer = trainer.processing_class
    model = getattr(trainer.model[0], "model", None) if is_embedder(trainer) else trainer.model
    with counted(model, getattr(tokenizer, "tokenizer", tokenizer).pad_token_id) as count:
        trainer.train()
    return count


def is_embedder(trainer: Any) -> bool:
    """Whether it trains a sentence-transformers model."""
    return hasattr(trainer.model, "encode")


def words(tokens: int, number: int = 0) -> str:
    """A text of about so many tokens; with a number, one that no other row has."""
    start = f"{number} " if number else ""
    return start + " ".join(random.Random(tokens).choices(("one", "two", "all", "the"), k=tokens))


def _run(base: Path, settings: Any) -> TrainingRun[Any]:
    from pipelines.training.runs import started

    folder = Path(mkdtemp())
    return started(TrainingRun(base, folder / "out", folder / "work", settings, seed=0))
