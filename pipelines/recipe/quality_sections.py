"""What a recipe may set about quality: which rows are kept, what embedders are scored on."""

from typing import Literal

from pydantic import Field, PositiveInt, field_validator

from littlegiants.dtypes import Dtype
from pipelines.recipe.sections import Section


class Curate(Section):
    """What is kept."""

    near_duplicate: float = Field(0.8, gt=0, le=1)
    """Jaccard similarity of runs of three words (of characters, where no blanks part words) from
    which a row is a near-duplicate."""
    language: bool = False
    """A row goes where a text is not in `language` ([ours]): a short one by its script, one of 60
    letters by py3langid. Of several candidates one in `language` is preferred."""
    round_trip: int = Field(0, ge=0)
    """A row stays if its positive is among so many nearest of its kind's under `models.scorer`, of
    at most 2,000 rows at a time; 0: not looked at. Labels are not judged so ([ours]; KaLM: 50)."""
    fair_negatives: bool = False
    """A row goes whose negative is nearer its query than its positive ([ours])."""
    better_revisions: bool = False
    """A revision stands only if no field has moved into another's place and its worth under
    `models.scorer` has not fallen; else the draft does ([ours])."""

    @property
    def reads_content(self) -> bool:
        """Whether the scorer is asked at all."""
        return bool(self.round_trip) or self.fair_negatives or self.better_revisions


Control = Literal["bm25", "input_vectors", "mean_pooled", "scorer"]
"""What base and trained embedder are measured against."""


class Evaluate(Section):
    """What the embedders are scored on."""

    tasks: tuple[str, ...]
    """A preset (`smoke`, `nano`, `eng-v2`, `paper-56`), or a list of presets, built-in sets,
    `beir:FOLDER` or `beir:FOLDER#SPLIT`, `module:FILE.py` or `module:FILE.py#NAME`, and of MTEB
    (needs a hub) TASK, BENCHMARK or BENCHMARK/TASK."""
    base: bool | Literal["auto"] = "auto"
    """Whether the untrained base is scored too; `auto`: but on `eng-v2`, `paper-56` and large
    benchmarks, where it would cost as much as the trained one [ours]."""
    base_cache: str = ""
    """Folder or URL where runs share the base's scores; empty: `base-scores` beside the run."""
    controls: tuple[Control, ...] = ()
    """Scored beside them, on the bare texts ([ours]): `bm25` (retrieval only), `input_vectors` (the
    mean of the base's own input vectors: what it knows before any layer), `mean_pooled` (the
    untrained base, its states averaged: as dear as the base), `scorer` (`models.scorer`)."""
    shard_count: PositiveInt = 1
    """Parts that can run side by side, one GPU each; the largest tasks begin."""
    query_count: PositiveInt = 150
    """Queries of the built-in retrieval set, each with its own document."""
    document_count: PositiveInt = 450
    """Documents of the built-in retrieval set; it has 450."""
    instructions: str = ""
    """What an embedder is told of a task, by its name: `e5` is E5-mistral's table for the 56 tasks
    of MTEB(eng, v1) [E5], or a YAML file of lines TASK: sentence. A task that is not in it, or all
    when unset: as mteb says."""
    max_length: PositiveInt = 512
    """Tokens of a text that are read."""
    batch_size: PositiveInt = 32
    """Texts read side by side [ours]; changes no score but by rounding."""
    dtype: Dtype = "auto"
    """Of weights and activations; `auto`: what the device multiplies natively."""

    @field_validator("tasks", mode="before")
    @classmethod
    def _one_may_stand_alone(cls, tasks: object) -> object:
        return (tasks,) if isinstance(tasks, str) else tasks
