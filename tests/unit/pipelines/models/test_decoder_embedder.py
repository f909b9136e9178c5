"""A text ends with the end-of-text token, whichever family the base's tokenizer is of."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from sentence_transformers import SentenceTransformer

from littlegiants.errors import BadInput
from pipelines.models.chat_template import training_tokenizer
from pipelines.models.decoder_embedder import base_embedder
from pipelines.recipe.training_sections import EmbedSettings
from tests.unit.pipelines.training.tokenizer_families import FORMS, Form, make_base

SETTINGS = EmbedSettings(max_length=32, dtype="float32")
LONG = "one two three four five six seven"


@dataclass(frozen=True, slots=True)
class Opened:
    """A family's base, the embedder made of it and that embedder, saved and loaded."""

    form: Form
    base: Path
    made: SentenceTransformer
    saved: SentenceTransformer

    @property
    def ends(self) -> tuple[list[str], str]:
        """What stands before a text and after it."""
        before, _, after = self.form.template.partition("$A")
        return before.split(), after.strip() or self.form.named["eos_token"]


@pytest.fixture(scope="module", params=FORMS)
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Opened:
    folder = tmp_path_factory.mktemp(request.param)
    base = make_base(FORMS[request.param], folder / "base")
    made = base_embedder(base, SETTINGS)
    made.save_pretrained(str(folder / "saved"), create_model_card=False)
    return Opened(FORMS[request.param], base, made, SentenceTransformer(str(folder / "saved")))


def tokens(model: SentenceTransformer, text: str) -> list[str]:
    read = model.preprocess([text])["input_ids"][0]
    return list(model.tokenizer.convert_ids_to_tokens(read))


def test_a_text_begins_as_its_family_begins_it_and_is_closed(opened: Opened) -> None:
    before, end = opened.ends
    for model in (opened.made, opened.saved):
        whole = tokens(model, "hello world")
        assert (whole[: len(before)], whole[-1]) == (before, end)
        text = model.tokenizer.convert_tokens_to_ids(whole[len(before) : -1])
        assert model.tokenizer.decode(text).strip() == "hello world"
        assert tokens(model, "") == [*before, end]


def test_a_text_that_is_cut_is_closed(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    before, end = opened.ends
    for model in (opened.made, opened.saved):
        monkeypatch.setattr(model, "max_seq_length", 3)
        cut = tokens(model, LONG)
        assert (len(cut), cut[: len(before)], cut[-1]) == (3, before, end)


def test_a_shorter_text_in_a_batch_is_embedded_as_alone(opened: Opened) -> None:
    alone, beside = opened.saved.encode(["hello"]), opened.saved.encode(["hello", LONG])
    assert alone[0] == pytest.approx(beside[0], abs=1e-5)


def test_the_end_of_text_pads_only_where_nothing_else_can(opened: Opened) -> None:
    assert training_tokenizer(opened.base).pad_token == opened.form.padding


def test_a_tokenizer_without_any_end_is_refused_with_a_remedy(tmp_path: Path) -> None:
    named = {"bos_token": "<s>", "pad_token": "<pad>"}
    base = make_base(
        Form("llama", "PreTrainedTokenizerFast", named, template="<s> $A"), tmp_path / "base"
    )
    with pytest.raises(BadInput, match="name one as eos_token"):
        base_embedder(base, SETTINGS)
