"""What Kubeflow's launcher does in a step's container: runs the step, and tells what it gave.

python3 launcher.py --executor_input JSON -- COMMAND...

What the step gave becomes the container's termination message (where KFP's own writes to a database
and uploads artifacts). The file is mounted into the pod: it knows nothing but Python.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

MESSAGE = "dev/termination-log"


def main(arguments: list[str], root: Path = Path("/")) -> int:
    """Make the folders of the outputs, run the step, tell; the step's exit code."""
    _, told, _, *command = arguments
    outputs = json.loads(told)["outputs"]
    artifacts = {
        name: root / local(each["artifacts"][0]["uri"])
        for name, each in outputs.get("artifacts", {}).items()
    }
    files = [Path(each["outputFile"]) for each in outputs.get("parameters", {}).values()]
    for path in (Path(outputs["outputFile"]), *files, *artifacts.values()):
        path.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run([part.replace("{{$}}", told) for part in command], check=False)
    if done.returncode == 0:
        given = {"parameters": given_by(outputs), "artifacts": sizes(artifacts)}
        (root / MESSAGE).write_text(json.dumps(given), encoding="utf-8")
    return done.returncode


def given_by(outputs: dict[str, Any]) -> dict[str, Any]:
    """The output parameters that the executor wrote; each that is declared must be there."""
    given = json.loads(Path(outputs["outputFile"]).read_text("utf-8")).get("parameterValues", {})
    return {name: given[name] for name in outputs.get("parameters", {})}


def sizes(artifacts: dict[str, Path]) -> dict[str, int]:
    """Bytes of what would be uploaded now."""
    return {name: path.stat().st_size for name, path in artifacts.items()}


def local(uri: str) -> str:
    """Where an artifact lies until it is uploaded: minio://bucket/name in minio/bucket/name."""
    return uri.replace("://", "/")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
