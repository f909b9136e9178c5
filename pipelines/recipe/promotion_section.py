"""The recipe's section on promotions: whether trained weights must prove themselves before."""

from typing import Literal

from pydantic import Field, PositiveInt

from pipelines.recipe.sections import Section

HELD_OUT_TASKS = "held_out"


class Thresholds(Section):
    """What trained weights may lose against those that are served."""

    most_yield_loss: float = Field(0.05, ge=0, le=1)
    """Share of all prompts by which fewer samples may be valid. [ours]"""
    least_win_rate: float = Field(0.5, ge=0, le=1)
    """Share of the decided contests that they win; they are kept out when the whole 95 % interval
    (Wilson) lies below it. [ours]"""
    most_diversity_loss: float = Field(0.1, ge=0, le=1)
    """Share by which fewer of the runs of three words may be different ones. [ours]"""
    most_length_change: float = Field(0.5, ge=0)
    """Share by which the median of words may rise, or that of the others fall. [ours]"""


class Promotion(Section):
    """How a promotion over weights that are served is decided; the first one needs no proof."""

    gates: Thresholds | None = None
    """Unset: what is trained is promoted. `{}`: these must hold, with their defaults."""
    tasks: str = HELD_OUT_TASKS
    """What is asked: `held_out`, new tasks by the teacher, once a run, on topics that the run did
    not choose; or a JSONL file of tasks as a run's `data/tasks.jsonl`, without the run's own."""
    prompt_count: PositiveInt = 100
    """Prompts of the frozen canary set."""
    judge: Literal["teacher", "scorer"] = "teacher"
    """Who compares two valid samples: the teacher in both orders, or the free scorer."""
    canary: str = ""
    """Where trained weights answer before they are live, unless generators are `local`: an address
    with {role}, of generators that follow the channel RUN/canary/weights."""
