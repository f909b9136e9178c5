"""A writer and prompts in, one candidate a prompt out; the run's journals keep every answer."""

from collections.abc import Sequence
from dataclasses import replace

from littlegiants.client import Options
from littlegiants.tasks import Prompt
from pipelines.cli.step_flags import LOCAL
from pipelines.curation.content import Seen, why_not_revised
from pipelines.data.examples import read_examples
from pipelines.data.records import Candidate, Draft, Seed
from pipelines.generators.ask import generate_all, revise_all
from pipelines.generators.writers import Writers
from pipelines.recipe.teacher_section import TeacherCaps
from pipelines.run.folder import Run
from pipelines.run.step import Work
from pipelines.run.tally import Tally
from pipelines.steps.curate import reference_of
from pipelines.steps.seed import question_for
from pipelines.steps.synthesize import with_revision
from pipelines.studies.alignment.writers import ONE_SHOT, Writer
from pipelines.teacher.ask import ask_all
from pipelines.teacher.recordings import candidate_of


async def written(work: Work, writer: Writer, prompts: Sequence[Prompt]) -> list[Candidate]:
    """One try of each prompt; a revised writer's valid ones after the revisor."""
    if writer.parts:
        return await written_by_parts(work, writer.parts, prompts)
    how = Options(constrained=writer.constrained, temperature=writer.temperature)
    if writer.role == ONE_SHOT:
        found = await shown_an_example(work, writer, prompts)
    else:
        answers = await generate_all(work, [(p, how) for p in prompts], Tally(), role=writer.role)
        found = [each[0] for each in answers]
    return await _mended(work, prompts, found, how) if writer.is_revised else found


async def written_by_parts(
    work: Work, parts: Sequence[Writer], prompts: Sequence[Prompt]
) -> list[Candidate]:
    """Each prompt by the one part that it has, as a recipe's `writers` of equal weight would."""
    mix = Writers({part.name: 1.0 for part in parts}, work.run.recipe.seed)
    found: dict[str, Candidate] = {}
    for part in parts:
        own = [prompt for prompt in prompts if mix.writer_of(prompt) == part.name]
        candidates = await written(work, part, own)
        found |= {prompt.id: each for prompt, each in zip(own, candidates, strict=True)}
    return [found[prompt.id] for prompt in prompts]


async def shown_an_example(
    work: Work, writer: Writer, prompts: Sequence[Prompt]
) -> list[Candidate]:
    """The untuned base after one example of the kind, asked as a local teacher is for seeds."""
    apart = apart_from(work, writer)
    recipe = apart.run.recipe
    shipped = read_examples(Seed, recipe.examples.seeds)
    examples = shipped or work.run.read(Seed, "seeds")  # bought ones where none were given
    questions = [question_for(prompt, examples, recipe.teacher) for prompt in prompts]
    answers = await ask_all(apart, questions, Tally())
    return [
        Candidate("", None, each.fault) if each.fault else candidate_of(prompt, each.text)
        for prompt, each in zip(prompts, answers, strict=True)
    ]


def apart_from(work: Work, writer: Writer) -> Work:
    """The base as a local teacher, its journal and ledger apart from what the run took.

    Its answers may be as long as those of the other writers, and as many are asked at a time.
    """
    recipe = work.run.recipe
    shown = {"place": LOCAL, "shots": 1, "temperature": writer.temperature, "top_p": 1.0}
    shown |= {"max_tokens": recipe.serving.max_tokens, "concurrency": recipe.serving.max_seqs}
    free = {"caps": TeacherCaps(), "stage_caps": {}, "cache": "", "batch": False}
    changes = {
        "teacher": recipe.teacher.model_copy(update={**shown, **free, "useless_share": 1.0}),
        "models": recipe.models.model_copy(update={"teacher": recipe.models.generator}),
    }
    run = Run(work.run.folder / work.name / ONE_SHOT, recipe.model_copy(update=changes))
    settings = work.settings.model_copy(update={"teacher": LOCAL, "run": str(run.folder)})
    return replace(work, run=run, settings=settings)


async def _mended(
    work: Work, prompts: Sequence[Prompt], found: Sequence[Candidate], how: Options
) -> list[Candidate]:
    """The valid ones revised, as the pipeline does it: a revision stands where it is no worse."""
    drafts = {
        place: Draft(prompt, each.sample, None, "", each.provenance, {})
        for place, (prompt, each) in enumerate(zip(prompts, found, strict=True))
        if each.sample and not each.reason
    }
    asked = [(draft.prompt, draft.sample, how) for draft in drafts.values()]
    revisions = await revise_all(work, asked, Tally())
    revised = [
        with_revision(draft, each) for draft, each in zip(drafts.values(), revisions, strict=True)
    ]
    samples = [each for draft in revised for each in (draft.sample, draft.revision) if each]
    is_gated = work.run.recipe.curate.better_revisions
    seen = Seen.by(reference_of(work), samples) if is_gated and samples else None
    mended = list(found)
    for place, draft in zip(drafts, revised, strict=True):
        worse = seen and draft.revision and why_not_revised(draft.sample, draft.revision, seen)
        if draft.revision and not worse:
            mended[place] = replace(found[place], sample=draft.revision)
    return mended
