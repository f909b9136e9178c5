"""A training over several nodes is one TrainJob, made once, awaited to its end."""

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from littlegiants.errors import BadInput, Unavailable
from pipelines.distributed.trainjob import (
    end_trainings,
    ended_by_sigterm,
    job_name,
    pause,
    run_trainjob,
)
from pipelines.distributed.trainjobs_api import TrainJobs
from pipelines.distributed.world import Spread
from tests.unit.pipelines.trainer_server import TrainerServer, ended, faults, trainer_server

SPREAD = Spread(
    devices=8,
    nodes=2,
    image="trainer@sha256:0",
    namespace="team",
    pod_name="finetune-pod",
    pod_uid="7",
    poll_s=0.02,
)
NAME = job_name("finetune-junior", "0123456789abcdef")


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TrainerServer]:
    with trainer_server(tmp_path) as served:
        monkeypatch.setenv("KUBECONFIG", str(served.kubeconfig))
        yield served


def train(spread: Spread = SPREAD, patience_s: float = 5) -> None:
    arguments = ["pipelines.steps.finetune", "--role", "junior"]
    run_trainjob(
        spread, arguments, name="finetune-junior", key="0123456789abcdef", patience_s=patience_s
    )


def test_a_job_is_made_as_the_trainer_wants_it(server: TrainerServer) -> None:
    train()
    [job] = server.created
    assert not faults(job)
    trainer = job["spec"]["trainer"]
    assert (trainer["numNodes"], trainer["numProcPerNode"]) == (2, 8)
    assert trainer["command"][:3] == ["python", "-m", "torch.distributed.run"]
    assert trainer["args"] == ["pipelines.steps.finetune", "--role", "junior"]
    assert job["metadata"]["ownerReferences"][0]["name"] == "finetune-pod"


def test_an_unknown_field_would_be_noticed(server: TrainerServer) -> None:
    train()
    [job] = server.created
    job["spec"]["trainer"]["nodes"] = 2
    assert faults(job)


def test_a_retry_takes_up_the_job_that_is_there(server: TrainerServer) -> None:
    server.jobs[NAME] = {"metadata": {"name": NAME}}
    train()
    assert not server.created


@pytest.mark.parametrize("condition", ["Failed", "Complete"])
def test_a_job_that_ended_without_a_result_is_made_anew(
    server: TrainerServer, condition: str
) -> None:
    server.jobs[NAME] = {"metadata": {"name": NAME}, "status": ended(condition)}
    train()
    assert len(server.created) == 1


def test_a_failed_job_is_told(server: TrainerServer) -> None:
    server.ends = "Failed"
    with pytest.raises(Unavailable, match=rf"TrainJob {NAME}: failed \(exit code 1\)"):
        train()


def test_an_api_that_is_away_for_a_moment_ends_nothing(server: TrainerServer) -> None:
    server.jobs[NAME] = {"metadata": {"name": NAME}}
    server.failures = [200, 503, 429]
    train()
    assert not server.failures


def test_an_api_that_stays_away_is_told(server: TrainerServer) -> None:
    server.jobs[NAME] = {"metadata": {"name": NAME}}
    server.failures = [200, *[503] * 1000]
    with pytest.raises(Unavailable, match="answers 503"):
        train(patience_s=0.1)


def test_a_cluster_without_the_trainer_is_named(server: TrainerServer) -> None:
    server.is_installed = False
    with pytest.raises(BadInput, match=r"install Kubeflow Trainer, or set training\.nodes to 1"):
        train()


def test_a_missing_right_is_named(server: TrainerServer) -> None:
    server.failures = [403]
    with pytest.raises(BadInput, match="must create, get and delete trainjobs"):
        train()


def test_a_pod_that_is_told_to_end_ends_its_job(server: TrainerServer) -> None:
    server.jobs[NAME] = {"metadata": {"name": NAME}}
    server.looks = -1_000_000
    before = signal.getsignal(signal.SIGTERM)
    told = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGTERM))
    told.start()
    with pytest.raises(Unavailable, match=rf"TrainJob {NAME}: ended.*from the last checkpoint"):
        train()
    assert not server.jobs
    assert signal.getsignal(signal.SIGTERM) is before


def test_what_a_signal_comes_upon_is_not_broken_off(server: TrainerServer) -> None:
    server.jobs[NAME] = {"metadata": {"name": NAME}}
    ended_whole = []

    def wait() -> None:
        with ended_by_sigterm(TrainJobs("team"), NAME) as told:
            signal.raise_signal(signal.SIGTERM)
            ended_whole.append("a request that was opening its connection")
            pause(told, seconds=60)

    with pytest.raises(Unavailable, match="from the last checkpoint"):
        wait()
    assert ended_whole
    assert not server.jobs


def test_the_jobs_of_a_run_are_ended_and_no_others(server: TrainerServer) -> None:
    for run in ("run-7", "run-8"):
        train(SPREAD.model_copy(update={"run_id": run}))
        server.jobs[run] = server.jobs.pop(NAME)
        server.jobs[run]["metadata"]["name"] = run
    assert end_trainings("team", "run-7") == ["run-7"]
    assert list(server.jobs) == ["run-8"]
    server.is_installed = False
    assert end_trainings("team", "run-8") == []


def test_a_name_fits_and_is_the_same_for_the_same_training() -> None:
    assert job_name("finetune-junior", "0123456789abcdef") == NAME
    assert len(NAME) <= 50
    assert job_name("finetune-junior", "0123456789abcdee") != NAME
