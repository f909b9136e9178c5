"""A sweep asks vLLM at each width, and tells the best rate."""

import json
from pathlib import Path

import pytest

from services.generator import sweep
from services.generator.sweep import gpu_name, parameters_of
from services.generator.sweep_settings import SweepSettings, command


def settings(**more: object) -> SweepSettings:
    return SweepSettings(model="/models/base", _cli_parse_args=[], **more)  # type: ignore[arg-type]


def test_each_width_has_its_server_and_requests_enough(tmp_path: Path) -> None:
    told = command(settings(max_seqs=[8, 4, 8], rounds=3, server="--enforce-eager"), tmp_path)
    assert told[1:3] == ["-m", "vllm.benchmarks.sweep.serve"]
    assert json.loads((tmp_path / "serve.json").read_text()) == [
        {"max_num_seqs": 4},
        {"max_num_seqs": 8},
    ]
    assert json.loads((tmp_path / "bench.json").read_text()) == [
        {"max_concurrency": 4, "num_prompts": 12},
        {"max_concurrency": 8, "num_prompts": 24},
    ]
    (serve,) = (each for each in told if each.startswith("--serve-cmd="))
    assert "services.generator.vllm_teacher --model /models/base" in serve
    assert serve.endswith("--enforce-eager")
    assert "--link-vars=max_num_seqs=max_concurrency" in told


def test_a_sweep_that_vllm_does_not_finish_can_be_tried_again(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(sweep, "command", lambda *_: ["false"])
    assert sweep.main(["--model", "x", "--output", str(tmp_path / "rates.json")]) == 3
    assert "vLLM ended with 1 after 0 of 3 widths" in capfd.readouterr().err
    assert not list(tmp_path.iterdir())
    assert sweep.main(["--output", "x"]) == 2


def test_what_is_elsewhere_has_no_size_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    assert parameters_of("org/model") == 0
    monkeypatch.setenv("PATH", "")
    assert gpu_name() == ""
