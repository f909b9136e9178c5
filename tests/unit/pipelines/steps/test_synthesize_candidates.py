"""A shard's drafts are the best of what was written for each prompt."""

import asyncio
from pathlib import Path

import pytest
from upath import UPath

from littlegiants.kinds import Kind
from littlegiants.samples import Sample
from littlegiants.tasks import Task
from pipelines.data.records import Candidate, Draft, plain
from pipelines.generators.ask import MANY, ONE
from pipelines.generators.journal_keys import revising_key, writing_key
from pipelines.generators.promotion import current_digest, promote_weights
from pipelines.recipe.recipe import load_recipe
from pipelines.run.folder import Run
from pipelines.run.step import Work
from pipelines.steps import synthesize as step
from tests.unit.pipelines.curation.test_content import Topical

CHANGES = (
    *("synthesize.count=2", "synthesize.shard_count=1", "synthesize.candidate_count=2"),
    "shares={matching_short: 1}",
)
NEAR = Sample(Kind.MATCHING_SHORT, "a walk to the harbour", "boats in the harbour, a bakery")
FAR = Sample(Kind.MATCHING_SHORT, "a walk to the museum", "trees of the forest")
MENDED = Sample(Kind.MATCHING_SHORT, "a stroll to the harbour", "ships in the harbour, a bakery")


def answered(folder: Path) -> Run:
    """A run whose generators have written everything: two samples a prompt, the best revised."""
    run = Run(UPath(folder / "run"), load_recipe("laptop", CHANGES))
    run.write("tasks", [Task(Kind.MATCHING_SHORT, "Places", "Match a walk to what is seen.")])
    model = folder / "model"
    model.mkdir()
    (model / "model.safetensors").write_bytes(b"weights")
    for role in ("senior", "revisor"):
        promote_weights(run, role, model)
    limit = run.recipe.serving.max_tokens
    senior, revisor = (current_digest(run, role) for role in ("senior", "revisor"))
    journals = run.journal("synthesize-0-senior"), run.journal("synthesize-0-revisor")
    with journals[0] as written, journals[1] as revised:
        for prompt, how in step.AskedShard(run.read(Task, "tasks"), run.recipe, 0):
            both = [plain(Candidate("", sample, "")) for sample in (FAR, NEAR)]
            written.append(writing_key(prompt, how, senior, count=2, limit=limit), {MANY: both})
            key = revising_key(prompt, NEAR, how, revisor, limit=limit)
            revised.append(key, {ONE: plain(Candidate("", MENDED, "refused"))})
    return run


@pytest.mark.parametrize(
    ("writers", "roles"),
    [
        ("{senior: 1}", ["senior", "revisor"]),
        ("{senior: 1, junior: 1, other: 1}", ["senior", "junior", "revisor"]),
        ("{junior: 1, senior: 0}", ["junior", "revisor"]),
    ],
)
def test_it_reads_the_pointers_of_this_runs_writers(writers: str, roles: list[str]) -> None:
    changes = [f"synthesize.writers={writers}", "synthesize.others={other: digest}"]
    settings = step.SynthesizeSettings(set=changes, _cli_parse_args=False)
    pointers = [f"weights/{role}/current.json" for role in roles]
    assert step.STEP.reads(settings) == ("data/tasks.jsonl", *pointers)


def test_the_best_of_several_is_revised_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(step, "scorer", lambda work: Topical())
    run = answered(tmp_path)
    settings = step.SynthesizeSettings(run=str(run.folder), shard=0, _cli_parse_args=False)
    tally = asyncio.run(step.synthesize(Work("synthesize-0", run, settings)))
    assert [draft.sample for draft in run.read(Draft, "drafts-0")] == [NEAR, NEAR]
    assert (tally.in_count, tally.out_count, dict(tally.dropped)) == (2, 2, {})
