"""The sections of a recipe, each field with what it means."""

from typing import Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    PositiveInt,
    model_validator,
)

from littlegiants.dtypes import Dtype


class Section(BaseModel):
    """Frozen; an unknown key is an error that names it, and so is a number without an end."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False
    )


class Models(Section):
    """Models by reference: a folder, `hf:org/name`, or `shipped:name`."""

    teacher: str
    """Served in place of a bought teacher when the teacher's place is `local`."""
    generator: str
    """Junior and revisor start from it."""
    embedder: str
    """Becomes the embedding model."""
    scorer: str
    """Reference embedder of the free judge."""
    unaligned: str = ""
    """Instruct model that `ablate` and `study alignment` measure against, as the paper does; unset:
    the generator, untuned."""


class Topics(Section):
    """Which topics get a task."""

    source: str = "shipped"
    """`shipped`, a file of paths `A/B/C`, one a line, an ODP content dump (RDF), or `grown`."""
    roots: str = "shipped"
    """Grown: what the teacher finds narrower topics of; a source as above."""
    count: PositiveInt
    """Topics to choose, or to grow."""
    children: int = Field(20, ge=2)
    """Grown: narrower topics asked for in one call."""
    most_alike: float = Field(0.9, gt=0, le=1)
    """Grown: cosine of two names under the scorer from which the later one goes."""


class Examples(Section):
    """Samples given rather than bought: JSONL files, or folders of them, as in `examples/`."""

    seeds: tuple[str, ...] = ()
    """Added to the teacher's own valid ones."""
    corrections: tuple[str, ...] = ()
    """Added to the teacher's own valid ones."""
    rows: tuple[str, ...] = ()
    """Labelled rows that the embedder learns from beside the data set's (the paper's second
    setting), each with `kind`, `task`, `query`, `positive` and, if it has one, `negative`."""


class Count(Section):
    """How many prompts a step works on."""

    count: int = Field(ge=0)
    """Prompts."""


class Brainstorm(Section):
    """Tasks from topics."""

    list_length: PositiveInt = 5
    """Tasks asked for in one call."""
    tasks_per_topic: PositiveInt = 1
    """How many are kept. In the paper three made the junior worse: 61.6, with one 62.6."""
    shots: int = Field(0, ge=0)
    """Example turns before each question."""
    most_alike: float = Field(1.0, gt=0, le=1)
    """Cosine of two tasks of a kind under the scorer from which the later goes ([ours]); 1: only
    the same wording does."""

    @model_validator(mode="after")
    def enough_are_asked_for(self) -> Self:
        """None can be kept that was not asked for."""
        if self.tasks_per_topic > self.list_length:
            raise ValueError("tasks_per_topic: more than list_length; raise that too")
        return self


class Propose(Count):
    """Candidates of the junior."""

    candidate_count: int = Field(5, ge=2)
    """Completions of each prompt."""
    constrained: bool = False
    """Hold completions to the schema; free ones let the judge punish bad form."""
    temperature: NonNegativeFloat = 1.0
    """Of the junior."""


class Judge(Section):
    """Who judges how many prompts."""

    teacher_count: int = Field(ge=0)
    """Prompts judged by the teacher (of a recorded one: its pairs), the others by the scorer."""
    swapped_share: float = Field(0.1, ge=0, le=1)
    """Teacher: share of its sets that are asked in the other order as well, to report how often it
    chooses the same; more calls by that share. [ours]"""
    least_margin: NonNegativeFloat = 0.02
    """Scorer: difference of worth below which best and worst are a tie."""
    valid_pairs: bool = False
    """Scorer: where the worst candidate is an invalid one, the best and the worst of the valid ones
    are a second pair, so that content is learnt beside form. [ours]"""
    dtype: Dtype = "auto"
    """Scorer: of weights and activations; `auto`: what the device multiplies natively."""


class MachinePrices(Section):
    """What the run's own machines cost; the teacher's prices are in `teacher.prices`."""

    gpu_hour: NonNegativeFloat | None = None
    """Dollars for one GPU for an hour; unset: prices.yaml's; 0: it costs nothing more."""


class Serving(Section):
    """How generators are asked wherever they are, and how an engine is started that a step starts.

    `max_tokens` and `max_seqs` hold on a cluster too; the others are the chart's values there.
    """

    max_tokens: PositiveInt = 2000
    """Longest completion of a generator, in tokens, wherever it is; sent with each request."""
    max_seqs: PositiveInt = 64
    """Completions that a step waits for at a time, wherever the generator is, for all of its
    replicas together; of a local engine also the most that it writes side by side."""
    max_model_len: PositiveInt = 4096
    """Local engines only, the teacher's too: longest prompt with its completion, in tokens."""
    dtype: Dtype = "auto"
    """Local engines only: of weights and activations; `auto`: what the device multiplies
    natively."""
    kv_cache_gib: float = Field(1.0, gt=0)
    """Local engines only: memory for keys and values."""


class WeightsSection(Section):
    """How generators get what they were taught."""

    form: Literal["merged", "adapter"] = "merged"
    """`merged`: whole models; `adapter`: LoRA adapters on `models.generator`."""
