"""What an engine may be told: typed options, and names that vLLM itself knows."""

import ast
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from littlegiants.errors import BadInput
from services.generator.engine_options import FREE_AT_START, option_args, with_more
from services.generator.settings import GeneratorSettings


def settings(**more: Any) -> GeneratorSettings:
    """A junior's, with more said."""
    return GeneratorSettings(role="junior", model=Path("model"), **more)


def known() -> set[str]:
    """Names of vLLM's engine arguments, as its source has them: importing it takes long."""
    found = find_spec("vllm")
    assert found and found.origin
    source = (Path(found.origin).parent / "engine" / "arg_utils.py").read_text("utf-8")
    return {
        line.target.id
        for each in ast.parse(source).body
        if isinstance(each, ast.ClassDef) and each.name in ("EngineArgs", "AsyncEngineArgs")
        for line in each.body
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name)
    }


EVERY = {
    "quantization": "fp8",
    "tensor_parallel_size": 2,
    "kv_cache_dtype": "fp8",
    "ngram_tokens": 5,
    "prefix_caching": False,
}


def test_options_are_arguments_that_vllm_knows() -> None:
    args = option_args(settings(**EVERY), is_cpu=False)
    assert args.keys() <= known()
    assert args["speculative_config"]["num_speculative_tokens"] == 5
    assert (args["quantization"], args["enable_prefix_caching"]) == ("fp8", False)


def test_nothing_said_leaves_the_engine_as_it_is_and_room_for_others() -> None:
    assert option_args(settings(), is_cpu=True) == {
        "gpu_memory_utilization": FREE_AT_START,
        "tensor_parallel_size": 1,
        "kv_cache_dtype": "auto",
        "enable_prefix_caching": True,
    }


def test_what_needs_a_gpu_is_refused_without_one_all_at_once() -> None:
    with pytest.raises(BadInput, match="--quantization, --kv-cache-dtype, --ngram-tokens: needs"):
        option_args(settings(**EVERY), is_cpu=True)


def test_more_arguments_are_those_that_vllm_has() -> None:
    more = {"max_num_batched_tokens": 8192, "block_size": 32}
    assert with_more({"model": "x"}, more, known()) == {"model": "x", **more}


def test_unknown_names_and_those_of_settings_are_refused_together() -> None:
    with pytest.raises(BadInput) as refused:
        with_more({"dtype": "auto"}, {"dtype": "float32", "bloc_size": 1}, known())
    assert "vLLM has no 'bloc_size'" in str(refused.value)
    assert "'dtype' is said by a setting of its own" in str(refused.value)
