"""What is learned of an answer: all of it, its end too, and nothing that only pads."""

from pathlib import Path

import pytest
from transformers import AutoTokenizer

from littlegiants.plain_chat_template import prompt_tokens
from pipelines.models.chat_template import training_tokenizer
from pipelines.recipe.training_sections import (
    AlignLora,
    AlignSettings,
    FinetuneSettings,
    LoraSettings,
)
from pipelines.training.dpo import dpo_trainer
from pipelines.training.rows import Example, Pair, Trained, TrainingRun
from pipelines.training.sft import sft_trainer
from tests.unit.pipelines.training.tokenizer_families import FORMS, make_base

SIZES = {"batch_size": 2, "micro_batch_size": 2, "max_length": 64, "dtype": "float32"}
LORA = LoraSettings(target_modules=("c_attn",))


@pytest.fixture(scope="module")
def padded_with_its_end(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base whose tokenizer has one special token only."""
    return make_base(FORMS["gpt-2"], tmp_path_factory.mktemp("gpt-2"))


def run_from(base: Path, work: Path, settings: Trained) -> TrainingRun[Trained]:
    return TrainingRun(base, work / "out", work, settings, seed=1)


@pytest.mark.filterwarnings("default")
def test_the_end_of_an_answer_is_learned_where_it_pads_too(
    padded_with_its_end: Path, tmp_path: Path
) -> None:
    trainer = sft_trainer(
        [Example("one", "two"), Example("one", "two three four five")],
        run_from(
            padded_with_its_end, tmp_path, FinetuneSettings(**SIZES, padding_free="off", lora=LORA)
        ),
    )
    labels = trainer.data_collator(list(trainer.train_dataset))["labels"]
    tokenizer = training_tokenizer(padded_with_its_end)
    learned = [tokenizer.decode(row[row != -100]) for row in labels]
    assert learned == ["two<|endoftext|>", "two three four five<|endoftext|>"]


@pytest.mark.filterwarnings("default")
def test_the_end_of_an_answer_counts_in_a_preference_where_it_pads_too(
    padded_with_its_end: Path, tmp_path: Path
) -> None:
    trainer = dpo_trainer(
        [Pair("one", "two", "two three four five")],
        run_from(
            padded_with_its_end,
            tmp_path,
            AlignSettings(**SIZES, lora=AlignLora(target_modules=("c_attn",))),
        ),
    )
    batch = trainer.data_collator(list(trainer.train_dataset))
    tokenizer = training_tokenizer(padded_with_its_end)
    counted = [
        tokenizer.decode(ids[mask == 1])
        for ids, mask in zip(batch["input_ids"], batch["completion_mask"], strict=True)
    ]
    assert counted == ["two<|endoftext|>", "two three four five<|endoftext|>"]


@pytest.mark.parametrize("form", ["gpt-2", "pythia", "llama-3"])
def test_a_base_without_a_template_is_asked_as_what_is_trained_from_it(
    tmp_path: Path, form: str
) -> None:
    base = AutoTokenizer.from_pretrained(make_base(FORMS[form], tmp_path / "base"))
    training_tokenizer(tmp_path / "base").save_pretrained(tmp_path / "trained")
    trained = AutoTokenizer.from_pretrained(tmp_path / "trained")
    assert (base.chat_template, bool(trained.chat_template)) == (None, True)
    asked = prompt_tokens(base, "one two")
    assert asked == prompt_tokens(trained, "one two")
    assert base.decode(asked).endswith("one two\n\n### Answer:\n")
