"""Candidates in, corrections out: the teacher mends some of the junior's samples."""

import random
from collections.abc import Sequence

from littlegiants.checks import failed_checks
from littlegiants.errors import Unparsable
from littlegiants.parsing import parse_revision
from littlegiants.prompts import correct_prompt, revision_text, sample_text
from littlegiants.samples import Sample, revision_schema
from littlegiants.tasks import Prompt
from pipelines.chat_api.questions import Answer, Question
from pipelines.cli.step_flags import FolderSettings, TeacherSettings
from pipelines.data.examples import Turn, read_examples
from pipelines.data.own_templates import own_templates
from pipelines.data.records import Candidates, Correction
from pipelines.recipe.teacher_section import TeacherSection
from pipelines.run.step import Step, Work, main
from pipelines.run.tally import Tally
from pipelines.teacher.ask import ask_all
from pipelines.teacher.endpoint import recording_of


class CorrectSettings(TeacherSettings, FolderSettings):
    """Let the teacher mend samples of the junior; add the examples of the recipe.

    python -m pipelines.steps.correct --run s3://bucket/run --teacher openai --batch
    """


async def correct(work: Work) -> Tally:
    """Write `data/corrections.jsonl`."""
    recipe = work.run.recipe
    examples = read_examples(Correction, recipe.examples.corrections)
    flawed = to_mend(work)[: recipe.correct.count]
    tally = Tally(in_count=len(flawed) + len(examples))
    how, own = recipe.teacher, own_templates(recipe).get("correct", "")
    questions = [question_for(*each, examples, how, own=own) for each in flawed]

    def read(index: int, answer: Answer) -> object:
        return revision_of(flawed[index][0], answer)

    answers = await ask_all(work, questions, tally, read) if questions else []
    corrections = []
    for (prompt, sample), answer in zip(flawed, answers, strict=True):
        try:
            corrections.append(correction(prompt, sample, answer))
        except Unparsable as error:
            tally.drop(error.reason)
    tally.detail |= {"asked": len(flawed), "valid": len(corrections), "examples": len(examples)}
    tally.out_count = len(corrections) + len(examples)
    work.run.write("corrections", [*corrections, *examples])
    return tally


def to_mend(work: Work) -> list[tuple[Prompt, Sample]]:
    """The junior's samples, or those that a recorded teacher has mended."""
    if recording := recording_of(work):
        return [(row.prompt, row.sample) for row in recording.corrections]
    return flawed_samples(work.run.read(Candidates, "candidates"), work.run.recipe.seed)


def flawed_samples(sets: list[Candidates], seed: int) -> list[tuple[Prompt, Sample]]:
    """One candidate with readable fields a prompt, valid or not, in an order that `seed` fixes."""
    rng = random.Random(seed)
    found = []
    for each in rng.sample(sets, len(sets)):
        samples = [candidate.sample for candidate in each.candidates if candidate.sample]
        if samples:
            found.append((each.prompt, rng.choice(samples)))
    return found


def correction(prompt: Prompt, sample: Sample, answer: Answer) -> Correction:
    """What the teacher made of `sample`.

    Raises Unparsable with the reason of a drop; `unchanged` when nothing was mended.
    """
    reason, revision = revision_of(prompt, answer)
    if revision == sample:
        raise Unparsable("unchanged")
    return Correction(prompt, sample, reason, revision, source="teacher")


def revision_of(prompt: Prompt, answer: Answer) -> tuple[str, Sample]:
    """The teacher's reason, and a sample for `prompt`.

    Raises Unparsable with the reason of a drop.
    """
    reason, revision = parse_revision(prompt.task.kind, answer.written())
    faults = failed_checks(revision, prompt)
    if faults:
        raise Unparsable(faults[0])
    return reason, revision


def question_for(
    prompt: Prompt,
    sample: Sample,
    examples: Sequence[Correction],
    how: TeacherSection,
    *,
    own: str = "",
) -> Question:
    """Asks the teacher to mend `sample`, after example turns of the same kind."""
    rows = [row for row in examples if row.prompt.task.kind == sample.kind]
    chosen = random.Random(prompt.seed).sample(rows, min(how.shots, len(rows)))
    return Question(
        correct_prompt(prompt, sample_text(sample), own=own),
        revision_schema(sample.kind, prompt.attributes, prompt.task.language, how.max_tokens),
        seed=prompt.seed,
        shots=tuple(turn_of(row, own) for row in chosen),
    )


def turn_of(row: Correction, own: str = "") -> Turn:
    """An example as a question and its answer."""
    question = correct_prompt(row.prompt, sample_text(row.sample), own=own)
    return Turn(question, revision_text(row.reason, row.revision))


STEP = Step(
    title=lambda settings: "correct",
    settings=CorrectSettings,
    sections=lambda settings: ("correct", "teacher", "models.teacher", "examples.corrections"),
    reads=lambda settings: ("data/candidates.jsonl",),
    writes=lambda settings: ("data/corrections.jsonl",),
    body=correct,
)

if __name__ == "__main__":
    main(STEP)
