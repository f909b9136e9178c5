"""The compiled pipeline's graph as Kubeflow runs it: every task a pod, on what the chart installs.

Nothing is said to the pipeline but what the release itself knows.
"""

import json

import pytest
import yaml

from pipelines.recipe.recipe import load_recipe, resolved
from tests.e2e.cluster import Cluster
from tests.e2e.kubeflow_pods import launcher
from tests.e2e.objects import SHARE
from tests.e2e.release import BASE, NAME, SMALL, STORE, deploy, values
from tests.e2e.task_pods import TaskPods, registered, registration
from tests.unit.weed_server import BUCKET

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(5400)]

ROOT = f"s3://{BUCKET}/giants"
SMALLEST = (
    *("teacher.model=teacher", "topics.count=16", "seeds.count=6", "junior.epochs=0.05"),
    *("propose.count=8", "propose.constrained=true", "judge.teacher_count=2", "correct.count=2"),
    *("revisor.epochs=0.15", "synthesize.count=24", "synthesize.shard_count=2"),
    *("curate.round_trip=0", "embedder.epochs=1"),
    *("evaluate.query_count=30", "evaluate.document_count=90"),
)
ON_A_CPU = (
    *("--kv-cache-memory-bytes=268435456", "--max-num-seqs=8"),
    '--structured-outputs-config={"backend": "xgrammar", "disable_any_whitespace": true}',
)
ROLES = ("junior", "senior", "revisor")


def the_release() -> dict[str, object]:
    """Teacher and generators of all roles, which follow the release's channel, and a pipeline."""
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
    recipe = yaml.safe_dump(dict(resolved(load_recipe("laptop", SMALLEST))), sort_keys=False)
    pipelines = {
        "token": True,
        "recipe": recipe,
        "placement": {"defaults": {"cpu_request": SHARE}},
    }
    chosen = dict(
        values(
            source={"kind": "channel"},
            roles={role: {"enabled": True} for role in ROLES},
            storage={"kind": "s3", "s3": {**STORE, "url": ROOT}},
            teacher=teacher,
            pipelines=pipelines,
        )
    )
    server = {**chosen["generator"]["server"], "maxModelLen": 3072}
    return chosen | {"generator": {**chosen["generator"], "server": server}}


def test_the_graph_ends_in_scores_and_a_report(storage: Cluster, models: str, caller: str) -> None:
    chosen = the_release()
    done = deploy(storage, chosen)
    assert done.code == 0, done.err
    teacher = f"deployment/{NAME}-littlegiants-teacher"
    storage.kubectl("rollout", "status", teacher, "--timeout=600s")
    storage.apply(launcher())
    pipeline = registered(registration(storage, chosen))
    pipeline.execute({}, TaskPods(storage, pipeline, "one"))
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
    run = f"{ROOT}/runs/{cluster.namespace}/{NAME}-littlegiants"
    return set(json.loads(cluster.kubectl("exec", pod, "--", "python", "-c", LIST, run)))
