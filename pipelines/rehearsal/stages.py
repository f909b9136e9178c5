"""The stages of the loop as commands, in the graph's order."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

from pipelines.recipe.recipe import Recipe
from pipelines.run.stages import SHARDED, STAGES
from pipelines.run.step import Step

STEPS = "pipelines.steps"


@dataclass(frozen=True, slots=True)
class Stage:
    """One start of a step; `name` is the stage's in the graph, which shards share."""

    name: str
    module: str
    flags: Mapping[str, str]

    @property
    def step(self) -> Step:
        """What the module runs."""
        return import_module(self.module).STEP

    @property
    def record(self) -> str:
        """Name of the record that it leaves in the run."""
        return self.step.title(self.step.settings.model_validate(self.flags))

    @property
    def is_training(self) -> bool:
        """Whether it can be spread over processes."""
        return bool(self.step.module)

    def arguments(self, known: Mapping[str, str]) -> Sequence[str]:
        """Its command line after the interpreter: those of the `known` flags that it takes."""
        taken = self.step.settings.model_fields
        flags = {**{name: known[name] for name in known if name in taken}, **self.flags}
        return ["-m", self.module, *(part for name in flags for part in (f"--{name}", flags[name]))]


def stages_of(recipe: Recipe) -> Iterator[Stage]:
    """All of them; a name such as `finetune-junior` is a step and a role."""
    for name in (*STAGES, "report"):
        step, _, role = name.partition("-")
        if name in SHARDED:
            for shard in range(getattr(recipe, name).shard_count):
                yield Stage(name, f"{STEPS}.{name}", {"shard": str(shard)})
        elif find_spec(f"{STEPS}.{name.replace('-', '_')}"):
            yield Stage(name, f"{STEPS}.{name.replace('-', '_')}", {})
        else:
            yield Stage(name, f"{STEPS}.{step}", {"role": role})
