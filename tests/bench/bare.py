"""vLLM's AsyncLLM alone in a process: the peer that nothing can be faster than.

Reads one JSON job a line, answers one JSON line each.
"""

import asyncio
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from tests.bench.load import requests, settings


def main() -> None:
    """`python -m tests.bench.bare MODEL`; says "ready" when the engine is."""
    os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")
    os.environ.setdefault("TORCHDYNAMO_DISABLE", "1")
    asyncio.run(serve(sys.argv[1]))


async def serve(model: str) -> None:
    """Do jobs until there are no more."""
    from vllm.usage.usage_lib import UsageContext
    from vllm.v1.engine.async_llm import AsyncLLM

    from services.generator.engine.vllm_engine import engine_args

    engine = AsyncLLM.from_engine_args(
        engine_args(settings(model), Path(model)), usage_context=UsageContext.OPENAI_API_SERVER
    )
    await _one(engine, requests(1, max_tokens=1)[0], settings(model))
    say({"ready": True})
    while line := await asyncio.to_thread(sys.stdin.readline):
        say(await measured(engine, model, json.loads(line)))
    await asyncio.to_thread(engine.shutdown, 3.0)


async def measured(engine: Any, model: str, job: dict[str, Any]) -> dict[str, float]:
    """Seconds, tokens and this process's CPU seconds of one job."""
    chosen = settings(model)
    slots = asyncio.Semaphore(chosen.max_seqs)
    started, cpu = time.perf_counter(), time.process_time()

    async def one(request: Any) -> int:
        async with slots:
            return await _one(engine, request, chosen)

    counts = await asyncio.gather(*(one(each) for each in requests(**job)))
    return {
        "seconds": time.perf_counter() - started,
        "tokens": sum(counts),
        "cpu_s": time.process_time() - cpu,
    }


async def _one(engine: Any, request: Any, chosen: Any) -> int:
    from vllm.renderers.inputs.preprocess import parse_model_prompt

    from services.generator.engine.vllm_requests import sampling_params
    from services.generator.generation.requests import asks_of_generate

    (ask,) = asks_of_generate(request, chosen)
    message = {"role": "user", "content": ask.completion.prompt}
    tokens = engine.get_tokenizer().apply_chat_template(
        [message], add_generation_prompt=True, tokenize=True, return_dict=False
    )
    params = sampling_params(ask.completion, chosen.max_model_len - len(tokens))
    prompt = parse_model_prompt(engine.model_config, {"prompt_token_ids": list(tokens)})
    (rendered,) = await engine.renderer.render_cmpl_async([prompt])
    name = f"{request.request_id}-{time.perf_counter_ns()}"
    async for output in engine.generate(rendered, params, name):
        last = output
    return len(last.outputs[0].token_ids)


def say(answer: dict[str, Any]) -> None:
    """One line to whoever asked."""
    print(f"answer {json.dumps(answer)}", flush=True)


if __name__ == "__main__":
    main()
