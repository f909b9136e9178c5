"""A task's pod as a process of this machine: the pod's command, and nothing of the shell's.

What the container's paths are in the pod lies in a folder of the task; the home is nobody's to
write into, as where a cluster gives each pod a user of its own.
"""

import json
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.kubeflow_driver import Pipeline, Task, Values
from tests.e2e.kubeflow_launcher import MESSAGE
from tests.e2e.kubeflow_pods import pod

ROOT = Path(__file__).parents[2]
LAUNCH = """
import sys
from pathlib import Path
from tests.e2e.kubeflow_launcher import main
sys.exit(main(sys.argv[2:], Path(sys.argv[1])))
"""
NO_HOME = "/dev/null"
"""Nobody makes a folder in it, root neither."""
HERE = {
    "/opt/venv/bin:$PATH": f"{sys.prefix}/bin:/usr/bin:/bin",
    "/opt/littlegiants": str(ROOT),
    "/var/lib/littlegiants": NO_HOME,
}
"""What is where in an image, and here."""
OF_A_CLUSTER = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "443"}


@dataclass(frozen=True, slots=True)
class TaskProcesses:
    """Runs tasks of a pipeline; each has a folder of its own below `folder`."""

    pipeline: Pipeline
    folder: Path
    secrets: Mapping[str, Mapping[str, str]]

    def __call__(self, task: Task) -> Values:
        """Run one to its end, and give what it gave; its log is in its folder."""
        (main,) = pod(self.pipeline, task, "run-1")["spec"]["containers"]
        place = self.folder / task.name
        for name in ("tmp", "dev", "home"):
            (place / name).mkdir(parents=True)
        with (place / "log").open("wb") as log:
            code = subprocess.run(
                [sys.executable, "-c", LAUNCH, str(place), *launched(main["command"], place)],
                cwd=place / "home",
                env={
                    **image_environment(main["image"]),
                    **self._variables(main),
                    "TMPDIR": str(place / "tmp"),
                },
                stdout=log,
                stderr=log,
                check=False,
            ).returncode
        assert code == 0, f"{task.name} ended with {code}:\n{(place / 'log').read_text()[-5000:]}"
        given: Values = json.loads((place / MESSAGE).read_text())["parameters"]
        return given

    def _variables(self, main: Mapping[str, Any]) -> Mapping[str, str]:
        """The container's environment, with its secrets; what the pod knows of itself is empty."""
        found = dict(OF_A_CLUSTER)
        for each in main["env"]:
            key = each.get("valueFrom", {}).get("secretKeyRef")
            value = self.secrets[key["name"]][key["key"]] if key else each.get("value", "")
            found[each["name"]] = value
        return found


def launched(command: Sequence[str], place: Path) -> Sequence[str]:
    """The launcher's arguments, with the container's paths below `place`."""
    flag, told, *step = command[2:]
    below = told.replace('"/tmp/kfp', f'"{place}/tmp/kfp').replace("minio://", f"{place}/minio/")
    return [flag, below, *step]


def image_environment(image: str) -> dict[str, str]:
    """What an image of ours sets, with the paths of this machine."""
    name = image.partition(":")[0].rpartition("/")[2]
    text = (ROOT / "images" / name / "Dockerfile").read_text("utf-8").replace("\\\n", "")
    for there, here in HERE.items():
        text = text.replace(there, here)
    lines = [line for line in text.splitlines() if line.startswith("ENV ")]
    told = [part.partition("=") for line in lines for part in shlex.split(line)[1:]]
    return {name: value for name, _, value in told}
