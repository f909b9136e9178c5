"""A forecast is sane, names its assumptions, and is scored against what came of it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from upath import UPath

from littlegiants.errors import BadInput
from pipelines.__main__ import Plan
from pipelines.forecast.assumptions import parameters_of
from pipelines.forecast.kept_plan import keep_plan, plan_of
from pipelines.forecast.machine import Machine
from pipelines.forecast.past_run import scaled_as
from pipelines.forecast.plan import plan
from pipelines.forecast.table import plan_page
from pipelines.recipe.recipe import load_recipe
from pipelines.report.forecast import forecast_rows, scored
from pipelines.run.folder import Run
from pipelines.run.stages import STAGES
from pipelines.training.rates import ASSUMED

PAPER = {each.stage: each for each in plan(load_recipe("paper-8b"), "openai")}


@pytest.mark.parametrize("recipe", ["laptop", "paper-8b"])
def test_every_stage_has_a_forecast_with_its_assumptions(recipe: str) -> None:
    found = plan(load_recipe(recipe), "local")
    assert [each.stage for each in found if each.stage != "topics"] == list(STAGES)
    bare = [each.stage for each in found if not each.assumptions]
    assert bare == []


def test_the_papers_calls_are_forecast_as_the_paper_counts_them() -> None:
    calls = {stage: PAPER[stage].calls for stage in ("seed", "judge", "correct")}
    assert calls == {"seed": 25_000, "judge": 10_000 + 200, "correct": 10_000}, "200 are ours"


def test_a_promotion_that_is_tried_is_forecast_with_its_judge() -> None:
    changes = ["promotion.gates={}", "promotion.prompt_count=50"]
    found = {each.stage: each for each in plan(load_recipe("paper-8b", changes), "openai")}
    assert PAPER["promote-senior"].calls == 0
    assert found["promote-senior"].calls == 100, "each contest in both orders"
    assert found["promote-junior"].calls == 100 + 35, "and held-out tasks, once"
    assert found["promote-senior"].dollars
    scorers = load_recipe("paper-8b", [*changes, "promotion.judge=scorer"])
    assert {each.stage: each for each in plan(scorers, "openai")}["promote-senior"].calls == 0


def test_grown_topics_are_forecast_by_the_calls_that_they_take() -> None:
    assert PAPER["topics"].items == 150_000
    assert PAPER["topics"].calls == pytest.approx(8_000, rel=0.05)
    assert PAPER["topics"].dollars
    assert "topics" not in [each.stage for each in plan(load_recipe("laptop"), "local")]


@pytest.mark.parametrize(("stage", "papers"), [("seed", 10e6), ("judge", 12e6), ("correct", 10e6)])
def test_the_papers_tokens_are_forecast_within_a_third(stage: str, papers: float) -> None:
    forecast = PAPER[stage].prompt_tokens + PAPER[stage].completion_tokens
    assert forecast == pytest.approx(papers, rel=1 / 3)


def test_money_is_unknown_where_no_price_is() -> None:
    recipe = load_recipe("laptop")
    assert plan_page(plan(recipe, "local"), recipe, "", None).count("unknown") == 6


def test_a_batch_halves_the_money() -> None:
    changes = ["teacher.prices=null", "teacher.model=gpt-4o"]
    live = plan(load_recipe("paper-8b", changes), "openai")
    batched = plan(load_recipe("paper-8b", [*changes, "teacher.batch=true"]), "openai")
    assert sum(each.dollars or 0 for each in batched) == pytest.approx(
        sum(each.dollars or 0 for each in live) / 2
    )


def test_a_cap_that_will_stop_the_run_is_said() -> None:
    recipe = load_recipe("paper-8b", ["teacher.caps.calls=1000"])
    page = plan_page(plan(recipe, "openai"), recipe, "", None)
    assert "teacher.caps.calls 1,000 will stop the run" in page


def test_gpus_that_get_no_part_of_a_batch_make_no_training_shorter() -> None:
    recipe = load_recipe("paper-8b")
    four, five = (
        {each.stage: each.seconds for each in plan(recipe, "openai", Machine(count))}
        for count in (4, 5)
    )
    for stage in ("finetune-junior", "align", "finetune-revisor", "embed"):
        assert four[stage] == five[stage]
    assert five["synthesize"] < four["synthesize"]  # type: ignore[operator]


def test_a_guide_is_fetched_and_reads_every_text_once() -> None:
    change = "embedder.guide=hf:org/guide-7b"
    guided = {each.stage: each for each in plan(load_recipe("paper-8b", [change]), "openai")}
    assert guided["prepare"].bytes == PAPER["prepare"].bytes + 14e9
    assert guided["embed"].gpu_hours == pytest.approx(PAPER["embed"].gpu_hours * (1 + 2 / 8))  # type: ignore[operator]


@pytest.mark.parametrize(("gpus", "count"), [(5, 4), (8, 0)])
def test_gpus_that_stand_idle_are_told_in_a_line_a_training(
    gpus: int, count: int, capsys: pytest.CaptureFixture[str]
) -> None:
    Plan(recipe="paper-8b", teacher="openai", gpus=gpus).cli_cmd()
    told = [line for line in capsys.readouterr().out.splitlines() if f"of {gpus} devices" in line]
    assert len(told) == count
    assert all("trains on 4 of" in line for line in told)


@pytest.mark.parametrize(
    ("change", "room"),
    [("teacher.thinking_tokens=3000", 3_000), ("teacher.reasoning_effort=low", 4_000)],
)
def test_thinking_is_forecast_in_every_stage_that_asks(change: str, room: int) -> None:
    gated = ["promotion.gates={}"]
    plain = plan(load_recipe("paper-8b", gated), "openai")
    found = plan(load_recipe("paper-8b", [*gated, change]), "openai")
    more = {
        each.stage: (each.completion_tokens - bare.completion_tokens) / each.calls
        for each, bare in zip(found, plain, strict=True)
        if each.calls
    }
    asking = {"topics", "brainstorm", "seed", "judge", "correct"}
    assert set(more) == asking | {f"promote-{role}" for role in ("junior", "senior", "revisor")}
    assert [*more.values()] == pytest.approx([room] * len(more), abs=0.01)
    dearer = {
        each.stage for each, bare in zip(found, plain, strict=True) if each.dollars != bare.dollars
    }
    assert dearer == set(more)
    assert [each.bytes for each in found] == [each.bytes for each in plain], "it is not kept"
    said = [line for each in found for line in each.assumptions if "thinking" in line]
    assert len(said) == len(more)
    assert all(f"{room:,}" in line for line in said)


def test_thinking_counts_against_a_cap() -> None:
    changes = ["teacher.caps.tokens=200_000_000", "teacher.thinking_tokens=10000"]
    for recipe, is_stopped in ((changes[:1], False), (changes, True)):
        found = load_recipe("paper-8b", recipe)
        page = plan_page(plan(found, "openai"), found, "", None)
        assert ("will stop the run" in page) is is_stopped


def test_a_recorded_teacher_does_not_think() -> None:
    found = plan(load_recipe("laptop", ["teacher.thinking_tokens=3000"]), "recorded")
    assert found == plan(load_recipe("laptop"), "recorded")


@pytest.mark.parametrize(
    ("reference", "size"),
    [
        ("hf:meta-llama/Meta-Llama-3-8B", 8e9),
        ("shipped:smollm2-135m-instruct", 135e6),
        ("hf:org/Qwen2.5-0.5B", 0.5e9),
        ("hf:org/mystery", None),
    ],
)
def test_a_models_size_is_read_from_its_name_or_unknown(reference: str, size: float | None) -> None:
    assert parameters_of(reference) == size


def test_a_model_of_unknown_size_has_unknown_hours() -> None:
    found = plan(load_recipe("paper-8b", ["models.embedder=hf:org/mystery"]), "openai")
    embed = next(each for each in found if each.stage == "embed")
    assert (embed.gpu_hours, embed.seconds) == (None, None)


def test_a_run_keeps_the_forecast_it_was_started_with(tmp_path: Path) -> None:
    run = Run(UPath(tmp_path), load_recipe("laptop"))
    keep_plan(run, "local")
    (tmp_path / "plan.json").write_text(
        (tmp_path / "plan.json").read_text().replace('"gpu_count": 8', '"gpu_count": 9')
    )
    keep_plan(run, "local")
    kept = plan_of(run)
    assert kept and kept["gpu_count"] == 9
    keep_plan(Run(UPath(tmp_path), load_recipe("laptop", ["seeds.count=3"])), "local")
    assert json.loads((tmp_path / "plan.json").read_text())["gpu_count"] == 8


def test_the_forecast_is_scored_against_what_came_of_it() -> None:
    planned = {"teacher": "openai", "gpu_count": 8, "stages": [{"stage": "seed", "calls": 10}]}
    record = {"name": "seed", "seconds": 5.0, "teacher": {"calls": 15, "dollars": None}}
    found = scored(planned, [record])
    assert found["stages"][0]["calls"] == {"forecast": 10, "actual": 15, "ratio": 1.5}
    ((stage, cells),) = forecast_rows(found)
    assert (stage, cells[0].actual, cells[0].forecast) == ("seed", "15", "10")
    assert cells[0].ratio == "1.50 times"


def test_a_run_without_a_forecast_has_no_score() -> None:
    assert scored(None, []) == {}


def summary_of(folder: Path, stages: list[dict[str, object]]) -> str:
    """A finished run whose forecast was compared."""
    (folder / "summary.json").write_text(json.dumps({"forecast": {"stages": stages}}))
    return str(folder)


def test_a_past_run_corrects_the_times(tmp_path: Path) -> None:
    forecasts = plan(load_recipe("laptop"), "local")
    past = summary_of(tmp_path, [{"stage": "embed", "seconds": {"ratio": 2.0}}])
    found = {each.stage: each.seconds for each in scaled_as(past, forecasts)}
    before = {each.stage: each.seconds for each in forecasts}
    assert found["embed"] == 2 * (before.pop("embed") or 0)
    assert {stage: found[stage] for stage in before} == before


@pytest.mark.parametrize("stages", [None, []], ids=["no summary", "no forecast"])
def test_a_past_run_without_a_comparison_is_refused(
    tmp_path: Path, stages: list[dict[str, object]] | None
) -> None:
    past = str(tmp_path) if stages is None else summary_of(tmp_path, stages)
    with pytest.raises(BadInput, match="like: "):
        scaled_as(past, [])


def test_a_faster_machine_is_forecast_to_need_less_time() -> None:
    recipe, operations = load_recipe("laptop"), ASSUMED.operations
    fast = replace(operations, train=10 * operations.train, write=10 * operations.write)
    rates = replace(ASSUMED, operations=fast)
    slow = {each.stage: each.seconds or 0 for each in plan(recipe, "recorded")}
    found = {each.stage: each.seconds or 0 for each in plan(recipe, "recorded", Machine(1, rates))}
    assert {stage for stage in slow if found[stage] < slow[stage]} == {
        *("finetune-junior", "align", "finetune-revisor", "embed", "propose", "synthesize")
    }
