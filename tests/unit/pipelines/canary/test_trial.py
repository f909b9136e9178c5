"""New weights answer beside what is served: worse ones are kept out, better ones promoted."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from littlegiants.errors import OverBudget
from pipelines.cli.exits import KeptOut, exit_code
from tests.unit.pipelines.canary.conftest import COUNT, ROLES, World


@pytest.mark.parametrize("world", ROLES, indirect=True)
async def test_worse_weights_are_kept_out_and_nothing_is_asked_twice(
    world: World, models: dict[str, str]
) -> None:
    before = world.served
    with pytest.raises(KeptOut, match=r"kept out by wins_enough.* is served on") as stopped:
        await world.promote("worse")
    assert exit_code(stopped.value) == 7
    assert world.served == before
    assert models[before[0]] == "served"
    asked = world.asked_counts
    assert asked[0] == 2 * COUNT, "each contest in both orders"
    with pytest.raises(KeptOut):
        await world.promote("worse")
    assert world.asked_counts == asked
    trials = [json.loads(path.read_text()) for path in (world.run / "canary/trials").iterdir()]
    assert [(each["outcomes"], each["agreement"]["count"]) for each in trials] == [
        ({"lost": COUNT}, COUNT)
    ]


async def test_what_is_said_of_a_shut_gate_names_the_report_of_the_unfinished_run(
    world: World,
) -> None:
    with pytest.raises(KeptOut) as stopped:
        await world.promote("worse")
    [page] = re.findall(r"(\S+\.html) has all", str(stopped.value))
    said = (world.run / Path(page).name).read_text()
    assert page == str(world.run / "report.html")
    assert "This run is not finished" in said
    assert "loses against what is served" in said
    summary = json.loads((world.run / "summary.json").read_text())
    assert {f"promote-{world.role}", "synthesize"} < set(summary["not_done"])


@pytest.mark.parametrize("world", ROLES, indirect=True)
async def test_better_weights_are_promoted_and_said_to_be(
    world: World, models: dict[str, str]
) -> None:
    await world.promote("better")
    assert models[world.served[0]] == "better"
    record = json.loads((world.run / "stages" / f"promote-{world.role}.json").read_text())
    assert record["detail"]["trial"]["outcomes"] == {"won": COUNT}
    assert record["teacher"]["calls"] == 2 * COUNT
    asked = world.asked_counts
    await world.promote("better")
    assert world.asked_counts == asked, "what is served already needs no proof"


async def test_of_the_weights_that_were_tried_only_those_that_are_served_are_left(
    world: World, models: dict[str, str]
) -> None:
    folder = world.run / "canary" / "weights" / world.role
    with pytest.raises(KeptOut):
        await world.promote("worse")
    assert {models[path.parent.name] for path in folder.glob("*/manifest.json")} == {"worse"}
    await world.promote("better")
    assert {models[path.parent.name] for path in folder.glob("*/manifest.json")} == {"better"}
    assert len(list(folder.glob("*/*.safetensors"))) == 1
    live = world.run / "weights" / world.role
    assert {models[path.parent.name] for path in live.glob("*/manifest.json")} == {
        *("served", "better")
    }


async def test_the_budgets_cap_holds_for_a_trial(world: World) -> None:
    capped = {"set": [*world.settings.set, "teacher.caps.calls=5"]}
    poor = replace(world, settings=world.settings.model_copy(update=capped))
    with pytest.raises(OverBudget):
        await poor.promote("better")
    assert len(world.teacher.requests) <= 5
