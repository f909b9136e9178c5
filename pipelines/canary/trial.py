"""A trial of new weights: they and what is served answer the canary's prompts, gates decide."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from littlegiants.client import Options
from littlegiants.errors import BadInput
from littlegiants.tasks import Prompt
from littlegiants.weights_pointer import weights_path
from pipelines.canary.contests import contests
from pipelines.canary.gates import Findings, failing_gates
from pipelines.canary.prompt_set import LEAST, CanarySet, Think, canary_set
from pipelines.canary.written_samples import profiles
from pipelines.cli.step_flags import LOCAL
from pipelines.data.preference_selection import is_valid
from pipelines.data.records import Candidate, Draft
from pipelines.generators.ask import generate_all, revise_all
from pipelines.generators.promotion import (
    await_served,
    channel,
    current_digest,
    promote_weights,
)
from pipelines.recipe.promotion_section import Thresholds
from pipelines.run.folder import Run
from pipelines.run.step import Work
from pipelines.run.tally import Tally
from pipelines.storage.atomic_writes import write_whole
from pipelines.storage.claims import claimed

FOLDER, DRAFTS = "canary", "canary-drafts"
TRIALS = f"{FOLDER}/trials"
WRITERS = ("senior", "junior")
"""Of the drafts that revisors are tried on, the first one that is served."""


async def trial(
    work: Work, role: str, folder: Path, tally: Tally, *, think: Think
) -> dict[str, Any]:
    """What the weights in `folder` do beside those that `role` serves, as the run keeps it.

    `think` gives held-out tasks, where the run has none yet. Nothing that was asked is asked again.
    """
    thresholds = work.run.recipe.promotion.gates or Thresholds()
    beside = await served_beside(work, role, folder)
    held_out = await canary_set(work, think)
    if role == "revisor":
        held_out = await with_drafts(work, held_out, tally)
    served = await written(work, role, held_out, tally)
    new = await written(beside, role, held_out, tally)
    pairs = [(mine, theirs) for (_, mine), (_, theirs) in zip(new, served, strict=True)]
    contested = await contests(work, [prompt for prompt, _ in new], pairs, tally)
    found = Findings(*profiles(pairs), contested)
    kept = {
        "role": role,
        "new": current_digest(beside.run, role),
        "served": current_digest(work.run, role),
        "canary": held_out.digest,
        "judge": work.run.recipe.promotion.judge,
        "failing": failing_gates(found, thresholds),
        "thresholds": thresholds.model_dump(),
        **_plain(found),
    }
    _keep(work, beside, kept)
    return kept


def _keep(work: Work, beside: Work, kept: dict[str, Any]) -> None:
    """Write the verdict; the weights that were tried go, but for those that generators serve."""
    role, new = kept["role"], kept["new"]
    write_whole(work.run.folder / TRIALS / f"{role}-{new}.json", json.dumps(kept, indent=1))
    if work.generators == LOCAL:
        weights = beside.run.folder / "weights" / weights_path(role, new)
        weights.fs.rm(weights.path, recursive=True)
    else:
        channel(beside.run, role).prune(keep=1)


async def served_beside(work: Work, role: str, folder: Path) -> Work:
    """A run of its own in RUN/canary, whose channel the weights in `folder` are promoted through.

    A local engine is started from it; elsewhere generators follow it at `promotion.canary`.
    Raises BadInput when there are none, or they refuse the weights.
    """
    place = work.generators if work.generators == LOCAL else work.run.recipe.promotion.canary
    if not place:
        raise BadInput(
            "promotion.canary: not set; name the address of generators that follow "
            f"{work.run.folder / FOLDER / 'weights'}, or leave promotion.gates out"
        )
    run = Run(work.run.folder / FOLDER, work.run.recipe)
    pointer = promote_weights(run, role, folder)
    if place != LOCAL:
        await await_served(place, channel(run, role), pointer)
    places = {"generators": place, "work": str(work.folder)}
    return replace(work, run=run, settings=work.settings.model_copy(update=places))


async def written(
    work: Work, role: str, held_out: CanarySet, tally: Tally
) -> list[tuple[Prompt, Candidate]]:
    """Each prompt with what `role` writes for it; a revisor mends the same drafts every time."""
    recipe = work.run.recipe
    how = Options(
        constrained=recipe.synthesize.constrained,
        max_attempts=recipe.synthesize.max_attempts,
        temperature=recipe.synthesize.temperature,
    )
    if role == "revisor":
        drafts = [(each.prompt, each.sample, how) for each in held_out.drafts]
        mended = await revise_all(work, drafts, tally)
        return [(draft[0], each) for draft, each in zip(drafts, mended, strict=True)]
    found = await generate_all(work, [(each, how) for each in held_out.prompts], tally, role=role)
    return [(prompt, each[0]) for prompt, each in zip(held_out.prompts, found, strict=True)]


async def with_drafts(work: Work, held_out: CanarySet, tally: Tally) -> CanarySet:
    """With the samples that revisors mend, written once a run by what is served then.

    Raises BadInput when nothing is served that writes, or too little of it is valid.
    """
    run = work.run
    with claimed(run.folder, DRAFTS):
        if not run.path(DRAFTS).exists():
            role = next((role for role in WRITERS if channel(run, role).pointer()), WRITERS[0])
            samples = await written(work, role, held_out, tally)
            drafted = [
                Draft(prompt, each.sample, None, "", each.provenance, {})
                for prompt, each in samples
                if each.sample and is_valid(each)
            ]
            run.write(DRAFTS, drafted)
    ids = {prompt.id for prompt in held_out.prompts}
    drafts = [draft for draft in run.read(Draft, DRAFTS) if draft.prompt.id in ids]
    if len(drafts) < LEAST:
        raise BadInput(
            f"revisor: {len(drafts)} drafts to be tried on; raise promotion.prompt_count"
        )
    return replace(held_out, drafts=drafts)


def _plain(found: Findings) -> dict[str, Any]:
    contested = found.contests
    told = {"new": found.new, "served": found.served}
    return {
        "profiles": {name: {**asdict(each), "yield": each.yielded} for name, each in told.items()},
        "outcomes": dict(contested.outcomes),
        "win_rate": asdict(contested.win_rate),
        "agreement": asdict(contested.agreement) if contested.agreement else None,
    }
