"""Bespoke Curator's asking, by the Python of an environment that has it: URL COUNT WIDTH."""

import json
import os
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any


def main() -> None:
    """Ask, and print answers, seconds and CPU seconds."""
    url, count, width = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    shipped = Path(str(import_module("litellm").__file__)).parent / "litellm_core_utils/tokenizers"
    os.environ["TIKTOKEN_CACHE_DIR"] = str(shipped)  # nothing is to be downloaded
    curator: Any = import_module("bespokelabs.curator")

    class Writer(curator.LLM):
        """One question a row."""

        def prompt(self, row: dict[str, str]) -> str:
            """The question."""
            return row["question"]

        def parse(self, row: dict[str, str], response: str) -> dict[str, str]:
            """The answer."""
            return {"text": response}

    limits = {"max_requests_per_minute": 10**9, "max_tokens_per_minute": 10**9}
    params = {"base_url": url, "max_concurrent_requests": width, **limits}
    rows = [{"question": f"Write a short text about {number}."} for number in range(count)]
    began, spent = time.perf_counter(), time.process_time()
    writer = Writer(model_name="gpt-4o-mini", backend="openai", backend_params=params)
    answers = writer(rows)
    seconds, cpu_s = time.perf_counter() - began, time.process_time() - spent
    print(json.dumps({"count": len(answers.dataset), "seconds": seconds, "cpu_s": cpu_s}))


if __name__ == "__main__":
    main()
