"""Scripted rows stand in only where a random model wrote nothing of use, and it is told."""

from pathlib import Path

import pytest
from upath import UPath

from littlegiants.checks import failed_checks
from littlegiants.kinds import Kind
from littlegiants.tasks import Prompt, Task
from pipelines.data.records import Candidate, Candidates, Draft
from pipelines.recipe.recipe import load_recipe
from pipelines.rehearsal.script import sample_for
from pipelines.rehearsal.top_up import top_up
from pipelines.run.folder import Run
from pipelines.steps.synthesize import AskedShard

TASK = Task(Kind.MATCHING_SHORT, "Food", "Match a dish to a drink.")
RUBBISH = Candidate("rubbish", None, "no_json")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    run = Run(UPath(tmp_path), load_recipe("laptop", ["synthesize.count=6"]))
    run.write("tasks", [TASK])
    return run


def test_a_set_without_a_valid_candidate_gets_one(run: Run) -> None:
    prompts = [Prompt(TASK, {}, seed=number) for number in range(2)]
    good = Candidate("{}", sample_for(prompts[0]))
    sets = [Candidates(prompts[0], (good, RUBBISH)), Candidates(prompts[1], (RUBBISH, RUBBISH))]
    run.write("candidates", sets)
    note = top_up(run, "propose", {})
    first, second = run.read(Candidates, "candidates")
    assert first == sets[0]
    assert second.candidates[0] == RUBBISH
    assert second.candidates[1].sample == sample_for(prompts[1])
    assert note == "1 of 4 candidates of a random model are valid; 1 scripted ones used"
    assert top_up(run, "propose", {}) == note


def test_each_prompt_without_a_draft_gets_one(run: Run) -> None:
    asked = [prompt for prompt, _ in AskedShard([TASK], run.recipe, 0)]
    own = Draft(asked[0], sample_for(asked[0]), None, "", {"by": "senior"}, {})
    run.write("drafts-0", [own])
    note = top_up(run, "synthesize", {"shard": "0"})
    drafts = run.read(Draft, "drafts-0")
    assert drafts[0] == own
    assert sorted(each.prompt.id for each in drafts) == sorted(each.id for each in asked)
    assert not any(failed_checks(each.sample, each.prompt) for each in drafts)
    assert note == "1 of 6 drafts of a random model are valid; 5 scripted ones used"
    assert top_up(run, "synthesize", {"shard": "0"}) == note


def test_where_enough_was_written_nothing_is_changed(run: Run) -> None:
    prompt = Prompt(TASK, {}, seed=0)
    run.write("candidates", [Candidates(prompt, (RUBBISH, Candidate("{}", sample_for(prompt))))])
    assert top_up(run, "propose", {}) == ""
    assert top_up(run, "curate", {}) == ""
