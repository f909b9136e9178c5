"""The chart as the tests install it, and what they ask its generators for."""

import json
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from littlegiants.kinds import Kind
from littlegiants.records import record_line
from littlegiants.tasks import Prompt, Task, draw_prompt
from tests.e2e.cluster import Cluster, Done
from tests.e2e.objects import BUCKET, MODEL, S3_PORT, S3_SECRET, VOLUME

CHART = str(Path(__file__).parents[2] / "charts/littlegiants")
NAME = "lg"
RUN = f"s3://{BUCKET}/run"
BASE = {"kind": "pvc", "pvc": {"claim": VOLUME, "path": f"models/{MODEL}"}}
CHANNEL = {"kind": "channel", "channel": {"url": f"{RUN}/weights"}}
SMALL = {"requests": {"cpu": "50m", "memory": "1Gi"}, "limits": {"memory": "4Gi"}}
STORE = {"endpoint": f"http://e2e-s3:{S3_PORT}", "secret": S3_SECRET}
TOPIC = "Home/Gardening/Tools"
Values = Mapping[str, Any]


def values(*, source: Values, roles: Mapping[str, Values], **rest: Any) -> Values:
    """Values for small generators of `roles`; the others are left out."""
    off = {role: {"enabled": False} for role in ("junior", "senior", "revisor")}
    generator = {
        "source": source,
        "resources": SMALL,
        "preStopSeconds": 2,
        "server": {"maxModelLen": 1024, "maxSeqs": 8, "kvCacheGib": 0.25, "pollS": 2, "graceS": 20},
        "shm": "256Mi",
    }
    return {
        "generator": generator,
        "roles": {**off, **roles},
        "storage": {"kind": "s3", "s3": STORE},
        **rest,
    }


def deploy(cluster: Cluster, chosen: Values, *flags: str, verb: str = "install") -> Done:
    """Install or upgrade the release with these values, whatever comes of it."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(chosen, file)
        file.flush()
        return cluster.try_helm(verb, NAME, CHART, "--values", file.name, *flags)


def deployed(cluster: Cluster, chosen: Values, *, verb: str = "install") -> str:
    """Install or upgrade the release and wait for its pods; what helm says."""
    done = deploy(cluster, chosen, "--wait", "--timeout", "10m", verb=verb)
    assert done.code == 0, f"{done.err[-3000:]}\n{cluster.state()}"
    return done.out


def address(role: str) -> str:
    """Of a role's generators, for a pod: every ready pod by itself."""
    return f"dns:///{NAME}-littlegiants-{role}-headless:50051"


def prompts(count: int, *, first: int = 0) -> Sequence[Prompt]:
    """Different prompts."""
    task = Task(Kind.MATCHING_SHORT, TOPIC, "Match a chore to a tool for it.")
    return [draw_prompt(task, seed=first + number) for number in range(count)]


@dataclass(frozen=True, slots=True)
class Load:
    """Items that a pod asks for while something else happens."""

    done: Future[Done]

    def answers(self) -> list[dict[str, Any]]:
        """Every line of the output; all items must have had an answer."""
        done = self.done.result()
        # 1: all answered, some completions are no valid sample; the model is small
        assert done.code in (0, 1), done.err[-3000:]
        return [json.loads(line) for line in done.out.splitlines()]

    @property
    def is_under_way(self) -> bool:
        """Whether items are still to come."""
        return not self.done.done()


def ask(cluster: Cluster, pod: str, command: str, role: str, lines: str) -> Done:
    """Run the client's command line in a pod, with `lines` as its input."""
    flags = ("--address", address(role), "--wait-s", "60", "--concurrency", "8")
    arguments = ("python", "-m", "littlegiants", command, *flags, "--max-tokens", "48")
    return cluster.try_kubectl("exec", "--stdin", pod, "--", *arguments, text=lines)


def start_load(
    threads: ThreadPoolExecutor, cluster: Cluster, pod: str, asked: Sequence[Prompt]
) -> Load:
    """Ask the junior for a sample of each prompt, without waiting."""
    lines = "".join(record_line(prompt).decode() for prompt in asked)
    return Load(threads.submit(ask, cluster, pod, "generate", "junior", lines))


def answered(answers: Sequence[Mapping[str, Any]]) -> list[int]:
    """Which prompts were answered, by their seeds."""
    return sorted(answer["prompt"]["seed"] for answer in answers)
