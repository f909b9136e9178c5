"""Flags of the steps: each step takes those of the things that it uses."""

from importlib import import_module
from pkgutil import iter_modules
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_settings import CliImplicitFlag
from upath import UPath

from pipelines.cli.command_line import Flags

LOCAL, RECORDED = "local", "recorded"
OWN_TEACHERS = (LOCAL, RECORDED)
"""Places of teachers that are not the recipe's `teacher.model`."""


def _is_a_place(run: str) -> str:
    try:
        place = UPath(run)
    except (ValueError, ImportError) as error:
        raise ValueError(f"{error}; name a folder, or a URL such as s3://bucket/run") from error
    return place.path if place.protocol == "file" else run


Folder = Annotated[str, AfterValidator(_is_a_place)]
"""A folder of this machine or an fsspec URL."""


class StepSettings(Flags):
    """Flags of every step."""

    recipe: str = "laptop"
    """A shipped recipe's name, a YAML file, or YAML text; after a name, changes may stand."""
    run: Folder = "runs/demo"
    """Folder or fsspec URL that holds everything the run makes."""
    set: list[str] = Field([])
    """Change of the recipe, as in synthesize.count=500; may be given several times."""

    @property
    def changes(self) -> list[str]:
        """All changes of the recipe."""
        return self.set


class TeacherSettings(StepSettings):
    """Flags of a step that asks the teacher."""

    teacher: str = ""
    """`recorded` replays teacher.recording, `local` starts models.teacher for the step, `openai` is
    api.openai.com, else an endpoint's base URL; unset: the recipe's teacher.place."""
    batch: CliImplicitFlag[bool] = False
    """Ask the teacher through its provider's batch API, as teacher.batch in the recipe."""

    @property
    def changes(self) -> list[str]:
        """All changes of the recipe."""
        return [*self.set, "teacher.batch=true"] if self.batch else self.set


class GeneratorsSettings(StepSettings):
    """Flags of a step that asks or feeds generators."""

    generators: str = LOCAL
    """`local` starts one for the step; else dns:///{role}:50051, or junior=ADDRESS,senior=…, with
    base=hf://ORGANIZATION/NAME beside them where the roles are adapters of that model."""


class ChannelSettings(StepSettings):
    """Flags of a step that promotes weights, or looks whether that will do."""

    channel: Folder = ""
    """Folder or fsspec URL of a weights channel that outlives the run, which generators follow;
    unset: the run's own, RUN/weights."""


class FolderSettings(StepSettings):
    """Flags of a step that needs a disk: for checkpoints, logs, copies of models."""

    work: str = ""
    """Local folder for checkpoints and copies of models; unset: in a local run, or the cache."""


class RoleSettings(StepSettings):
    """Flags of a step that makes or places one generator."""

    role: Literal["junior", "senior", "revisor"] = "junior"
    """Whose model."""


class ShardSettings(StepSettings):
    """Flags of a step that can run in parts."""

    shard: int = Field(0, ge=0)
    """Which part, from 0 to shard_count - 1 of the step's section in the recipe."""


def steps_with(flag: str) -> list[str]:
    """Names of the steps that have a flag, named as a field."""
    # by name: the steps' room is the highest, and only an error's text asks for this
    room = import_module("pipelines.steps")
    names = [module.name for module in iter_modules(room.__path__)]
    steps = {name: import_module(f"{room.__name__}.{name}").STEP for name in names}
    return [name for name, step in steps.items() if flag in step.settings.model_fields]
