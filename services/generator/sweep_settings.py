"""What a sweep measures, and the commands of vLLM that do it."""

import json
import math
import shlex
import sys
from pathlib import Path

from pydantic import Field, PositiveInt
from pydantic_settings import BaseSettings, SettingsConfigDict

PROGRAM = "python -m services.generator.sweep"
NAME = "swept"
START_LIMIT_S = 3600


class SweepSettings(BaseSettings):
    """Measure how many tokens a second a model is written with here, at several widths."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        cli_kebab_case=True,
        cli_prog_name=PROGRAM,
    )

    model: str
    """Folder of a model, or a repository of the hub."""
    output: Path = Path("rates.json")
    """File to write, for `python -m pipelines plan --rates`; its content is also the last line."""
    max_seqs: list[PositiveInt] = Field([64, 128, 256], min_length=1)
    """Completions written side by side; may be given several times."""
    rounds: PositiveInt = 4
    """So many times `max_seqs` completions are asked for at each width."""
    prompt_tokens: PositiveInt = 300
    """Of each prompt."""
    completion_tokens: PositiveInt = 360
    """Of each completion."""
    tensor_parallel_size: PositiveInt = 1
    """GPUs that the model is split over."""
    server: str = ""
    """More flags of vLLM's server, as one text: --server='--quantization=fp8'."""
    port: PositiveInt = 8000
    """Of the server, on this machine."""


def command(settings: SweepSettings, folder: Path) -> list[str]:
    """`vllm bench sweep serve` over the widths, each with its own server."""
    widths = sorted(set(settings.max_seqs))
    swept = {
        "serve": [{"max_num_seqs": width} for width in widths],
        "bench": [
            {"max_concurrency": width, "num_prompts": settings.rounds * width} for width in widths
        ],
    }
    for name, records in swept.items():
        (folder / f"{name}.json").write_text(json.dumps(records), "utf-8")
    return [
        *(sys.executable, "-m", "vllm.benchmarks.sweep.serve"),
        f"--serve-cmd={shlex.join(serving(settings))}",
        f"--bench-cmd={shlex.join(asking(settings))}",
        f"--serve-params={folder / 'serve.json'}",
        f"--bench-params={folder / 'bench.json'}",
        "--link-vars=max_num_seqs=max_concurrency",
        "--after-bench-cmd=true",  # vLLM empties caches of a `vllm serve` alone; there are none
        "--num-runs=1",
        f"--warmup-num-prompts={min(widths)}",
        f"--server-ready-timeout={START_LIMIT_S}",
        f"--output-dir={folder}",
        "--experiment-name=all",
    ]


def serving(settings: SweepSettings) -> list[str]:
    """The server: vLLM's, in the number type of the generators; prompts have nothing in common."""
    return [
        *(sys.executable, "-m", "services.generator.vllm_teacher", "--model", settings.model),
        *("--host", "127.0.0.1", "--port", str(settings.port), "--served-model-name", NAME),
        *("--tensor-parallel-size", str(settings.tensor_parallel_size)),
        *("--max-model-len", str(model_length(settings)), "--no-enable-prefix-caching"),
        *shlex.split(settings.server),
    ]


def asking(settings: SweepSettings) -> list[str]:
    """The client: random prompts, and completions of one length."""
    return [
        *(sys.executable, "-m", "services.generator.vllm_bench", "--backend", "openai"),
        *("--base-url", f"http://127.0.0.1:{settings.port}", "--model", NAME),
        *("--tokenizer", settings.model, "--dataset-name", "random", "--ignore-eos"),
        *("--random-input-len", str(settings.prompt_tokens)),
        *("--random-output-len", str(settings.completion_tokens)),
    ]


def model_length(settings: SweepSettings) -> int:
    """Tokens that a request may have, with room for what a tokenizer adds to random prompts."""
    return math.ceil(1.25 * settings.prompt_tokens) + settings.completion_tokens
