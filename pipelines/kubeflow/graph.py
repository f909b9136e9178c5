"""The graph: the SPEED loop as one Kubeflow pipeline, the same on a cluster and on a laptop."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kfp import compiler, dsl
from kfp.compiler.compiler_utils import KubernetesManifestOptions
from kfp.dsl.base_component import BaseComponent

from pipelines.kubeflow import components as step
from pipelines.kubeflow.apply_placement import place
from pipelines.kubeflow.placement import Placement

NAME = "speed"
DESCRIPTION = "Synthesize embedding data with aligned small generators (SPEED)"


@dataclass(frozen=True, slots=True)
class GraphOptions:
    """What can differ between two compiled graphs."""

    placement: Placement = field(default_factory=Placement)
    pause_after: Sequence[str] = ()
    """Stages after which a person reads what came of them."""


PLAIN = GraphOptions()
FIRST_LINE = "\ncomponents:\n"
REQUIRED: Any = inspect.Parameter.empty
"""As a default value: there is none, as kfp 2.17 reads a pipeline's signature."""


@dataclass(frozen=True, slots=True)
class Tasks:
    """Makes the tasks of one pipeline; each gives its output's digest."""

    options: GraphOptions
    common: dict[str, Any]
    teacher: Any
    generators: Any
    channel: Any

    def at(self, stage: str, component: Callable[..., Any], **arguments: Any) -> Any:
        """A task in its place."""
        task = component(**self.common, **arguments)
        place(task, stage, self.options.placement)
        return task.output

    def asking(self, stage: str, component: Callable[..., Any], **arguments: Any) -> Any:
        """A task that asks the teacher."""
        return self.at(stage, component, teacher=self.teacher, **arguments)

    def served(self, stage: str, component: Callable[..., Any], **arguments: Any) -> Any:
        """A task that asks or feeds generators."""
        return self.at(stage, component, generators=self.generators, **arguments)

    def promoted(self, role: str, model: Any) -> Any:
        """A task that feeds the generators of `role`, and asks whether it should."""
        asked = {"teacher": self.teacher, "role": role, "model": model, "channel": self.channel}
        return self.served(f"promote-{role}", step.promote, **asked)

    def parts_of(self, section: str) -> Any:
        """Numbers of the parts that a stage runs in."""
        task = step.shards(recipe=self.common["recipe"], section=section)
        place(task, "shards", self.options.placement)
        return task.output

    def read_by_people(self, gate: str, noun: Any) -> Any:
        """`noun` as a person left it, where the run pauses for that."""
        if gate not in self.options.pause_after:
            return noun
        task = step.review(**self.common, gate=gate, noun=noun)
        place(task, f"review-{gate}", self.options.placement)
        task.set_caching_options(False)
        return task.output


def speed(options: GraphOptions) -> BaseComponent:
    """The pipeline with these options."""

    told = options.placement.arguments

    @dsl.pipeline(name=NAME, description=DESCRIPTION)
    def pipeline(
        recipe: str = told.recipe or REQUIRED,
        run: str = told.run or REQUIRED,
        teacher: str = told.teacher,
        generators: str = told.generators or "local",
        channel: str = told.channel,
    ) -> None:
        """`recipe` is YAML text, `run` an fsspec URL; places are as in every step's --help."""
        tasks = Tasks(options, {"recipe": recipe, "run": run}, teacher, generators, channel)
        topics, senior, revisor = aligned(tasks)
        numbers = tasks.parts_of("synthesize")
        with dsl.ParallelFor(numbers, parallelism=options.placement.shards_at_once) as shard:
            weights = {"senior": senior, "revisor": revisor}
            parts = tasks.served(
                "synthesize", step.synthesize, shard=shard, tasks=topics, **weights
            )
        embedded(tasks, dsl.Collected(parts))

    return pipeline


def aligned(tasks: Tasks) -> tuple[Any, Any, Any]:
    """Digests of the tasks and of the weights that senior and revisor serve."""
    endpoints = {"teacher": tasks.teacher, "generators": tasks.generators}
    endpoints["channel"] = tasks.channel
    ready = tasks.at("prepare", step.prepare, **endpoints)
    topics = tasks.asking("brainstorm", step.brainstorm, after=ready)
    seeds = tasks.asking("seed", step.seed, tasks=topics)
    junior = tasks.at("finetune-junior", step.finetune, role="junior", rows=seeds)
    served = tasks.promoted("junior", junior)
    candidates = tasks.served("propose", step.propose, tasks=topics, weights=served)
    judged = tasks.asking("judge", step.judge, candidates=candidates)
    preferences = tasks.read_by_people("judge", judged)
    senior = tasks.at("align", step.align, preferences=preferences, junior=junior)
    senior_served = tasks.promoted("senior", senior)
    before = senior_served if tasks.options.placement.training.takes_turns else judged
    corrected = tasks.asking("correct", step.correct, candidates=candidates, after=before)
    corrections = tasks.read_by_people("correct", corrected)
    revisor = tasks.at("finetune-revisor", step.finetune, role="revisor", rows=corrections)
    revisor_served = tasks.promoted("revisor", revisor)
    return topics, senior_served, revisor_served


def embedded(tasks: Tasks, drafts: Any) -> None:
    """The drafts' data set, its embedder, scores and report."""
    curated = tasks.at("curate", step.curate, drafts=drafts)
    dataset = tasks.read_by_people("curate", curated)
    embedder = tasks.at("embed", step.embed, dataset=dataset)
    numbers = tasks.parts_of("evaluate")
    with dsl.ParallelFor(numbers, parallelism=tasks.options.placement.shards_at_once) as shard:
        scores = tasks.at("evaluate", step.evaluate, shard=shard, embedder=embedder)
    report = step.report(**tasks.common, scores=dsl.Collected(scores))
    place(report, "report", tasks.options.placement)


def compile_graph(path: Path, options: GraphOptions = PLAIN) -> None:
    """Write the pipeline's YAML: what is uploaded to a cluster."""
    compiler.Compiler().compile(speed(options), str(path))
    # kfp 2.17 repeats default arguments in a comment above; all but the first line of a recipe's
    # text are none there
    above, found, graph = path.read_text(encoding="utf-8").partition(FIRST_LINE)
    lines = [line if line.startswith("#") else f"# {line}" for line in above.splitlines()]
    path.write_text("\n".join(lines) + found + graph, encoding="utf-8")


def compile_manifests(
    path: Path, options: GraphOptions, *, version: str, namespace: str, pipeline: str = NAME
) -> None:
    """Write the Pipeline and PipelineVersion objects of KFP's Kubernetes-native mode."""
    manifest = KubernetesManifestOptions(
        pipeline_name=pipeline,
        pipeline_version_name=f"{pipeline}-{version}",
        pipeline_version_display_name=version,
        namespace=namespace or None,
        include_pipeline_manifest=True,
    )
    compiler.Compiler().compile(
        speed(options),
        str(path),
        kubernetes_manifest_format=True,
        kubernetes_manifest_options=manifest,
    )
