"""Generators that a stage asks, as the recipe's writers decide; the chart has the same rule."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pipelines.recipe.recipe import Recipe

Role = Literal["junior", "senior", "revisor"]
ASKING = ("propose", "synthesize")
"""Stages that ask generators for texts."""
WRITERS: tuple[Role, ...] = ("junior", "senior")
ROLES: tuple[Role, ...] = (*WRITERS, "revisor")
CALLS = "littlegiants/calls-"
"""Begins the label by which a pod wakes a role; the chart puts it into the placement."""


def asked_by(stage: str, recipe: Recipe | None) -> tuple[Role, ...]:
    """Roles that `stage` asks; where no recipe is known, the senior writes, as by default."""
    if stage == "propose":
        return ("junior",)
    if stage != "synthesize":
        return ()
    names = recipe.synthesize.active_writers if recipe else ("senior",)
    return (*(role for role in WRITERS if role in names), "revisor")


def called_by(stage: str, recipe: Recipe | None, *, takes_turns: bool) -> tuple[Role, ...]:
    """Roles that `stage` asks, or waits to see served.

    With gates, revisors are tried on drafts by the senior, or by the junior as long as the run has
    promoted no senior; where trainings take turns, it has.
    """
    promoted = next((role for role in ROLES if stage == f"promote-{role}"), None)
    if promoted is None:
        return asked_by(stage, recipe)
    is_tried = recipe is not None and recipe.promotion.gates is not None
    drafting = WRITERS[1:] if takes_turns else WRITERS
    return (*(drafting if is_tried and promoted == "revisor" else ()), promoted)


def unwoken(spec: Mapping[str, Any], recipe: Recipe) -> Iterator[str]:
    """What stages of `recipe` would call in vain: the version's labels are of its own recipe.

    `spec` is the version's as the API gives it. A role that no pod wakes, not even its promotion's,
    is always there.
    """
    woken = dict(_woken_by(spec))
    asleep = set().union(*woken.values())
    for stage, roles in woken.items():
        for role in called_by(stage, recipe, takes_turns=True):
            if role in asleep - roles:
                yield f"{stage} calls the {role}, which this version's pod does not wake"


def _woken_by(spec: Mapping[str, Any]) -> Iterator[tuple[str, set[str]]]:
    """Of each stage, the roles that its pod's labels wake."""
    graph = spec.get("pipeline_spec") or spec.get("pipelineSpec") or {}
    platform = spec.get("platform_spec") or spec.get("platformSpec") or {}
    executors = platform.get("platforms", {}).get("kubernetes", {}).get("deploymentSpec", {})
    pods, components = executors.get("executors", {}), graph.get("components", {})
    for part in (graph.get("root", {}), *components.values()):
        for task in part.get("dag", {}).get("tasks", {}).values():
            label = components.get(task["componentRef"]["name"], {}).get("executorLabel")
            labels = pods.get(label, {}).get("podMetadata", {}).get("labels", {})
            calls = {name.removeprefix(CALLS) for name in labels if name.startswith(CALLS)}
            yield task["taskInfo"]["name"], calls
