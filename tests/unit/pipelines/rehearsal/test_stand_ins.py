"""A model's name tells its family; an unknown one gets the nearest that is shipped."""

import pytest

from pipelines.rehearsal.stand_ins import family_of, is_instructed


@pytest.mark.parametrize(
    ("reference", "family"),
    [
        ("hf:meta-llama/Meta-Llama-3-8B", "llama-3"),
        ("hf:meta-llama/Llama-3.3-70B-Instruct", "llama-3"),
        ("hf:mistralai/Mistral-7B-v0.1", "mistral"),
        ("hf:intfloat/e5-mistral-7b-instruct", "mistral"),
        ("hf:meta-llama/Llama-2-7b-hf", "mistral"),
        ("hf:Qwen/Qwen3-Embedding-0.6B", "qwen"),
        ("hf:openai-community/gpt2", "gpt-2"),
        ("hf:EleutherAI/pythia-160m", "pythia"),
        ("hf:HuggingFaceTB/SmolLM2-360M", "smollm2"),
        ("hf:BAAI/bge-base-en-v1.5", "bert"),
        ("hf:sentence-transformers/all-MiniLM-L6-v2", "bert"),
        ("hf:somebody/unheard-of", "smollm2"),
    ],
)
def test_a_name_tells_the_family(reference: str, family: str) -> None:
    assert family_of(reference, writes=True) == family


def test_an_unknown_model_that_only_reads_is_an_encoder() -> None:
    assert family_of("hf:somebody/unheard-of", writes=False) == "bert"


@pytest.mark.parametrize(
    ("reference", "instructed"),
    [
        ("hf:meta-llama/Llama-3.3-70B-Instruct", True),
        ("hf:google/gemma-2-2b-it", True),
        ("hf:meta-llama/Meta-Llama-3-8B", False),
        ("hf:somebody/italian", False),
    ],
)
def test_a_name_tells_whether_a_chat_template_comes_with_it(
    reference: str, instructed: bool
) -> None:
    assert is_instructed(reference) is instructed
