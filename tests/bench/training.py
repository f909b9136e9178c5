"""What a training computes beside its rows' own tokens, and how fast: SFT, DPO, embedder."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Literal

from littlegiants.kinds import Kind
from pipelines.forecast import assumptions as known
from pipelines.recipe.training_sections import (
    AlignSettings,
    EmbedSettings,
    FinetuneSettings,
    LoraSettings,
)
from pipelines.training.rows import Example, Pair, TrainingRun, Triplet
from tests.bench.drawn_lengths import Lengths
from tests.bench.table import Row, row

ROWS = 16
"""Of a generator's training."""
EMBEDDED = (Kind.RETRIEVAL, Kind.CLASSIFICATION, Kind.STS)
PART = 96
"""Rows of an embedder's batch: the part that each of sixteen devices has of the paper's."""
PEAKS = {
    "H200": 989e12,
    "H100": 989e12,
    "A100": 312e12,
    "L40S": 362e12,
    "L4": 121e12,
    "A10": 125e12,
}
"""Dense bfloat16 operations a second by a part of the GPU's name, of the vendor's data sheets."""

Padding = Literal["auto", "off"]


@dataclass(slots=True)
class Count:
    """Tokens that passed a model's embeddings in passes that are learned from."""

    computed: int = 0
    real: int = 0
    seconds: float = 0.0
    loss: float = 0.0
    parameters: int = 0


FIGURES: dict[str, tuple[str, Callable[[Count], float]]] = {
    "computed": ("a token", lambda count: count.computed / count.real),
    "speed": ("tokens/s", lambda count: count.real / count.seconds),
    "loss": ("", lambda count: count.loss),
}


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


def training(model: Path, lengths: Lengths, repeats: int) -> list[Row]:
    """SFT and DPO beside themselves with padding, the embedder beside itself with rows unsorted."""
    found = []
    for name, way, operations, bar in (
        ("SFT", sft, known.TRAIN_OPERATIONS.value, ">= 1.1"),
        ("DPO", dpo, known.DPO_OPERATIONS.value, ""),
    ):
        ways = [partial(way, model, lengths, padding) for padding in ("auto", "off")]
        ours, peers = in_turn(ways, repeats)
        found += rows_of(name, ours, (peers, "padded"), {"computed": "", "speed": bar, "loss": ""})
        found.append(of_the_peak(name, ours, operations))
    ways = [partial(embedder, model, lengths, is_sorted=each) for each in (True, False)]
    ours, peers = in_turn(ways, 1)
    bars = {"computed": "<= 1.15", "speed": ""}
    found += rows_of("embedder", ours, (peers, "rows as they come"), bars)
    return [*found, of_the_peak("embedder", ours, known.CACHED_OPERATIONS.value)]


def in_turn(ways: Sequence[Callable[[], Count]], repeats: int) -> list[list[Count]]:
    """Counts of each way, in rounds in turn; with several rounds, one before them warms up."""
    warm = int(repeats > 1)
    rounds = [[way() for way in ways] for _ in range(warm + repeats)]
    return [list(counts) for counts in zip(*rounds[warm:], strict=True)]


def rows_of(
    name: str, ours: list[Count], peer: tuple[list[Count], str], bars: dict[str, str]
) -> list[Row]:
    """Figures with a bar, empty where none is set: tokens computed for each real one, and more."""
    theirs, against = peer
    return [
        row(f"{name}: {figure}", [*map(of, ours)], [*map(of, theirs)], (against, unit), bar)
        for figure, bar in bars.items()
        for unit, of in (FIGURES[figure],)
    ]


def of_the_peak(name: str, counts: Sequence[Count], operations: float) -> Row:
    """The share of what the GPU is sold for; none where there is no GPU whose peak is known."""
    import torch

    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else ""
    peak = next((peak for part, peak in PEAKS.items() if part in gpu), None)
    best = max(count.parameters * count.real / count.seconds for count in counts)
    share = round(operations * best / peak, 3) if peak else None
    return Row(f"{name}: of the peak", share, "share", gpu or "no GPU", None, None, "")


def sft(base: Path, lengths: Lengths, padding_free: Padding) -> Count:
    """One epoch of supervised fine-tuning."""
    from pipelines.training.sft import sft_trainer

    # dropout of the adapter, drawn for other shapes, would make losses differ
    lora = LoraSettings(dropout=0)
    settings = FinetuneSettings(padding_free=padding_free, checkpoint_steps=999, lora=lora)
    rows = [Example(words(prompt), words(answer)) for prompt, answer, _ in lengths.pairs(ROWS)]
    return trained(sft_trainer(rows, _run(base, settings)))


def dpo(base: Path, lengths: Lengths, padding_free: Padding) -> Count:
    """One epoch of preference training."""
    from pipelines.training.dpo import dpo_trainer

    settings = AlignSettings(padding_free=padding_free, checkpoint_steps=999)
    rows = [Pair(*map(words, each)) for each in lengths.pairs(ROWS)]
    return trained(dpo_trainer(rows, _run(base, settings)))


def embedder(base: Path, lengths: Lengths, *, is_sorted: bool) -> Count:
    """One epoch of contrastive training, a batch of each kind."""
    from sentence_transformers.sentence_transformer.losses import (
        CachedMultipleNegativesRankingLoss,
    )

    from pipelines.training.contrast.grouped_rows import grouped
    from pipelines.training.embedder import embedder_trainer

    settings = EmbedSettings(batch_size=PART, mini_batch_size=16, checkpoint_steps=999)
    rows = []
    for kind in EMBEDDED:
        for number, of_texts in enumerate(zip(*lengths.columns(kind, PART), strict=True)):
            rows.append(Triplet("", kind, *(words(each, number) for each in of_texts)))
    run = _run(base, settings)
    trainer = embedder_trainer(grouped(rows, run.work / "rows", run.settings), run)
    if not is_sorted:
        plain = CachedMultipleNegativesRankingLoss(trainer.model, mini_batch_size=16)
        trainer.loss = dict.fromkeys(trainer.loss, plain)
    return trained(trainer)


def trained(trainer: Any) -> Count:
    """What one training counts."""
    from transformers import PrinterCallback

    trainer.remove_callback(PrinterCallback)
    tokenizer = trainer.processing_class
    is_embedder = hasattr(trainer.model, "encode")
    model = getattr(trainer.model[0], "model", None) if is_embedder else trainer.model
    with counted(model, getattr(tokenizer, "tokenizer", tokenizer).pad_token_id) as count:
        count.loss = trainer.train().training_loss
    return count


def words(tokens: int, number: int = 0) -> str:
    """A text of about so many tokens; with a number, one that no other row has."""
    start = f"{number} " if number else ""
    return start + " ".join(random.Random(tokens).choices(("one", "two", "all", "the"), k=tokens))


def _run(base: Path, settings: Any) -> TrainingRun[Any]:
    from pipelines.training.runs import started

    folder = Path(mkdtemp())
    return started(TrainingRun(base, folder / "out", folder / "work", settings, seed=0))
