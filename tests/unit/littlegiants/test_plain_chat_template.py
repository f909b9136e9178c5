"""A base without a chat template is served the very prompt that it is trained on."""

from pathlib import Path

import pytest
from transformers import AutoTokenizer

from littlegiants.plain_chat_template import prompt_tokens
from pipelines.models.chat_template import training_tokenizer, user
from tests.unit.pipelines.training.tokenizer_families import FORMS, make_base


@pytest.mark.parametrize("family", ["gpt-2", "pythia", "llama-3", "mistral"])
def test_an_untrained_base_is_asked_as_its_trained_model_will_be(
    tmp_path: Path, family: str
) -> None:
    base = make_base(FORMS[family], tmp_path)
    served = AutoTokenizer.from_pretrained(base)
    assert served.chat_template is None
    trained = training_tokenizer(base)
    asked = trained.apply_chat_template(
        user("hello world"), add_generation_prompt=True, return_dict=False
    )
    assert prompt_tokens(served, "hello world") == asked
    assert "### Answer:" in served.decode(asked)


def test_a_models_own_template_wins(tmp_path: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(make_base(FORMS["gpt-2"], tmp_path))
    tokenizer.chat_template = "{{ messages[0]['content'] }}!"
    assert tokenizer.decode(prompt_tokens(tokenizer, "hello")) == "hello!"
