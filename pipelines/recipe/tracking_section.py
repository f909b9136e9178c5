"""The recipe's section on experiment trackers: which of them are told of a run."""

from typing import Literal

from pydantic import Field, PositiveInt

from pipelines.recipe.sections import Section


class Tracking(Section):
    """Which experiment trackers are told of a run; where they are, the environment says. [ours]"""

    to: tuple[Literal["mlflow", "wandb", "trackio"], ...] = ()
    """`mlflow`, `wandb`, `trackio`, any of them; none by default. A library that is told must be
    installed where the stages run: `pip install --group mlflow`."""
    project: str = Field("littlegiants", min_length=1)
    """MLflow's experiment, the project of the others."""
    tags: dict[str, str] = Field({})
    """More tags of the run."""
    limit_s: PositiveInt = 60
    """The longest that a stage waits for a tracker when it begins and when it ends."""
