"""Tasks in, drafts out: the senior writes, then the revisor mends, shard by shard."""

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from littlegiants.client import Options
from littlegiants.parsing import parse_revision
from littlegiants.tasks import Prompt, Task
from pipelines.allocation import SYNTHESIZE, prompts_for
from pipelines.fanout import generate_all, revise_all
from pipelines.nouns import Candidate, Draft
from pipelines.recipe import Recipe
from pipelines.run import Run, Tally
from pipelines.stage import ShardSettings, Step, StepSettings, Work, main


class SynthesizeSettings(ShardSettings):
    """Let the senior write one shard of the raw samples and the revisor mend each once."""


async def synthesize(work: Work) -> Tally:
    """Write `data/drafts-SHARD.jsonl`; where the revisor fails, the senior's sample stays."""
    recipe = work.run.recipe
    prompts = shard_of(work.run, shard_number(work.settings))
    tally = Tally(in_count=len(prompts))
    how = Options(
        constrained=recipe.synthesize.constrained,
        max_attempts=recipe.synthesize.max_attempts,
        temperature=recipe.synthesize.temperature,
    )
    asked = [(prompt, how) for prompt in prompts]
    written = await generate_all(work, asked, tally, role="senior")
    drafts = valid_drafts(prompts, [candidates[0] for candidates in written], tally)
    samples = [(draft.prompt, draft.sample, how) for draft in drafts]
    revisions = await revise_all(work, samples, tally)
    drafts = [with_revision(draft, each) for draft, each in zip(drafts, revisions, strict=True)]
    tally.out_count = len(drafts)
    tally.detail |= {"asked": len(prompts), "valid": len(drafts)}
    tally.detail["revised"] = sum(draft.revision is not None for draft in drafts)
    reasons = [each.reason for each in revisions if each.reason]
    tally.detail["revision_reasons"] = {
        reason: reasons.count(reason) for reason in sorted(set(reasons))
    }
    work.run.write(f"drafts-{shard_number(work.settings)}", drafts)
    return tally


def shard_of(run: Run, shard: int) -> list[Prompt]:
    """The prompts of one shard: every n-th of all."""
    prompts = synthesis_prompts(run.read(Task, "tasks"), run.recipe)
    return prompts[shard :: run.recipe.synthesize.shard_count]


def synthesis_prompts(tasks: Sequence[Task], recipe: Recipe) -> list[Prompt]:
    """All prompts of the data set."""
    return prompts_for(tasks, recipe.synthesize.count, first=SYNTHESIZE, recipe=recipe)


def valid_drafts(
    prompts: Sequence[Prompt], written: Sequence[Candidate], tally: Tally
) -> list[Draft]:
    """The senior's valid samples; the others are counted."""
    drafts = []
    for prompt, candidate in zip(prompts, written, strict=True):
        if candidate.sample and not candidate.reason:
            drafts.append(Draft(prompt, candidate.sample, None, "", candidate.provenance, {}))
        else:
            tally.drop(candidate.reason)
    return drafts


def with_revision(draft: Draft, revised: Candidate) -> Draft:
    """The draft with what the revisor made of it, if that is valid."""
    if not revised.sample or revised.reason:
        return draft
    reason, revision = parse_revision(draft.sample.kind, revised.text)
    return replace(draft, revision=revision, reason=reason, revisor=revised.provenance)


def shard_number(settings: StepSettings) -> int:
    """Which part of the prompts."""
    return cast(ShardSettings, settings).shard


STEP = Step(
    title=lambda settings: f"synthesize-{shard_number(settings)}",
    settings=SynthesizeSettings,
    sections=lambda settings: ("synthesize", "shares", "serving"),
    reads=lambda settings: (
        "data/tasks.jsonl",
        "weights/senior/current.json",
        "weights/revisor/current.json",
    ),
    writes=lambda settings: (f"data/drafts-{shard_number(settings)}.jsonl",),
    body=synthesize,
)

if __name__ == "__main__":
    main(STEP)
