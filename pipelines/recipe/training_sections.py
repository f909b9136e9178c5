"""What a recipe may set about training; light, so that a recipe is checked where no torch is."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator

from littlegiants.dtypes import Dtype
from pipelines.recipe.sections import Section

Schedule = Literal["linear", "cosine", "constant_with_warmup"]


def _said(value: object) -> object:
    """YAML reads a bare `on` or `off` as a truth value."""
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else value


Switch = Annotated[Literal["auto", "on", "off"], BeforeValidator(_said)]


Attention = Literal["auto", "sdpa", "eager", "flash_attention_2"]


class LoraSettings(Section):
    """The adapter; the defaults are those of the released SPEED revisor."""

    r: int = Field(16, gt=0)
    """Rank; a server's highest adapter rank must not be less."""
    alpha: int = Field(32, gt=0)
    """Scale: the update is multiplied by alpha / r."""
    dropout: float = Field(0.1, ge=0, lt=1)
    """Share of the adapter's inputs that a step leaves out."""
    target_modules: tuple[str, ...] = Field(
        ("q_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"), min_length=1
    )
    """Linear layers that get an adapter, by the end of their name."""


class AlignLora(LoraSettings):
    """The adapter of a preference training, which is trained without dropout."""

    dropout: float = 0
    """Always 0: policy and reference are compared, and noise in one of them is no reward."""

    @field_validator("dropout")
    @classmethod
    def there_is_none(cls, dropout: float) -> float:
        """A share that would be written down and not applied is refused."""
        if dropout:
            raise ValueError(
                "preference training (trl's DPO) switches all dropout off; leave the key out"
            )
        return dropout


class EmbedLora(LoraSettings):
    """The embedder's adapter: on every linear layer, as E5-mistral's 42M parameters are."""

    target_modules: tuple[str, ...] = Field(
        ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"), min_length=1
    )
    """Linear layers that get an adapter, by the end of their name."""


class OptimizerSettings(Section):
    """What every training run sets."""

    learning_rate: float = Field(gt=0)
    """Highest learning rate, reached after the warm-up."""
    batch_size: int = Field(gt=0)
    """Rows of one optimizer step, over all devices."""
    epochs: float = Field(1, gt=0)
    """Passes over the rows."""
    max_length: int = Field(gt=0)
    """Most tokens of one text."""
    warmup: float = Field(0.1, ge=0, lt=1)
    """Share of the steps in which the learning rate rises."""
    schedule: Schedule = "linear"
    """How the learning rate falls after the warm-up."""
    weight_decay: float = Field(0, ge=0)
    """Share of a weight that a step at the learning rate 1 would take from it (AdamW's)."""
    checkpoint_steps: int = Field(50, gt=0)
    """Steps between checkpoints: the most that a killed run has to do again."""
    averaged_checkpoints: int = Field(1, gt=0)
    """How many of the last checkpoints, the last step's among them, are averaged into the result;
    `checkpoint_steps` says how far apart they are [ours]."""
    dtype: Dtype = "auto"
    """Type to compute in; the adapter is trained in float32, what is stored is bfloat16."""
    gradient_checkpointing: Switch = "auto"
    """Compute activations twice instead of keeping them; `auto`: where memory needs it [ours]."""
    attn_implementation: Attention = "auto"
    """What computes attention; `auto`: flash attention where the GPU and the package flash-attn
    are there, else torch's own [ours]."""
    compile: Switch = "auto"
    """Compile the model (torch.compile); `auto`: never, for rows of ever new lengths are compiled
    for ever again [ours]."""
    lora: LoraSettings = LoraSettings()
    """The adapter that is trained and then merged."""


class FinetuneSettings(OptimizerSettings):
    """Supervised fine-tuning of a generator; batch and learning rate are the paper's junior's."""

    learning_rate: float = Field(1e-4, gt=0)
    """Highest learning rate, reached after the warm-up."""
    batch_size: int = Field(16, gt=0)
    """Rows of one optimizer step, over all devices."""
    micro_batch_size: int = Field(4, gt=0)
    """Most rows that one device holds at a time; bounds the memory."""
    max_length: int = Field(2048, gt=0)
    """Most tokens of prompt and answer; a longer row is left out, for a cut one teaches no end."""
    padding_free: Switch = "auto"
    """Rows held at a time follow each other without padding, each seeing itself only: same loss,
    fewer tokens; `auto`: always [ours]."""

    def held_rows(self, process_count: int) -> int:
        """Rows that a device holds at a time: the most that its part of a batch is made of."""
        part = self.batch_size // process_count
        return max(n for n in range(1, min(part, self.micro_batch_size) + 1) if part % n == 0)


class AlignSettings(FinetuneSettings):
    """Preference training (DPO); learning rate and beta are the paper's senior's."""

    learning_rate: float = Field(1e-5, gt=0)
    """Highest learning rate, reached after the warm-up."""
    beta: float = Field(0.1, gt=0)
    """How strongly the reference holds the model back."""
    sft_weight: float = Field(0, ge=0)
    """How much the preferred answer's own likelihood counts beside the preference (RPO). Where a
    teacher wrote the preferred answers, preferences alone make both answers unlikely [ours]."""

    lora: AlignLora = AlignLora()
    """The adapter that is trained and then merged."""


class EmbedSettings(OptimizerSettings):
    """Contrastive training of an embedder; rate, length and temperature are E5-mistral's."""

    learning_rate: float = Field(1e-4, gt=0)
    """Highest learning rate, reached after the warm-up."""
    batch_size: int = Field(1536, gt=0)
    """Rows that are each other's negatives, over all devices."""
    mini_batch_size: int = Field(32, gt=0)
    """Texts of `max_length` embedded at a time, or as many shorter ones as have no more tokens;
    below a device's part of batch_size, gradients are cached (GradCache) [ours]."""
    max_length: int = Field(512, gt=0)
    """Most tokens of a query or a document; the rest is cut off."""
    temperature: float = Field(0.02, gt=0)
    """Cosine similarities are divided by it."""
    hard_negatives: bool = True
    """Use the rows' own hard negatives; classification rows need theirs where they have no other
    (`label_negatives: own`)."""
    label_negatives: Literal["own", "batch"] = "own"
    """What a classification row's label is told apart from: the row's own misleading label, or all
    labels of the batch but those that are the same [ours]."""
    guide: str = ""
    """An embedding model by reference, as in `models`, that tells which documents of a batch are
    false negatives of a query: those that it has nearer than the query's positive; labels are not
    judged so. Unset: none [ours]."""
    guide_margin: float = Field(0.0, ge=-1, le=1)
    """The guide's cosine below the positive's from which a document is left out; below 0 only what
    is so much nearer (Qwen3-Embedding: -0.1)."""

    @property
    def mini_batch_tokens(self) -> int:
        """Tokens embedded at a time, padding included."""
        return self.mini_batch_size * self.max_length

    lora: EmbedLora = EmbedLora()
    """The adapter that is trained and then merged."""
    pooling: Literal["lasttoken", "mean"] = "lasttoken"
    """What of a decoder's last states is a text's vector: that of its end ([paper], E5-mistral), or
    the mean over its tokens, from which a small model learns faster ([ours])."""
