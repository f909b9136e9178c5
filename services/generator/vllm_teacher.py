"""vLLM's OpenAI-compatible server: `python -m services.generator.vllm_teacher --model FOLDER`.

Its own `--dtype auto` takes the type that the weights are stored in, on any processor.
"""

import argparse
import runpy
import sys
from collections.abc import Sequence

from services.generator.engine.vllm_dtype import computing

SERVER = "vllm.entrypoints.openai.api_server"


def with_dtype(arguments: Sequence[str]) -> list[str]:
    """vLLM's flags, `--dtype` among them as a type that the device multiplies natively."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--dtype", default="auto")
    told, others = parser.parse_known_args(arguments)
    chosen = computing(told.dtype)
    print(f"teacher: {chosen}", flush=True)
    return [*others, "--dtype", chosen.dtype]


if __name__ == "__main__":
    sys.argv[1:] = with_dtype(sys.argv[1:])
    # under its own name, so that the engine's processes import it and not this module
    runpy.run_module(SERVER, run_name="__main__", alter_sys=True)
