"""What a recipe may set about the data set's raw samples: how many, who writes them and how."""

from typing import Literal, Self

from pydantic import Field, NonNegativeFloat, PositiveInt, model_validator

from pipelines.recipe.sections import Count

OWN_WRITERS = ("senior", "junior")
"""Generators of a run that write samples."""
TAKEN_NAMES = frozenset({*OWN_WRITERS, "revisor", "base", "instruct"})


class Synthesize(Count):
    """The data set's raw samples."""

    shard_count: PositiveInt = 1
    """Parts that can run side by side."""
    constrained: bool = True
    """Hold completions to the schema."""
    max_attempts: PositiveInt = 1
    """Completions to try for a valid sample."""
    candidate_count: int = Field(1, ge=1, le=64)
    """Samples of each prompt, of which the one is kept that is worth most under `models.scorer`,
    as the free judge has it; each costs the senior's time once more, the revisor's none. [ours]"""
    writers: dict[str, NonNegativeFloat] = Field({"senior": 1.0})
    """Who writes, by weight: `senior`, `junior`, names of `others`; each prompt has one writer. A
    mix of six models' samples taught 62.9 where the best alone taught 62.6 (arXiv 2511.07025)."""
    others: dict[str, str] = Field({})
    """Writers that are not this run's, as another run's senior: the digest of the weights that each
    serves, by a name of one's own, whose address `--generators` gives. [ours]"""
    cut: Literal["drop", "revise"] = "drop"
    """What becomes of a sample whose only fault is a text that ends in the middle, as one that is
    held to a schema does at its cap (the check `text_ends`): `revise` lets the revisor mend it, and
    drops what it cannot. [ours]"""
    temperature: NonNegativeFloat = 1.0
    """Of senior and revisor."""

    @property
    def active_writers(self) -> dict[str, float]:
        """Those with a weight."""
        return {name: weight for name, weight in self.writers.items() if weight}

    @model_validator(mode="after")
    def writers_are_known(self) -> Self:
        """Each is one of this run's that writes samples, or one of `others`."""
        if not self.active_writers:
            raise ValueError("writers: give at least one a weight above 0")
        if unknown := sorted(set(self.writers) - {*OWN_WRITERS, *self.others}):
            raise ValueError(
                f"writers: {', '.join(unknown)}: name {' or '.join(OWN_WRITERS)}, or give the "
                "digest of what it serves in others"
            )
        if taken := sorted(set(self.others) & TAKEN_NAMES):
            raise ValueError(f"others: {', '.join(taken)}: this run's own; choose another name")
        return self
