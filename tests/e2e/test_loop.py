"""The whole loop at the least size: its steps as Jobs in the images, weights and runs in S3."""

import json

import pytest

from pipelines.cli.step_flags import steps_with
from tests.e2e.cluster import Cluster
from tests.e2e.objects import (
    HOME,
    Object,
    container,
    environment,
    job,
    on_models,
    pod,
    s3_environment,
)
from tests.e2e.release import BASE, NAME, SMALL, address, deployed, values

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(3600)]

RUN = "s3://littlegiants/loop"
TEACHER = f"http://{NAME}-littlegiants-teacher:8000/v1"
SMALLEST = (
    *("teacher.model=teacher", "topics.count=16", "seeds.count=6", "junior.epochs=0.05"),
    *("propose.count=8", "propose.constrained=true", "judge.teacher_count=2", "correct.count=2"),
    *("revisor.epochs=0.15", "synthesize.count=24", "curate.round_trip=0", "embedder.epochs=1"),
    *("evaluate.query_count=30", "evaluate.document_count=90"),
)
ON_A_CPU = (
    *("--kv-cache-memory-bytes=268435456", "--max-num-seqs=8"),
    '--structured-outputs-config={"backend": "xgrammar", "disable_any_whitespace": true}',
)
ROLES = ("junior", "senior", "revisor")
CHANNEL = {"kind": "channel", "channel": {"url": f"{RUN}/weights"}}


def in_the_cluster(*roles: str) -> dict[str, object]:
    """The teacher and generators of `roles`, which follow the run's weights."""
    teacher = {
        "enabled": True,
        "source": BASE,
        "gpuCount": 0,
        "servedName": "teacher",
        "maxModelLen": 3072,
        "resources": SMALL,
        "shm": "256Mi",
        "cacheSize": "2Gi",
        "extraArgs": ON_A_CPU,
    }
    enabled = {role: {"enabled": True} for role in roles}
    chosen = dict(values(source=CHANNEL, roles=enabled, teacher=teacher))
    chosen["generator"] = {**chosen["generator"], "server": {"maxModelLen": 3072, "pollS": 2}}
    return chosen


def step_job(image: str, step: str, **flags: str) -> Object:
    """A step of the loop as a Job; what it keeps for itself lies on the volume."""
    every = {"run": RUN, "recipe": "laptop", **flags}
    every |= {"work": f"{HOME}/work"} if step in steps_with("work") else {}
    arguments = [f"--{name}={value}" for name, value in every.items()]
    arguments += [f"--set={each}" for each in SMALLEST]
    env = [*s3_environment(), *environment(OPENAI_API_KEY="none")]
    main = container(image, (f"pipelines.steps.{step}", *arguments), env=env)
    return job(job_name(step, **flags), pod(main, home=on_models()))


def job_name(step: str, **flags: str) -> str:
    return "-".join(("loop", step, flags["role"]) if "role" in flags else ("loop", step))


class Loop:
    """Starts steps and waits for them."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def start(self, image: str, step: str, **flags: str) -> str:
        self._cluster.apply(step_job(image, step, **flags))
        return job_name(step, **flags)

    def run(self, image: str, step: str, **flags: str) -> None:
        print(self._cluster.await_job(self.start(image, step, **flags)))

    def promote(self, *roles: str) -> None:
        """Promote the last role while its generator starts."""
        generators = address("{role}")
        name = self.start("pipeline", "promote", role=roles[-1], generators=generators)
        deployed(self._cluster, in_the_cluster(*roles), verb="upgrade")
        print(self._cluster.await_job(name))


def test_the_loop_ends_in_scores_and_a_report(storage: Cluster, models: str, caller: str) -> None:
    deployed(storage, in_the_cluster())
    loop, generators = Loop(storage), address("{role}")
    loop.run("trainer", "prepare")
    loop.run("pipeline", "brainstorm", teacher=TEACHER)
    loop.run("pipeline", "seed", teacher=TEACHER)
    loop.run("trainer", "finetune", role="junior")
    loop.promote("junior")
    loop.run("pipeline", "propose", generators=generators)
    loop.run("trainer", "judge", teacher=TEACHER)
    loop.run("trainer", "align")
    loop.promote("junior", "senior")
    loop.run("pipeline", "correct", teacher=TEACHER)
    loop.run("trainer", "finetune", role="revisor")
    loop.promote("junior", "senior", "revisor")
    loop.run("pipeline", "synthesize", generators=generators)
    loop.run("trainer", "curate")
    loop.run("trainer", "embed")
    loop.run("trainer", "evaluate")
    loop.run("pipeline", "report")
    kept = in_the_store(storage, caller)
    assert {"report.html", "summary.json", "data/dataset.jsonl"} <= kept
    assert {f"weights/{role}/current.json" for role in ROLES} <= kept
    storage.helm("uninstall", NAME, "--wait", "--timeout", "5m")


LIST = """
import json, sys
from upath import UPath
run = UPath(sys.argv[1])
print(json.dumps([file.relative_to(run).as_posix() for file in run.rglob("*") if file.is_file()]))
"""


def in_the_store(cluster: Cluster, pod: str) -> set[str]:
    """Names of what the run has kept."""
    return set(json.loads(cluster.kubectl("exec", pod, "--", "python", "-c", LIST, RUN)))
