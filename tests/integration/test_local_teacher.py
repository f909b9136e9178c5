"""`--teacher local`: vLLM is started and asked by every stage as any teacher is."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from pipelines.cli.step_flags import LOCAL, TeacherSettings
from pipelines.openai_client.client import Endpoint
from pipelines.run.folder import Run
from pipelines.run.step import Step, Work
from pipelines.steps import brainstorm, correct, judge, seed
from pipelines.teacher.endpoint import endpoint_of
from tests.integration.teacher_stages import COUNTS, STAGES, check_accounts, run_with_records
from tests.integration.tiny_model import make_tiny_model

SMALL = ("serving.max_model_len=2048", "serving.max_seqs=4", "serving.kv_cache_gib=0.1")
STEPS = MappingProxyType(
    {"seed": seed.STEP, "judge": judge.STEP, "correct": correct.STEP, "brainstorm": brainstorm.STEP}
)
ROW = "\n| vLLM, as `--teacher local` starts it | nothing | the real server ("
pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def run(smollm2: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run whose teacher is a small model."""
    folder = tmp_path_factory.mktemp("local")
    model = make_tiny_model(smollm2, folder / "tiny")
    return run_with_records(folder / "run", (*COUNTS, *SMALL, f"models.teacher={model}"))


@pytest.fixture(scope="module")
def endpoint(run: Run) -> Iterator[Endpoint]:
    """What `--teacher local` starts for a step, here for several."""
    settings = TeacherSettings(_cli_parse_args=False, run=str(run.folder), teacher=LOCAL)
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        yield runner.run(stack.enter_async_context(endpoint_of(Work("teacher", run, settings))))
        runner.run(stack.aclose())


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_asks_it_and_nothing_is_refused(
    stage: str, run: Run, endpoint: Endpoint
) -> None:
    step: Step = STEPS[stage]
    changes = (*COUNTS, f"teacher.model={endpoint.model}", 'teacher.key_variable=""')
    flags: dict[str, Any] = {"run": str(run.folder), "teacher": endpoint.url, "set": changes}
    step(step.settings(_cli_parse_args=False, **flags))
    assert "refused_parameters" not in check_accounts(stage, run)["detail"]
    assert ROW in Path("docs/teacher.md").read_text(encoding="utf-8")
