"""A placement's words are checked, and reach the pods of the compiled graph."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from littlegiants.errors import BadInput
from pipelines.distributed.trainjob import manifest
from pipelines.distributed.world import Spread
from pipelines.kubeflow.graph import GraphOptions, compile_graph
from pipelines.kubeflow.placement import Placement, load_placement

EVERYTHING = """
images: {pipeline: registry/pipeline@sha256:0, trainer: registry/trainer@sha256:1}
defaults:
  memory_limit: 4Gi
  node_selector: {pool: cpu}
  secret_variables: [{name: teacher, keys: {key: OPENAI_API_KEY}, optional: true}]
  claims: [{name: runs, path: /runs, sub_path: team}]
  pull_secrets: [registry]
stages:
  finetune:
    cpu_request: "4"
    memory_limit: 64Gi
    accelerator: {type: nvidia.com/gpu, count: 2}
    shm: 8Gi
    node_selector: {pool: gpu}
    tolerations: [{key: nvidia.com/gpu, operator: Exists, effect: NoSchedule}]
  align: {accelerator: {count: 2}}
  embed: {accelerator: {count: 2}}
  finetune-revisor: {memory_limit: 32Gi}
  seed:
    timeout_s: 3600
    retries: 3
    environment: {HTTPS_PROXY: http://proxy}
    labels: {team: speed}
    annotations: {cost: "7"}
    pull_policy: Always
    secret_files: [{name: tls, path: /etc/tls}]
training: {devices: 2}
generator_gpus: {senior: 4, revisor: 1}
"""


def compiled(folder: Path, text: str, *images: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The graph and its Kubernetes settings, by stage."""
    (folder / "placement.yaml").write_text(text)
    placement = load_placement(str(folder / "placement.yaml"), images)
    compile_graph(folder / "graph.yaml", GraphOptions(placement))
    documents = list(yaml.safe_load_all((folder / "graph.yaml").read_text()))
    executors = documents[0]["deploymentSpec"]["executors"]
    told = documents[1]["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    return by_stage(documents[0], executors), by_stage(documents[0], told)


def by_stage(graph: dict[str, Any], executors: dict[str, Any]) -> dict[str, Any]:
    """What is said of each executor, under its stage's name."""
    dags = [graph["root"]["dag"], *(c["dag"] for c in graph["components"].values() if "dag" in c)]
    found = {}
    for task in (task for dag in dags for task in dag["tasks"].values()):
        label = graph["components"][task["componentRef"]["name"]].get("executorLabel")
        if label in executors:
            found[task["taskInfo"]["name"]] = {**executors[label], "task": task}
    return found


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, Any]]:
    return compiled(tmp_path_factory.mktemp("placement"), EVERYTHING)


def test_every_stage_is_placed(everything: tuple[dict[str, Any], dict[str, Any]]) -> None:
    executors, told = everything
    assert {"prepare", "shards", "finetune-junior", "finetune-revisor", "promote-senior"} <= set(
        executors
    )
    assert set(told) == set(executors)
    for stage, pod in told.items():
        assert pod["pvcMount"][0]["mountPath"] == "/runs", stage
        assert pod["secretAsEnv"][0]["keyToEnv"][0]["envVar"] == "OPENAI_API_KEY"
        assert pod["imagePullSecret"][0]["secretName"] == "registry"


def test_a_stage_gets_its_groups_words_and_then_its_own(
    everything: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    executors, _ = everything
    limits = {
        stage: executors[stage]["container"]["resources"]["resourceMemoryLimit"]
        for stage in ("seed", "finetune-junior", "finetune-revisor")
    }
    assert limits == {"seed": "4Gi", "finetune-junior": "64Gi", "finetune-revisor": "32Gi"}


def test_a_training_stage_gets_devices_shared_memory_and_its_nodes(
    everything: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    executors, told = everything
    container, pod = executors["finetune-junior"]["container"], told["finetune-junior"]
    assert container["resources"]["accelerator"]["resourceCount"] == "2"
    assert {"name": "LITTLEGIANTS_TRAINING_DEVICES", "value": "2"} in container["env"]
    assert {"name": "LITTLEGIANTS_GPUS_POD", "value": "2"} in container["env"]
    asking = executors["synthesize"]["container"]["env"]
    assert {"name": "LITTLEGIANTS_GPUS_SERVED", "value": "5"} in asking
    [shm] = pod["emptyDirMounts"]
    assert (shm["mountPath"], shm["medium"], shm["sizeLimit"]) == ("/dev/shm", "Memory", "8Gi")
    assert pod["nodeSelector"]["labels"] == {"pool": "gpu"}
    assert pod["tolerations"][0]["key"] == "nvidia.com/gpu"


def test_a_stage_gets_its_life_and_its_secrets(
    everything: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    executors, told = everything
    pod = told["seed"]
    assert pod["activeDeadlineSeconds"] == "3600"
    assert executors["seed"]["task"]["retryPolicy"]["maxRetryCount"] == 3
    assert pod["podMetadata"] == {"labels": {"team": "speed"}, "annotations": {"cost": "7"}}
    assert pod["imagePullPolicy"] == "Always"
    assert pod["secretAsVolume"][0]["mountPath"] == "/etc/tls"
    environment = executors["seed"]["container"]["env"]
    assert {"name": "HTTPS_PROXY", "value": "http://proxy"} in environment


def test_images_are_by_kind_and_the_command_line_wins(tmp_path: Path) -> None:
    executors, _ = compiled(tmp_path, EVERYTHING, "trainer=mine@sha256:2")
    assert executors["align"]["container"]["image"] == "mine@sha256:2"
    assert executors["seed"]["container"]["image"] == "registry/pipeline@sha256:0"


def test_several_nodes_are_told_to_the_stage_that_makes_the_job(tmp_path: Path) -> None:
    text = "images: {trainer: t}\ntraining: {nodes: 2, devices: 8, runtime: mine}\n"
    executors, told = compiled(tmp_path, text)
    environment = {e["name"]: e["value"] for e in executors["embed"]["container"]["env"]}
    assert environment == {
        f"LITTLEGIANTS_TRAINING_{name}": value
        for name, value in {
            "DEVICES": "8",
            "NODES": "2",
            "RUNTIME": "mine",
            "IMAGE": "t",
        }.items()
    }
    assert [each["fieldPath"] for each in told["embed"]["fieldPathAsEnv"]] == [
        "metadata.name",
        "metadata.uid",
        "metadata.labels['pipeline/runid']",
    ]
    assert "env" not in executors["seed"]["container"]


@pytest.mark.parametrize(("text", "is_cached"), [("{}", False), ("caching: true", True)])
def test_kubeflow_takes_nothing_from_its_cache_unless_it_is_asked_to(
    text: str, is_cached: bool, tmp_path: Path
) -> None:
    executors, _ = compiled(tmp_path, text)
    cached = {
        each["task"]["cachingOptions"].get("enableCache", False) for each in executors.values()
    }
    assert cached == {is_cached}


def test_no_step_may_run_as_root(everything: tuple[dict[str, Any], dict[str, Any]]) -> None:
    _, told = everything
    assert {pod["securityContext"]["runAsNonRoot"] for pod in told.values()} == {True}


def test_a_run_needs_no_argument_that_the_placement_says(tmp_path: Path) -> None:
    said = "arguments: {recipe: paper-8b, run: s3://b/one, generators: 'dns:///{role}:1', "
    said += "channel: s3://b/channel}"
    compiled(tmp_path, said)
    graph = next(yaml.safe_load_all((tmp_path / "graph.yaml").read_text()))
    parameters = graph["root"]["inputDefinitions"]["parameters"]
    assert {name: each.get("defaultValue") for name, each in parameters.items()} == {
        "recipe": "paper-8b",
        "run": "s3://b/one",
        "generators": "dns:///{role}:1",
        "channel": "s3://b/channel",
        "teacher": "",
    }


def test_a_recipe_may_be_told_as_text(tmp_path: Path) -> None:
    text = "name: mine\nseed: 1\n"
    compiled(tmp_path, yaml.safe_dump({"arguments": {"recipe": text, "run": "s3://b/one"}}))
    graph = next(yaml.safe_load_all((tmp_path / "graph.yaml").read_text()))
    parameters = graph["root"]["inputDefinitions"]["parameters"]
    assert parameters["recipe"]["defaultValue"] == text


def test_a_trainjob_gets_the_labels_of_its_stage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "defaults: {labels: {kueue.x-k8s.io/queue-name: q}}\ntraining: {nodes: 2}\n"
    executors, _ = compiled(tmp_path, text)
    for each in executors["embed"]["container"]["env"]:
        monkeypatch.setenv(each["name"], each["value"])
    job = manifest(Spread(), [], name="one")
    assert job["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "q"


def test_a_gate_that_waits_for_a_person_is_not_tried_again() -> None:
    placed = Placement.model_validate({"defaults": {"retries": 3}, "stages": {"embed": {}}})
    assert placed.pod_of("review-judge").retries == 0
    assert placed.pod_of("embed").retries == 3


def test_what_shares_gpus_takes_turns(tmp_path: Path) -> None:
    text = "stages: {align: {accelerator: {shares: 2}}}\ntraining: {takes_turns: true}\n"
    executors, _ = compiled(tmp_path, text)
    assert "promote-2" in executors["correct"]["task"]["dependentTasks"]
    assert executors["align"]["container"]["resources"]["accelerator"]["resourceCount"] == "2"


def test_a_gate_stands_between_its_stage_and_the_next(tmp_path: Path) -> None:
    compile_graph(tmp_path / "graph.yaml", GraphOptions(pause_after=("judge", "curate")))
    graph = next(yaml.safe_load_all((tmp_path / "graph.yaml").read_text()))
    tasks = graph["root"]["dag"]["tasks"]
    gates = {t["taskInfo"]["name"]: name for name, t in tasks.items() if "review" in name}
    assert set(gates) == {"review-judge", "review-curate"}
    for gate, before, after in (("judge", "judge", "align"), ("curate", "curate", "embed")):
        task = gates[f"review-{gate}"]
        assert before in tasks[task]["dependentTasks"]
        assert task in tasks[after]["dependentTasks"]
        assert not tasks[task]["cachingOptions"].get("enableCache")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("stages: {sead: {}}", "stages: .*no stage 'sead'; choose from prepare"),
        ("defaults: {memory: 4Gi}", r"defaults\.memory: Extra inputs"),
        ("defaults: {memory_limit: much}", r"defaults\.memory_limit: .*pattern"),
        ("defaults: {claims: [{name: x, path: runs}]}", r"defaults\.claims\.0\.path"),
        ("training: {nodes: 0}", r"training\.nodes"),
        (
            "training: {devices: 2}\nstages: {align: {accelerator: {count: 4}}}",
            "stage align has 4 accelerators; make them equal",
        ),
        ("stages: {synthesize: {retries: 3}}", r"stages\.synthesize\.retries: .* in a loop"),
        (
            "defaults: {claims: [{name: x, path: /a}, {name: x, path: /b, sub_path: b}]}",
            "stage prepare: claims and secret_files name x twice",
        ),
        (
            "defaults: {claims: [{name: x, path: /a}]}\n"
            "stages: {seed: {secret_files: [{name: x, path: /b}]}}",
            "stage seed: claims and secret_files name x twice",
        ),
        ("images: {gpu: x}", r"images\.gpu"),
        ("- a", "must be a mapping"),
        ("{", "not YAML"),
        ("# \xff", "not YAML"),
        ("defaults: {labels: {owner: me@example.com}}", r"defaults\.labels\.owner: .*pattern"),
        ("defaults: {secret_files: [{name: corp.ca, path: /ca}]}", r"secret_files\.0\.name: .*pat"),
        ("defaults: {claims: [{name: my.runs, path: /runs}]}", r"claims\.0\.name: .*pattern"),
    ],
)
def test_a_wrong_word_is_named(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "placement.yaml").write_text(text, "latin-1")
    with pytest.raises(BadInput, match=words):
        load_placement(str(tmp_path / "placement.yaml"))


def test_a_file_that_the_compiler_cannot_write_is_refused(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pipelines", "compile", "--output", str(tmp_path / "g.json")]
    refused = subprocess.run(command, check=False, capture_output=True, text=True)
    assert refused.returncode == 2
    assert (
        refused.stderr == f"error: --output {tmp_path / 'g.json'}: name a file that ends in .yaml\n"
    )


def test_the_compiled_file_is_written_with_the_placement(tmp_path: Path) -> None:
    (tmp_path / "placement.yaml").write_text(EVERYTHING)
    command = [sys.executable, "-m", "pipelines", "compile", "--pause-after", "judge"]
    flags = ["--placement", str(tmp_path / "placement.yaml"), "--output", str(tmp_path / "g.yaml")]
    subprocess.run([*command, *flags], check=True)
    assert "review-judge" in (tmp_path / "g.yaml").read_text()
