"""Tops up what a random model wrote with rows of the script, where it wrote nothing of use."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from littlegiants.prompts import sample_text
from littlegiants.tasks import Prompt, Task
from pipelines.data.preference_selection import is_valid
from pipelines.data.records import Candidate, Candidates, Draft, Provenance
from pipelines.rehearsal.script import sample_for
from pipelines.run.folder import Run
from pipelines.steps.synthesize import AskedShard

SCRIPTED = {"written_by": "script"}


def top_up(run: Run, stage: str, flags: Mapping[str, str]) -> str:
    """Complete what `stage` wrote, if later stages need more; a sentence on it, or nothing."""
    fill = FILLED.get(stage)
    return fill(run, flags) if fill else ""


def fill_candidates(run: Run, flags: Mapping[str, str]) -> str:
    """A valid candidate in each set that has none, in place of its last."""
    sets = [_completed(each) for each in run.read(Candidates, "candidates")]
    run.write("candidates", sets)
    written = [candidate for each in sets for candidate in each.candidates]
    scripted = sum(_is_scripted(each.provenance) for each in written)
    valid = sum(map(is_valid, written)) - scripted
    return _told("candidates", valid, len(written), scripted)


def _completed(found: Candidates) -> Candidates:
    if any(map(is_valid, found.candidates)):
        return found
    sample = sample_for(found.prompt)
    scripted = Candidate(sample_text(sample), sample, "", SCRIPTED)
    return replace(found, candidates=(*found.candidates[:-1], scripted))


def fill_drafts(run: Run, flags: Mapping[str, str]) -> str:
    """A draft for each prompt that has none."""
    shard = int(flags["shard"])
    drafts = run.read(Draft, f"drafts-{shard}")
    written = {draft.prompt.id for draft in drafts}
    asked = [prompt for prompt, _ in AskedShard(run.read(Task, "tasks"), run.recipe, shard)]
    drafts += [_draft(prompt) for prompt in asked if prompt.id not in written]
    run.write(f"drafts-{shard}", drafts)
    scripted = sum(_is_scripted(draft.senior) for draft in drafts)
    return _told("drafts", len(drafts) - scripted, len(asked), scripted)


def _draft(prompt: Prompt) -> Draft:
    return Draft(prompt, sample_for(prompt), None, "", SCRIPTED, {})


def _is_scripted(provenance: Provenance) -> bool:
    return dict(provenance) == SCRIPTED


def _told(what: str, valid: int, asked: int, scripted: int) -> str:
    if not scripted:
        return ""
    return f"{valid} of {asked} {what} of a random model are valid; {scripted} scripted ones used"


FILLED: dict[str, Callable[[Run, Mapping[str, str]], str]] = {
    "propose": fill_candidates,
    "synthesize": fill_drafts,
}
