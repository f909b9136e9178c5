"""Every stage of the compiled graph is rehearsed, in an order that the graph allows."""

from pathlib import Path

import yaml

from pipelines.kubeflow.graph import compile_graph
from pipelines.recipe.recipe import load_recipe
from pipelines.rehearsal.stages import stages_of

BESIDE_STAGES = {"shards"}
"""Of the graph: it only counts."""


def test_every_component_of_the_graph_is_started(tmp_path: Path) -> None:
    compile_graph(tmp_path / "graph.yaml")
    graph = next(yaml.safe_load_all((tmp_path / "graph.yaml").read_text("utf-8")))
    executors = {
        name.removeprefix("exec-").rstrip("-0123456789")
        for name in graph["deploymentSpec"]["executors"]
    }
    started = {stage.module.rpartition(".")[2] for stage in stages_of(load_recipe("laptop"))}
    assert started == executors - BESIDE_STAGES


def test_each_shard_and_each_role_is_a_stage_of_its_own() -> None:
    stages = list(stages_of(load_recipe("laptop", ["synthesize.shard_count=3"])))
    records = [stage.record for stage in stages]
    assert len(records) == len(set(records))
    assert {"finetune-junior", "finetune-revisor", "promote-senior", "synthesize-2"} <= set(records)


def test_a_step_is_given_the_flags_that_it_takes() -> None:
    stage = next(each for each in stages_of(load_recipe("laptop")) if each.name == "promote-senior")
    arguments = stage.arguments({"run": "somewhere", "unheard_of": "x"})
    assert arguments == ["-m", "pipelines.steps.promote", "--run", "somewhere", "--role", "senior"]


def test_the_trainings_can_be_spread() -> None:
    spread = [each.name for each in stages_of(load_recipe("laptop")) if each.is_training]
    assert spread == ["finetune-junior", "align", "finetune-revisor", "embed"]
