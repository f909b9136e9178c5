"""Runs, versions and refusals of a Kubeflow Pipelines API, over real HTTP."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from pipelines.kubeflow.api import ApiAddress
from pipelines.kubeflow.client import Api
from pipelines.kubeflow.graph import GraphOptions
from pipelines.recipe.recipe import load_recipe, resolved
from tests.unit.pipelines.kubeflow_server import KubeflowServer, Scene, kubeflow_server
from tests.unit.pipelines.trainer_server import trainer_server

PLACES = ("--teacher", "openai", "--generators", "dns:///{role}:50051", "--run", "/runs/one")
SUBMIT = ("submit", *PLACES)
STAGES_RUN: tuple[Scene, ...] = (
    ("PENDING", ()),
    ("RUNNING", (("root-driver", "SUCCEEDED"), ("prepare", "RUNNING"))),
    503,
    ("RUNNING", (("prepare", "SUCCEEDED"), ("finetune-2", "RUNNING"))),
    (
        "RUNNING",
        (
            ("prepare", "SUCCEEDED"),
            ("finetune-2", "SUCCEEDED"),
            ("synthesize", "SUCCEEDED"),
            ("synthesize", "RUNNING"),
        ),
    ),
    ("SUCCEEDED", (("prepare", "SUCCEEDED"), ("synthesize", "SUCCEEDED"))),
)


@pytest.fixture
def server() -> Iterator[KubeflowServer]:
    with kubeflow_server() as served:
        yield served


def command(server: KubeflowServer, *arguments: str) -> list[str]:
    name, *rest = arguments
    return [sys.executable, "-m", "pipelines", name, "--host", server.url, *rest]


def ask(
    server: KubeflowServer, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command of `python -m pipelines` against the server."""
    return subprocess.run(
        command(server, *arguments),
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def waited(server: KubeflowServer, *scenes: Scene) -> subprocess.CompletedProcess[str]:
    """Submit with --wait a run that goes like that."""
    server.scenes = list(scenes)
    return ask(server, *SUBMIT, "--wait", "--interval-s", "0.05")


def test_a_run_is_started_with_the_whole_recipe(server: KubeflowServer) -> None:
    changes = ("--set", "synthesize.count=500", "--set", "evaluate.tasks=[NFCorpus, SciFact]")
    outcome = ask(server, *SUBMIT, *changes, "--service-account", "runner")
    assert outcome.returncode == 0, outcome.stderr
    [run] = server.runs.values()
    expected = resolved(
        load_recipe("laptop", ["synthesize.count=500", "evaluate.tasks=[NFCorpus, SciFact]"])
    )
    assert yaml.safe_load(run.runtime_config.parameters["recipe"]) == expected
    assert run.runtime_config.parameters["generators"] == "dns:///{role}:50051"
    assert run.service_account == "runner"
    assert run.pipeline_version_reference.pipeline_version_id in server.versions
    assert f"{server.url}/#/runs/details/{run.run_id}" in outcome.stdout
    assert f"stop:   python -m pipelines stop {run.run_id}" in outcome.stdout


def test_what_is_registered_last_is_started_with_its_own_places(server: KubeflowServer) -> None:
    assert ask(server, "submit", "--as-registered").returncode == 2
    ask(server, "register", "--version", "1")
    ask(server, "register", "--version", "2")
    outcome = ask(server, "submit", "--as-registered", "--run", "s3://b/two")
    assert outcome.returncode == 0, outcome.stderr
    [run] = server.runs.values()
    assert run.runtime_config.parameters == {"run": "s3://b/two"}
    reference = run.pipeline_version_reference.pipeline_version_id
    assert server.versions[reference].display_name.startswith("2-")


@pytest.mark.parametrize(
    "flag", ["--placement=x.yaml", "--image=pipeline=x", "--pause-after=judge"]
)
def test_what_is_registered_is_not_compiled_otherwise(server: KubeflowServer, flag: str) -> None:
    ask(server, "register")
    outcome = ask(server, "submit", "--as-registered", flag)
    name = flag.removeprefix("--").partition("=")[0].replace("-", "_")
    assert outcome.returncode == 2 and f"has its own {name}" in outcome.stderr
    assert not server.runs


def waking(**roles: str) -> str:
    """A placement whose pods wake roles, a stage's named with blanks between."""
    stages = {
        stage.replace("_", "-"): {
            "labels": {f"littlegiants/calls-{each}": "lg" for each in told.split()}
        }
        for stage, told in roles.items()
    }
    return yaml.safe_dump({"stages": stages})


ASLEEP = {f"promote_{role}": role for role in ("junior", "senior", "revisor")}
BY_SENIOR = {**ASLEEP, "propose": "junior", "synthesize": "senior revisor"}


@pytest.mark.parametrize(
    ("change", "woken", "words"),
    [
        ("synthesize.writers.junior=1", BY_SENIOR, "synthesize calls the junior, which this"),
        ("promotion.gates={}", BY_SENIOR, "promote-revisor calls the senior, which this"),
        ("synthesize.count=9", BY_SENIOR, ""),
        ("synthesize.writers.junior=1", {}, ""),  # all are always there
        ("synthesize.writers.junior=1", {"promote_senior": "senior", "synthesize": "senior"}, ""),
    ],
)
def test_a_recipe_whose_generators_nobody_would_wake_is_refused(
    server: KubeflowServer, tmp_path: Path, change: str, woken: dict[str, str], words: str
) -> None:
    file = tmp_path / "placement.yaml"
    file.write_text(waking(**woken))
    assert ask(server, "register", "--placement", str(file)).returncode == 0
    flags = ("--recipe", "laptop", "--set", change)
    outcome = ask(server, "submit", "--as-registered", *flags)
    assert (outcome.returncode, words in outcome.stderr) == (2 if words else 0, True)
    assert len(server.runs) == (not words)


def test_a_placement_says_what_flags_leave_open(server: KubeflowServer, tmp_path: Path) -> None:
    told = {"run": "/runs/two", "teacher": "openai", "generators": "dns:///{role}:1"}
    told["channel"] = "s3://data/channel"
    file = tmp_path / "placement.yaml"
    file.write_text(yaml.safe_dump({"arguments": told}))
    flags = ("--placement", str(file), "--generators", "dns:///{role}:2")
    outcome = ask(server, "submit", *flags)
    assert outcome.returncode == 0, outcome.stderr
    [run] = server.runs.values()
    parameters = run.runtime_config.parameters
    assert {key: parameters[key] for key in told} == {**told, "generators": "dns:///{role}:2"}


def test_a_version_is_uploaded_once(server: KubeflowServer) -> None:
    first, second = (ask(server, "register", "--version", "7.0") for _ in range(2))
    assert "uploaded" in first.stdout and "is there already" in second.stdout
    [version] = server.versions.values()
    assert re.fullmatch(r"7\.0-[0-9a-f]{12}", version.display_name)
    assert len(server.packages) == 1 and len(server.pipelines) == 1
    assert Path("pipelines/speed.yaml").read_text() in server.packages[0]


def test_what_a_release_goes_back_to_is_what_is_started(server: KubeflowServer) -> None:
    for version in ("good", "bad", "good"):
        told = ask(server, "register", "--pipeline", "lg", "--version", version).stdout
        assert ": uploaded" in told
    ask(server, "register", "--pipeline", "another", "--version", "1")
    ask(server, "submit", "--as-registered", "--pipeline", "lg")
    [run] = server.runs.values()
    name = server.versions[run.pipeline_version_reference.pipeline_version_id].display_name
    assert re.fullmatch(r"good-[0-9a-f]{12}-2", name)


@pytest.mark.parametrize(
    ("is_newest", "uploads"),
    [(True, ["a", "b", "a-2", "b-2", "a-3"]), (False, ["a", "b"])],
    ids=["registered", "submitted"],
)
def test_a_version_is_uploaded_again_where_it_has_to_be_the_newest(
    server: KubeflowServer, is_newest: bool, uploads: list[str]
) -> None:
    api = Api(ApiAddress(server.url))
    for version in ("a", "b", "a", "a", "b", "b", "a"):
        before = len(server.versions)
        found = api.register(GraphOptions(), version=version, is_newest=is_newest)
        assert found.is_new == (len(server.versions) > before)
        assert found.name[0] == version
        assert server.versions[found.version_id].display_name == found.name
        assert not is_newest or api.newest("speed").version_id == found.version_id
    names = [each.display_name for each in server.versions.values()]
    assert [re.sub("-[0-9a-f]{12}", "", name) for name in names] == uploads


def test_another_graph_is_another_version(server: KubeflowServer) -> None:
    ask(server, "register")
    ask(server, "register", "--image", f"trainer=registry/trainer@sha256:{'a' * 64}")
    assert len({each.display_name for each in server.versions.values()}) == 2
    assert len(server.pipelines) == 1


def test_an_api_that_is_not_up_is_asked_again(server: KubeflowServer) -> None:
    server.failures = [503, 503, 502]
    outcome = ask(server, "register", "--wait-s", "20")
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert "answers 503: not now" in outcome.stdout


@pytest.mark.parametrize("host", ["http://127.0.0.1:9", "http://no-such-host.invalid:8888"])
def test_an_api_that_stays_away_is_named(server: KubeflowServer, host: str) -> None:
    server.url = host
    outcome = ask(server, "register", "--wait-s", "0.2")
    assert outcome.returncode == 1
    assert f"error: host: {host} does not answer" in outcome.stderr


def test_a_token_comes_from_the_environment(server: KubeflowServer) -> None:
    server.token = "good"
    assert ask(server, "register", LITTLEGIANTS_KFP_TOKEN="good").returncode == 0
    refused = ask(server, "register", LITTLEGIANTS_KFP_TOKEN="bad")
    assert refused.returncode == 2
    assert "LITTLEGIANTS_KFP_TOKEN or --token-file" in refused.stderr


def test_a_service_account_asks_in_its_namespace(server: KubeflowServer, tmp_path: Path) -> None:
    server.token, server.multi_user = "projected", True
    token = tmp_path / "token"
    token.write_text("projected")
    outcome = ask(server, *SUBMIT, "--namespace", "team", "--token-file", str(token))
    assert outcome.returncode == 0, outcome.stderr
    assert {each.namespace for each in server.pipelines.values()} == {"team"}
    assert {each.namespace for each in server.experiments.values()} == {"team"}


def test_a_token_file_that_is_missing_is_named(server: KubeflowServer) -> None:
    outcome = ask(server, "register", "--token-file", "/no/such/token")
    assert outcome.returncode == 2
    assert "/no/such/token" in outcome.stderr


def test_stages_are_told_by_the_names_of_the_demo(server: KubeflowServer) -> None:
    outcome = waited(server, *STAGES_RUN)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    told = [line for line in outcome.stdout.splitlines() if not line.startswith("[run]")]
    assert "[prepare] starts" in told
    assert "[prepare] done in 30 s" in told
    assert "[finetune-revisor] starts" in told
    assert "[synthesize] 1 of 2 parts done (1 running, 1 succeeded)" in told
    assert "root-driver" not in outcome.stdout
    assert "[run] succeeded" in outcome.stdout


def test_progress_and_time_left_are_told(server: KubeflowServer) -> None:
    outcome = waited(server, *STAGES_RUN)
    assert re.search(r"\[run\] +\d+%\|.*2/18 \[.*<.*stage", outcome.stdout), outcome.stdout


def test_an_api_that_goes_away_for_a_while_does_not_end_the_telling(server: KubeflowServer) -> None:
    outcome = waited(server, *STAGES_RUN)
    assert "the run goes on, looking again" in outcome.stdout


@pytest.mark.parametrize(
    ("scene", "code", "words"),
    [
        (("FAILED", (("judge", "FAILED"),)), 5, "failed in judge"),
        (("FAILED", (("review-judge", "FAILED"),)), 4, "waits for a person (review-judge)"),
        (("FAILED", (("review", "FAILED"), ("review-2", "FAILED"))), 4, "waits for a person"),
        (("FAILED", (("review", "FAILED"), ("judge", "FAILED"))), 5, "failed in judge, review"),
        (("CANCELED", ()), 6, "ended as canceled"),
    ],
    ids=["a stage fails", "a gate waits", "gates by task name", "both", "stopped"],
)
def test_the_exit_code_is_the_runs(
    server: KubeflowServer, scene: Scene, code: int, words: str
) -> None:
    outcome = waited(server, scene)
    assert outcome.returncode == code
    assert words in outcome.stdout


def test_an_interrupt_leaves_the_run_going(server: KubeflowServer) -> None:
    server.scenes = [("RUNNING", (("seed", "RUNNING"),))]
    process = subprocess.Popen(
        command(server, *SUBMIT, "--wait", "--interval-s", "0.1"), stdout=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 60
    while not any("/runs/run-0" in each for each in server.asked):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "The run goes on" in said
    assert f"follow: python -m pipelines follow run-0 --host {server.url}" in said
    assert not server.stopped


def test_a_run_is_followed_and_stopped_by_its_id(server: KubeflowServer) -> None:
    server.scenes = [("SUCCEEDED", ())]
    assert ask(server, "follow", "run-7").returncode == 0
    assert ask(server, "stop", "run-7").returncode == 0
    assert server.stopped == ["run-7"]


def test_a_run_that_is_stopped_leaves_no_training_on_several_nodes(
    server: KubeflowServer, tmp_path: Path
) -> None:
    metadata = {"name": "embed-1", "labels": {"littlegiants/run-id": "run-7"}}
    with trainer_server(tmp_path) as trainer:
        trainer.jobs["embed-1"] = {"metadata": metadata}
        known = str(trainer.kubeconfig)
        outcome = ask(server, "stop", "run-7", "--namespace", "team", KUBECONFIG=known)
        assert not trainer.jobs
    assert (outcome.returncode, outcome.stderr) == (0, "")
    assert outcome.stdout.endswith("TrainJob team/embed-1: ended\n")
    nowhere = ask(server, "stop", "run-7", KUBECONFIG=str(tmp_path / "none"))
    assert nowhere.returncode == 0
    assert "kubectl delete trainjobs --namespace kubeflow --selector" in nowhere.stdout


def test_a_run_that_is_not_there_is_the_callers_fault(server: KubeflowServer) -> None:
    outcome = ask(server, "follow", "run-7")
    assert outcome.returncode == 2
    assert "answers 404" in outcome.stderr


@pytest.mark.parametrize(
    ("flags", "trigger"),
    [
        (("--every", "6h"), {"periodic_schedule": {"interval_second": "21600"}}),
        (("--cron", "0 0 3 * * *"), {"cron_schedule": {"cron": "0 0 3 * * *"}}),
    ],
    ids=["every", "cron"],
)
def test_a_recurring_run_is_made(
    server: KubeflowServer, flags: tuple[str, str], trigger: dict[str, dict[str, str]]
) -> None:
    outcome = ask(server, *SUBMIT, *flags)
    assert outcome.returncode == 0, outcome.stderr
    [made] = server.recurring.values()
    [(kind, fields)] = trigger.items()
    told = getattr(made.trigger, kind)
    assert {name: str(getattr(told, name)) for name in fields} == fields
    assert (str(made.max_concurrency), made.no_catchup, made.mode) == ("1", True, "ENABLE")


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--run", "runs/demo"), "run: 'runs/demo' is a folder of this machine"),
        (("--channel", "weights"), "channel: 'weights' is a folder of this machine"),
        (("--teacher", "local"), "teacher: `local` starts an engine"),
        (("--generators", "local"), "generators: `local` starts an engine"),
        (("--set", "synthesize.count=many"), "synthesize.count"),
        (("--image", "gpu=x"), "--image 'gpu=x': write pipeline=IMAGE or trainer=IMAGE"),
        (("--placement", "/no/such.yaml"), "--placement /no/such.yaml"),
        (("--every", "6h", "--cron", "0 0 3 * * *"), "every, cron: give one of them"),
        (("--every", "6h", "--wait"), "wait: a recurring run has no end"),
    ],
)
def test_what_no_pod_could_use_is_refused_before_anything_is_sent(
    server: KubeflowServer, flags: tuple[str, ...], words: str
) -> None:
    outcome = ask(server, *SUBMIT, *flags)
    assert outcome.returncode == 2
    assert words in outcome.stderr
    assert not server.asked


def test_manifests_are_kubernetes_objects(server: KubeflowServer) -> None:
    outcome = ask(server, "register", "--form", "crd", "--namespace", "team", "--version", "7.0")
    pipeline, version = sorted(yaml.safe_load_all(outcome.stdout), key=lambda each: each["kind"])
    assert (pipeline["kind"], version["kind"]) == ("Pipeline", "PipelineVersion")
    assert {each["metadata"]["namespace"] for each in (pipeline, version)} == {"team"}
    assert re.fullmatch(r"speed-7\.0-[0-9a-f]{12}", version["metadata"]["name"])
    graph, platform = yaml.safe_load_all(Path("pipelines/speed.yaml").read_text())
    assert (version["spec"]["pipelineSpec"], version["spec"]["platformSpec"]) == (graph, platform)
    assert not server.asked


def test_manifests_are_named_as_the_pipeline_is(server: KubeflowServer) -> None:
    outcome = ask(server, "register", "--form", "crd", "--pipeline", "lg", "--version", "7.0")
    pipeline, version = sorted(yaml.safe_load_all(outcome.stdout), key=lambda each: each["kind"])
    assert {pipeline["metadata"]["name"], pipeline["spec"]["displayName"]} == {"lg"}
    assert version["spec"]["pipelineName"] == "lg"
    assert re.fullmatch(r"lg-7\.0-[0-9a-f]{12}", version["metadata"]["name"])


def test_the_charts_objects_are_of_the_committed_graph(server: KubeflowServer) -> None:
    """`python charts/generate.py` writes them anew."""
    committed = Path("charts/littlegiants/files/pipeline.yaml").read_text()
    assert ask(server, "register", "--form", "crd").stdout == committed
