"""Assumptions of a forecast: each value with where it comes from."""

import contextlib
import math
import re
from dataclasses import dataclass
from pathlib import Path

from littlegiants.errors import BadInput
from littlegiants.tensors import tensor_shapes
from littlegiants.weights import SAFETENSORS


@dataclass(frozen=True, slots=True)
class Assumption:
    """A number that is not in the recipe; `source` is a paper, a measurement, or ours."""

    name: str
    value: float
    source: str

    def __str__(self) -> str:
        return f"{self.name}: {self.value:,.6g} ({self.source})"


CHARACTERS_PER_TOKEN = Assumption(
    "characters a token", 4, "English text, rule of thumb of OpenAI's tokenizer page"
)
TOKENS_PER_WORD = Assumption(
    "tokens a word", 4 / 3, "a token is about 3/4 of a word, rule of thumb of the same page"
)
WRITTEN_SHARE = Assumption(
    "written of the words that are asked for", 0.6, "ours; a writer falls short of long texts"
)
NEW_SHARE = Assumption("new of the topics that a teacher names", 0.97, "ours")
THINKING = Assumption(
    "thinking tokens of an answer", 0, "teacher.thinking_tokens or by reasoning_effort, all used"
)
REASON_WORDS = Assumption("words of a judge's or a revisor's reason", 40, "ours")
FIELD_TOKENS = Assumption("tokens of a JSON field beside its text", 8, "ours")
KEPT_SHARE = Assumption(
    "kept of the raw samples", 920_415 / 1_150_000, "SPEED, arXiv 2410.18634: 920,415 of 1.15M"
)
CALL_START_S = Assumption("seconds before a bought teacher writes", 1, "ours")
CALL_TOKENS_PER_S = Assumption("tokens a second of one bought answer", 50, "ours")
BATCH_S = Assumption("seconds until a batch is answered, at most", 86_400, "OpenAI's batch guide")
RECORD_BYTES = Assumption("bytes of a record beside its texts", 400, "ours")
COPIES = Assumption("copies of a written text: journal and data file", 2, "how runs are stored")
WEIGHT_BYTES = Assumption("bytes a parameter", 2, "bfloat16")
GPU_DECODE = Assumption(
    "tokens a second that one H100 writes, times parameters",
    6_443 * 8.2e9,
    "6,443 of Qwen3-8B on an H100-80GB with vLLM 0.15, measured by datatrove's inference benchmark",
)
GPU_FLOPS = Assumption(
    "operations a second of one H100 in training and reading",
    0.35 * 989e12,
    "989 TFLOPS dense bfloat16 by NVIDIA's data sheet, at 35 % use: ours",
)
LAPTOP = "the laptop recipe's stages, measured on two cores"
ENGINE_STARTS = Assumption("starts of torch until an engine serves", 6, LAPTOP)
ENGINE_SHARE = Assumption(
    "of this machine's rate that an engine writes with, prompts and tries included", 0.09, LAPTOP
)
TRAINING_STARTS = Assumption("starts of torch around a training", 3, LAPTOP)
TRAINING_SHARE = Assumption("of this machine's rate that a training reaches", 0.55, LAPTOP)
READING_STARTS = Assumption("starts of torch around an evaluation", 3, LAPTOP)
READING_SHARE = Assumption("of this machine's rate that an evaluation reaches", 1.0, LAPTOP)
SCORER_STARTS = Assumption("starts of torch until a scorer has judged", 0.8, LAPTOP)
CONVERSION_STARTS = Assumption("starts of torch until a packed model is unpacked", 4, LAPTOP)
STEP_S = Assumption("seconds of a step beside its items", 0.8, LAPTOP)
RECORDED_S = Assumption("seconds of a recorded answer", 0.015, LAPTOP)
CURATED_S = Assumption("seconds of a text in curation", 0.0011, LAPTOP)
TOLD_TOKENS_PER_S = Assumption(
    "tokens whose language curation tells in a second", 5e5, "texts of 2,000 characters, one core"
)
COPIED_BYTES_PER_S = Assumption("bytes of weights that are promoted in a second", 5e8, LAPTOP)
TRAIN_OPERATIONS = Assumption(
    "operations a parameter and token of LoRA training",
    6,
    "2 forward, 2 again for checkpointing, 2 backward to the activations",
)
DPO_OPERATIONS = Assumption(
    "operations a parameter and token of DPO", 8, "training, and the reference's forward pass"
)
CACHED_OPERATIONS = Assumption(
    "operations a parameter and token of contrastive training with cached gradients",
    8,
    "training, and a first forward pass",
)
READ_OPERATIONS = Assumption("operations a parameter and token of embedding", 2, "forward pass")
STATISTICS = "characters in mteb 2.26's statistics of their data, a fourth of them"
PAPER_TOKENS = Assumption("tokens of MTEB(eng, v1)'s 56 tasks", 4.1e9, STATISTICS)
PAPER_LARGEST = Assumption("of them in the largest task, MSMARCO", 0.181, STATISTICS)
ENGLISH_TOKENS = Assumption("tokens of MTEB(eng, v2)'s 41 tasks", 4.4e8, STATISTICS)
ENGLISH_LARGEST = Assumption("of them in the largest, Touche2020Retrieval.v3", 0.362, STATISTICS)
NANO_TOKENS = Assumption("tokens of NanoBEIR's 13 tasks", 1.28e7, STATISTICS)
NANO_LARGEST = Assumption("of them in the largest, NanoTouche2020Retrieval", 0.241, STATISTICS)
TASK_TOKENS = Assumption("tokens of another task of MTEB", 1e7, "ours")
DOCUMENT_TOKENS = Assumption("tokens of a built-in set's text", 60, "ours")


def told(*used: Assumption) -> tuple[str, ...]:
    """Assumptions as text."""
    return tuple(str(each) for each in used)


KNOWN_SIZES = {"all-minilm-l6-v2": 22.7e6, "bge-base-en-v1.5": 109e6}
SIZE = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)([bm])(?![a-z0-9])")


def parameters_of(reference: str) -> float | None:
    """Parameters of a model: of a folder its tensors', else as the name tells; None: unknown."""
    folder = Path(reference)
    if any(folder.glob(f"*{SAFETENSORS}")):
        with contextlib.suppress(BadInput):  # preflight says so of a folder that is not whole
            return float(sum(map(math.prod, tensor_shapes(folder).values())))
    name = reference.lower().rpartition("/")[2].rpartition(":")[2]
    if name in KNOWN_SIZES:
        return KNOWN_SIZES[name]
    found = SIZE.search(name)
    return float(found[1]) * {"b": 1e9, "m": 1e6}[found[2]] if found else None
