"""Start a generator: `python -m services.generator --role junior --model FOLDER`."""

import ctypes
import os
import signal
import sys

from littlegiants.closed_pipe import ends_with_its_reader
from littlegiants.proxies import spare_nearby

PR_SET_PDEATHSIG = 1

ENVIRONMENT = {
    "VLLM_NO_USAGE_STATS": "1",
    "HF_HUB_OFFLINE": "1",
    # the engine's processes import this module again: see the end of it
    "VLLM_WORKER_MULTIPROC_METHOD": "spawn",
}


def main() -> int:
    """Parse the flags, then load the engine and serve; the exit code."""
    from services.generator.settings import parse

    settings = parse()
    spare_nearby()
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    if settings.log_format == "json":
        from services.generator.telemetry.logs import VLLM_CONFIG

        # vLLM reads it when it is imported, and so do its processes
        os.environ.setdefault("VLLM_LOGGING_CONFIG_PATH", str(VLLM_CONFIG))
    from services.generator.engine.vllm_engine import open_vllm
    from services.generator.server import run

    return run(settings, open_vllm)


def die_with_parent() -> None:
    """Have the kernel kill this process when the one that started it is gone, however it went."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    # multiprocessing imports the main module again in its children, but not a package's __main__;
    # without a spec it goes by the file's path, and the branch below is reached
    __spec__ = None
    with ends_with_its_reader():
        sys.exit(main())
elif __name__ == "__mp_main__":
    die_with_parent()
