"""DataDesigner's asking, by the Python of an environment that has it: URL COUNT WIDTH."""

import json
import sys
import time
from importlib import import_module
from typing import Any


def main() -> None:
    """Ask, and print answers, seconds and CPU seconds."""
    url, count, width = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    config: Any = import_module("data_designer.config")
    interface: Any = import_module("data_designer.interface")
    provider = config.ModelProvider(name="slow", endpoint=url, api_key="none")
    params = config.ChatCompletionInferenceParams(max_parallel_requests=width, timeout=60)
    how = {"provider": "slow", "skip_health_check": True, "inference_parameters": params}
    model = config.ModelConfig(alias="teacher", model="gpt-4o-mini", **how)
    builder = config.DataDesignerConfigBuilder(model_configs=[model])
    builder.add_column(
        config.SamplerColumnConfig(
            name="number", sampler_type="uuid", params=config.UUIDSamplerParams()
        )
    )
    builder.add_column(
        config.LLMTextColumnConfig(
            name="text", prompt="Write a short text about {{ number }}.", model_alias="teacher"
        )
    )
    began, spent = time.perf_counter(), time.process_time()
    designer = interface.DataDesigner(artifact_path="artifacts", model_providers=[provider])
    designer.set_run_config(config.RunConfig(buffer_size=count))
    answers = designer.create(builder, num_records=count).load_dataset()
    seconds, cpu_s = time.perf_counter() - began, time.process_time() - spent
    print(json.dumps({"count": len(answers), "seconds": seconds, "cpu_s": cpu_s}))


if __name__ == "__main__":
    main()
