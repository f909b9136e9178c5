"""Where a random model wrote nothing of use, rows of the script go on in its place."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from littlegiants.prompts import sample_text
from littlegiants.tasks import Prompt, Task
from pipelines.nouns import Candidate, Candidates, Draft
from pipelines.rehearsal.script import sample_for
from pipelines.run import Run
from pipelines.steps.synthesize import AskedShard

SCRIPTED = {"written_by": "script"}


def top_up(run: Run, stage: str, flags: Mapping[str, str]) -> str:
    """Complete what `stage` wrote, if later stages need more; a sentence on it, or nothing."""
    fill = FILLED.get(stage)
    return fill(run, flags) if fill else ""


def fill_candidates(run: Run, flags: Mapping[str, str]) -> str:
    """A valid candidate in each set that has none, in place of its last."""
    sets = run.read(Candidates, "candidates")
    lacking = {each.prompt.id for each in sets if not any(map(_is_valid, each.candidates))}
    written = [candidate for each in sets for candidate in each.candidates]
    valid = sum(map(_is_valid, written))
    if not lacking:
        return ""
    run.write(
        "candidates", [_completed(each) if each.prompt.id in lacking else each for each in sets]
    )
    return (
        f"{valid} of {len(written)} candidates of a random model are valid; "
        f"{len(lacking)} scripted ones used"
    )


def _is_valid(candidate: Candidate) -> bool:
    return candidate.sample is not None and not candidate.reason


def _completed(found: Candidates) -> Candidates:
    sample = sample_for(found.prompt)
    scripted = Candidate(sample_text(sample), sample, "", SCRIPTED)
    return replace(found, candidates=(*found.candidates[:-1], scripted))


def fill_drafts(run: Run, flags: Mapping[str, str]) -> str:
    """A draft for each prompt that has none."""
    shard = int(flags["shard"])
    drafts = run.read(Draft, f"drafts-{shard}")
    written = {draft.prompt.id for draft in drafts}
    asked = [prompt for prompt, _ in AskedShard(run.read(Task, "tasks"), run.recipe, shard)]
    lacking = [prompt for prompt in asked if prompt.id not in written]
    if not lacking:
        return ""
    run.write(f"drafts-{shard}", [*drafts, *map(_draft, lacking)])
    return (
        f"{len(drafts)} of {len(asked)} drafts of a random model are valid; "
        f"{len(lacking)} scripted ones used"
    )


def _draft(prompt: Prompt) -> Draft:
    return Draft(prompt, sample_for(prompt), None, "", SCRIPTED, {})


FILLED: dict[str, Callable[[Run, Mapping[str, str]], str]] = {
    "propose": fill_candidates,
    "synthesize": fill_drafts,
}
