"""kubectl and helm as the tests call them, in one namespace of the cluster that KUBECONFIG names.

KUBECTL, HELM and HELM_INSTALL name the programs; the last one stands for `helm` before `install`
and `upgrade`, where a server is so old that charts must be rewritten on the way to it.
"""

import json
import os
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

Found = TypeVar("Found")
LOOK_INTERVAL_S = 1.0


@dataclass(frozen=True, slots=True)
class Done:
    """How a program ended."""

    code: int
    out: str
    err: str


def program(variable: str, default: str) -> list[str]:
    """The command in an environment variable."""
    return shlex.split(os.environ.get(variable) or default)


KUBECTL = program("KUBECTL", "kubectl")
HELM = program("HELM", "helm")
HELM_INSTALL = program("HELM_INSTALL", shlex.join(HELM))


def run(command: list[str], *, text: str | None = None, timeout_s: float = 600) -> Done:
    """The outcome of a command; `text` is its standard input."""
    if "get" not in command:  # which is called every second where something is waited for
        print(f"$ {shlex.join(command)[:300]}", flush=True)
    result = subprocess.run(
        command, input=text, capture_output=True, text=True, timeout=timeout_s, check=False
    )
    return Done(result.returncode, result.stdout, result.stderr)


@dataclass(frozen=True, slots=True)
class Cluster:
    """A namespace of the cluster."""

    namespace: str

    def try_kubectl(self, *arguments: str, text: str | None = None, timeout_s: float = 600) -> Done:
        """kubectl in the namespace, whatever comes of it."""
        command = [*KUBECTL, "--namespace", self.namespace, *arguments]
        return run(command, text=text, timeout_s=timeout_s)

    def kubectl(self, *arguments: str, text: str | None = None, timeout_s: float = 600) -> str:
        """What kubectl says; it must succeed."""
        done = self.try_kubectl(*arguments, text=text, timeout_s=timeout_s)
        assert done.code == 0, f"{shlex.join(arguments)}: {done.err}{done.out[-2000:]}"
        return done.out

    def try_helm(self, verb: str, *arguments: str, timeout_s: float = 900) -> Done:
        """helm in the namespace, whatever comes of it."""
        helm = HELM_INSTALL if verb in ("install", "upgrade") else HELM
        command = [*helm, verb, *arguments, "--namespace", self.namespace]
        return run(command, timeout_s=timeout_s)

    def helm(self, verb: str, *arguments: str, timeout_s: float = 900) -> str:
        """What helm says; it must succeed."""
        done = self.try_helm(verb, *arguments, timeout_s=timeout_s)
        assert done.code == 0, f"helm {verb}: {done.err[-3000:]}{done.out[-2000:]}\n{self.state()}"
        return done.out

    def apply(self, *objects: dict[str, Any]) -> None:
        """Create or change objects."""
        listed = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        self.kubectl("apply", "--filename", "-", text=json.dumps(listed))

    def get(self, *what: str) -> dict[str, Any]:
        """An object, or a list of them."""
        found: dict[str, Any] = json.loads(self.kubectl("get", *what, "--output", "json"))
        return found

    def pods(self, selector: str) -> list[dict[str, Any]]:
        """Pods with these labels that are not being deleted."""
        found = self.get("pods", "--selector", selector)["items"]
        return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]

    def state(self) -> str:
        """Pods and the latest events, for a test that failed."""
        pods = self.try_kubectl("get", "pods", "--output", "wide").out
        events = self.try_kubectl("get", "events", "--sort-by", ".lastTimestamp").out
        return pods + "\n".join(events.splitlines()[-25:])

    def await_job(self, name: str, *, timeout_s: float = 900) -> str:
        """The log of a Job that succeeded."""

        def ended() -> str | None:
            status = self.get("job", name)["status"]
            kinds = [
                each["type"] for each in status.get("conditions", ()) if each["status"] == "True"
            ]
            return next((kind for kind in kinds if kind in ("Complete", "Failed")), None)

        outcome = wait_for(ended, f"the end of job {name}", timeout_s=timeout_s)
        log = self.try_kubectl("logs", f"job/{name}", "--tail", "60").out
        assert outcome == "Complete", f"job {name} failed:\n{log}\n{self.state()}"
        return log


def wait_for(look: Callable[[], Found | None], what: str, *, timeout_s: float) -> Found:
    """What `look` finds, as soon as it finds something."""
    end = time.monotonic() + timeout_s
    while not (found := look()):
        assert time.monotonic() < end, f"no {what} within {timeout_s:.0f} s"
        time.sleep(LOOK_INTERVAL_S)
    return found


@contextmanager
def forwarded(cluster: Cluster, target: str, port: int) -> Iterator[str]:
    """A local address that leads to a port of `target` (service/NAME or pod/NAME)."""
    command = [*KUBECTL, "--namespace", cluster.namespace, "port-forward", target, f":{port}"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("Forwarding from 127.0.0.1:"), line + process.stdout.read()
        yield line.split()[2]
    finally:
        process.terminate()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
