"""The placement, a YAML file: where each stage runs, with which resources, volumes and images."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import (
    Field,
    PositiveFloat,
    PositiveInt,
    ValidationError,
    field_validator,
    model_validator,
)

from littlegiants.errors import BadInput
from pipelines.distributed.devices import Devices
from pipelines.kubeflow.asked_roles import ASKING, Role, asked_by
from pipelines.kubeflow.pod_spec import Pod
from pipelines.recipe.recipe import Recipe, load_recipe
from pipelines.recipe.sections import Section
from pipelines.run.stages import GATES, STAGES

ImageKind = Literal["pipeline", "trainer"]
IMAGES = ("pipeline", "trainer")
TRAINED = ("finetune-junior", "align", "finetune-revisor", "embed")
"""Stages that can train on several devices and nodes."""
IN_LOOPS = ("synthesize", "evaluate")
"""Stages that run in parts, side by side."""
PLACED = (*STAGES, "shards", "report", *(f"review-{gate}" for gate in GATES))
GROUPS = tuple(sorted({stage.partition("-")[0] for stage in PLACED} - set(PLACED)))
"""`finetune`, `promote` and `review` stand for all stages of that name."""


class Training(Section):
    """Processes of one training."""

    devices: PositiveInt = 1
    """Most processes of one node, one a GPU, started by torchrun."""
    nodes: PositiveInt = 1
    """More than one: a TrainJob of Kubeflow Trainer."""
    runtime: str = "littlegiants-trainer"
    """The TrainingRuntime in the run's namespace."""
    takes_turns: bool = False
    """Trainings and promotions follow each other, for GPUs that generators and trainings share:
    else the revisor's training may run while the senior is promoted."""

    def over(self) -> Devices:
        """What a training is spread over."""
        return Devices(self.devices, self.nodes)


class Arguments(Section):
    """Arguments of the pipeline; an empty one has to be given when a run is started."""

    recipe: str = ""
    """A shipped recipe's name, or YAML text."""
    run: str = ""
    """Folder or fsspec URL that all pods reach."""
    teacher: str = ""
    """As --teacher; empty: the recipe's teacher.place."""
    generators: str = ""
    """As --generators: an address with {role} in it, or a list."""
    channel: str = ""
    """As --channel: what the generators follow; empty: the run's own weights."""


class Placement(Section):
    """All that is said about where the stages run."""

    images: dict[ImageKind, str] = Field(default_factory=dict)
    """Images to use; a digest (NAME@sha256:…) makes caching exact."""
    caching: bool = False
    """Whether KFP may take a stage's result from an earlier run; it does not look whether the run's
    folder still has it. The run's own records skip what is done and is there."""
    arguments: Arguments = Arguments()
    """What a run is started with where nobody says otherwise."""
    defaults: Pod = Pod()
    """For every stage."""
    stages: dict[str, Pod] = Field(
        {}, json_schema_extra={"propertyNames": {"enum": [*PLACED, *GROUPS]}}
    )
    """By stage, or `finetune`, `promote`, `review` for all of that name."""
    shards_at_once: PositiveInt = 16
    """Parts of synthesis and of evaluation that run side by side, at most."""
    training: Training = Training()
    """How the training stages are spread."""
    generator_gpus: dict[Role, PositiveFloat] = Field({})
    """GPUs of a generator's servers, all replicas together, 0.5 for half of one; they count in the
    GPU hours of the stages that ask it."""

    @field_validator("stages")
    @classmethod
    def _stages_exist(cls, stages: dict[str, Pod]) -> dict[str, Pod]:
        for stage in stages:
            if stage not in (*PLACED, *GROUPS):
                raise ValueError(f"no stage {stage!r}; choose from {', '.join((*PLACED, *GROUPS))}")
        return stages

    @model_validator(mode="after")
    def _kubeflow_can(self) -> Self:
        for stage in IN_LOOPS:
            if self.stages.get(stage, Pod()).retries:
                raise ValueError(
                    f"stages.{stage}.retries: Kubeflow Pipelines ignores retries in a loop "
                    "(kubeflow/pipelines#12389); leave it out, and submit the run again"
                )
        for stage in PLACED:
            pod = self.pod_of(stage)
            names = [each.name for each in pod.claims] + [each.name for each in pod.secret_files]
            if twice := {name for name in names if names.count(name) > 1}:
                raise ValueError(
                    f"stage {stage}: claims and secret_files name {', '.join(sorted(twice))} "
                    "twice, and Kubeflow calls a volume so; mount each once, and give a secret "
                    "another name than a claim"
                )
        return self

    @model_validator(mode="after")
    def _devices_are_there(self) -> Self:
        for stage in TRAINED if self.training.nodes == 1 else ():
            accelerator = self.pod_of(stage).accelerator
            if accelerator and accelerator.count != self.training.devices:
                raise ValueError(
                    f"training.devices is {self.training.devices}, but stage {stage} has "
                    f"{accelerator.count} accelerators; make them equal"
                )
        return self

    def gpus_of(self, stage: str, recipe: Recipe | None = None) -> dict[str, float]:
        """GPUs of a stage's own pods, and of the generators that it asks; what it has not got is
        left out. The recipe is that of the arguments unless another is given.
        """
        accelerator = self.pod_of(stage).accelerator
        asked = 0.0
        if self.generator_gpus and stage in ASKING:
            said = self.arguments.recipe
            roles = asked_by(stage, recipe or (load_recipe(said) if said else None))
            asked = sum(self.generator_gpus.get(role, 0) for role in roles)
        found = {"pod": accelerator.count if accelerator else 0, "served": asked}
        return {name: count for name, count in found.items() if count}

    def pod_of(self, stage: str) -> Pod:
        """`defaults`, then its group's, then its own; a field that is said again is replaced.

        A gate fails until it is approved, so the defaults' retries are not its own.
        """
        of_all = self.defaults.model_dump(exclude_unset=True)
        if stage in (f"review-{gate}" for gate in GATES):
            of_all.pop("retries", None)
        said = [self.stages.get(name, Pod()) for name in (stage.partition("-")[0], stage)]
        layers = [of_all, *(layer.model_dump(exclude_unset=True) for layer in said)]
        return Pod.model_validate({key: value for layer in layers for key, value in layer.items()})


def load_placement(file: str, images: Sequence[str] = ()) -> Placement:
    """The placement in `file` (none when empty) with `NAME=IMAGE` in place of its images.

    Raises BadInput naming every wrong field.
    """
    fields = _fields_of(file)
    try:
        placed = Placement.model_validate(fields)
        chosen: dict[str, str] = dict(_image_of(each) for each in images)
        return Placement.model_validate({**fields, "images": {**placed.images, **chosen}})
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc'])) or 'placement'}: {fault['msg']}"
            for fault in error.errors()
        )
        raise BadInput(f"placement {file}: {faults}") from error


def devices_in(file: str) -> Devices | None:
    """What the placement in `file` spreads a training over; None where there is no file."""
    return load_placement(file).training.over() if file else None


def _fields_of(file: str) -> Mapping[str, Any]:
    if not file:
        return {}
    try:
        fields = yaml.safe_load(Path(file).read_text(encoding="utf-8")) or {}
    except OSError as error:
        raise BadInput(f"--placement {file}: {error.strerror}; name a YAML file") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadInput(f"--placement {file}: not YAML: {error}") from error
    if not isinstance(fields, dict):
        raise BadInput(f"--placement {file}: must be a mapping of fields")
    return fields


def _image_of(text: str) -> tuple[str, str]:
    name, equals, image = text.partition("=")
    if not equals or not image or name not in IMAGES:
        raise BadInput(f"--image {text!r}: write pipeline=IMAGE or trainer=IMAGE")
    return name, image
