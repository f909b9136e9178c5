"""The chart as the tests install it, and what they ask its generators for."""

import json
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from threading import Event
from typing import Any

from littlegiants.kinds import Kind
from littlegiants.records import record_line
from littlegiants.tasks import Prompt, Task, draw_prompt
from tests.e2e.cluster import Cluster, Done
from tests.e2e.objects import MODEL, S3_PORT, S3_SECRET, VOLUME
from tests.unit.weed_server import BUCKET

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
        "images": {"pullPolicy": "Never"},  # the node has them
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


Answers = list[dict[str, Any]]


def ask(cluster: Cluster, pod: str, command: str, role: str, lines: str) -> Done:
    """Run the client's command line in a pod, with `lines` as its input."""
    flags = ("--address", address(role), "--wait-s", "60", "--concurrency", "8")
    arguments = ("python", "-m", "littlegiants", command, *flags, "--max-tokens", "48")
    return cluster.try_kubectl("exec", "--stdin", pod, "--", *arguments, text=lines)


def samples(cluster: Cluster, pod: str, asked: Sequence[Prompt]) -> Answers:
    """Every line of the answer to a juniors' client; all items must have had an answer."""
    lines = "".join(record_line(prompt).decode() for prompt in asked)
    done = ask(cluster, pod, "generate", "junior", lines)
    # 1: all answered, some completions are no valid sample; the model is small
    assert done.code in (0, 1), done.err[-3000:]
    return [json.loads(line) for line in done.out.splitlines()]


def samples_until(
    stop: Event, cluster: Cluster, pod: str, parts: Iterable[Sequence[Prompt]]
) -> tuple[list[Prompt], Answers]:
    """What was asked, part after part until `stop` is set, and the answers."""
    asked: list[Prompt] = []
    answers: Answers = []
    for part in takewhile(lambda _: not stop.is_set(), parts):
        asked += part
        answers += samples(cluster, pod, part)
    return asked, answers


def each_once(asked: Sequence[Prompt], answers: Answers) -> bool:
    """Whether every prompt has one answer, and nothing else has."""
    return sorted(prompt.seed for prompt in asked) == sorted(
        answer["prompt"]["seed"] for answer in answers
    )
