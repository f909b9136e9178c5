"""Tasks in, drafts out: the senior writes, then the revisor mends, shard by shard."""

from collections import Counter, deque
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from typing import cast

from littlegiants.checks import failed_checks, text_ends
from littlegiants.client import Options
from littlegiants.parsing import parse_revision
from littlegiants.records import record_line
from littlegiants.tasks import Prompt, Task
from pipelines.cli.step_flags import FolderSettings, GeneratorsSettings, ShardSettings, StepSettings
from pipelines.curation.best_of import Group, best_of
from pipelines.curation.content import TextVectors, scorer_of
from pipelines.data.preference_selection import is_valid
from pipelines.data.prompt_plan import SYNTHESIZE, each_prompt
from pipelines.data.records import Candidate, Draft
from pipelines.generators.ask import Revisable, revise_each, with_readable_sample
from pipelines.generators.writers import counts_of, valid_count, write_shares, written_shares
from pipelines.models.model_folders import resolve_model
from pipelines.recipe.recipe import Recipe, load_recipe
from pipelines.recipe.synthesis_section import OWN_WRITERS
from pipelines.run.step import Step, Work, main
from pipelines.run.tally import Tally
from pipelines.storage.atomic_writes import whole_file


class SynthesizeSettings(ShardSettings, GeneratorsSettings, FolderSettings):
    """Let the senior write one shard of the raw samples and the revisor mend each once.

    python -m pipelines.steps.synthesize --run s3://bucket/run --shard 3
    """


async def synthesize(work: Work) -> Tally:
    """Write `data/drafts-SHARD.jsonl`; where the revisor fails, the senior's sample stays.

    Prompts, answers and drafts pass through one after another: memory does not grow with them.
    """
    recipe, run, shard = work.run.recipe, work.run, shard_number(work.settings)
    total = len(range(shard, recipe.synthesize.count, recipe.synthesize.shard_count))
    tally, reasons = Tally(in_count=total), Counter[str]()
    asked = AskedShard(run.read(Task, "tasks"), recipe, shard)
    count = recipe.synthesize.candidate_count
    shares = await write_shares(work, asked, tally, count=count)
    read = partial(written_shares, work, asked, shares, count=count)
    sent_count, groups = valid_count(shares), read()
    if recipe.synthesize.cut == "revise":
        sent_count += sum(is_mendable(*each) for each in read())
        groups = mendable(read())
    drafts = valid_drafts(best(work, groups), tally)
    revised_count = 0
    with whole_file(run.path(f"drafts-{shard}")) as stream:
        async with aclosing(revised(work, drafts, tally, total=sent_count)) as finished:
            async for draft, reason in finished:
                reasons[reason] += 1
                stream.write(record_line(draft))
                tally.out_count += 1
                revised_count += bool(draft.revision)
    del reasons[""]
    tally.detail |= {**counts_of(shares), "sent": sent_count}
    tally.detail |= {"revised": revised_count, "revision_reasons": dict(sorted(reasons.items()))}
    return tally


def best(work: Work, groups: Iterable[tuple[Prompt, Group]]) -> Iterator[tuple[Prompt, Candidate]]:
    """Of each prompt's candidates the one that is kept."""
    in_language = work.run.recipe.curate.language
    return best_of(groups, partial(scorer, work), in_language=in_language)


def scorer(work: Work) -> TextVectors:
    """What tells which of several candidates is the best."""
    return scorer_of(resolve_model(work.run.recipe.models.scorer, work.models))


@dataclass(frozen=True, slots=True)
class AskedShard:
    """The prompts of one shard, every n-th of all, and how they are asked."""

    tasks: Sequence[Task]
    recipe: Recipe
    shard: int

    def __iter__(self) -> Iterator[tuple[Prompt, Options]]:
        synthesize = self.recipe.synthesize
        prompts = each_prompt(
            self.tasks,
            synthesize.count,
            first=SYNTHESIZE,
            recipe=self.recipe,
            shard=self.shard,
            shard_count=synthesize.shard_count,
        )
        return ((prompt, options(self.recipe)) for prompt in prompts)


def options(recipe: Recipe) -> Options:
    """How senior and revisor are asked."""
    return Options(
        constrained=recipe.synthesize.constrained,
        max_attempts=recipe.synthesize.max_attempts,
        temperature=recipe.synthesize.temperature,
    )


def valid_drafts(candidates: Iterable[tuple[Prompt, Candidate]], tally: Tally) -> Iterator[Draft]:
    """The senior's valid samples; the others are counted."""
    for prompt, candidate in candidates:
        if candidate.sample and not candidate.reason:
            yield Draft(prompt, candidate.sample, None, "", candidate.provenance, {})
        else:
            tally.drop(candidate.reason)


def is_only_cut(prompt: Prompt, candidate: Candidate) -> bool:
    """Whether all that is wrong with a candidate is a text that ends in the middle."""
    if candidate.reason != text_ends.__name__:
        return False
    sample = with_readable_sample(candidate, prompt).sample
    return sample is not None and failed_checks(sample, prompt) == (text_ends.__name__,)


def is_mendable(prompt: Prompt, group: Group) -> bool:
    """Whether no candidate is valid, but one is only cut."""
    return not any(map(is_valid, group)) and any(is_only_cut(prompt, each) for each in group)


def mendable(groups: Iterable[tuple[Prompt, Group]]) -> Iterator[tuple[Prompt, Group]]:
    """The candidates; where none is valid, the ones that are only cut, without that reason."""
    for prompt, group in groups:
        if is_mendable(prompt, group):
            cut = [each for each in group if is_only_cut(prompt, each)]
            group = [replace(with_readable_sample(each, prompt), reason="") for each in cut]
        yield prompt, group


async def revised(
    work: Work, drafts: Iterable[Draft], tally: Tally, *, total: int
) -> AsyncGenerator[tuple[Draft, str], None]:
    """Each draft after the revisor, and why it has no revision if it has none."""
    waiting, how = deque[Draft](), options(work.run.recipe)

    def asked() -> Iterator[Revisable]:
        for draft in drafts:
            waiting.append(draft)
            yield draft.prompt, draft.sample, how

    async with aclosing(revise_each(work, asked(), tally, total=total)) as revisions:
        async for _, revision in revisions:
            draft = with_revision(waiting.popleft(), revision)
            if draft.revision or text_ends(draft.sample, draft.prompt):
                yield draft, revision.reason
            else:
                tally.drop(text_ends.__name__)


def with_revision(draft: Draft, revised: Candidate) -> Draft:
    """The draft with what the revisor made of it, if that is valid."""
    if not revised.sample or revised.reason:
        return draft
    reason, revision = parse_revision(draft.sample.kind, revised.text)
    return replace(draft, revision=revision, reason=reason, revisor=revised.provenance)


def shard_number(settings: StepSettings) -> int:
    """Which part of the prompts."""
    return cast(ShardSettings, settings).shard


def sections_of(settings: StepSettings) -> Sequence[str]:
    """What decides the outcome: what chooses of several candidates too."""
    recipe = load_recipe(settings.recipe, settings.changes)
    chooses = ("models.scorer", "curate.language") if recipe.synthesize.candidate_count > 1 else ()
    return ("synthesize", "shares", "serving", *chooses)


def reads_of(settings: StepSettings) -> Sequence[str]:
    """The tasks, and what tells the weights of the generators that are asked."""
    recipe = load_recipe(settings.recipe, settings.changes)
    own = [name for name in OWN_WRITERS if name in recipe.synthesize.active_writers]
    return ("data/tasks.jsonl", *(f"weights/{role}/current.json" for role in (*own, "revisor")))


STEP = Step(
    title=lambda settings: f"synthesize-{shard_number(settings)}",
    settings=SynthesizeSettings,
    sections=sections_of,
    reads=reads_of,
    writes=lambda settings: (f"data/drafts-{shard_number(settings)}.jsonl",),
    body=synthesize,
)

if __name__ == "__main__":
    main(STEP)
