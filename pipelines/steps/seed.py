"""Tasks in, seed samples out: the teacher's valid ones and the examples that were given."""

from collections.abc import Sequence

from littlegiants.checks import failed_checks
from littlegiants.errors import Unparsable
from littlegiants.parsing import parse_sample
from littlegiants.prompts import synthesize_prompt
from littlegiants.samples import Sample, sample_schema
from littlegiants.tasks import Prompt, Task
from littlegiants.words import tokens
from pipelines.chat_api.questions import Answer, Question
from pipelines.cli.step_flags import FolderSettings, TeacherSettings
from pipelines.data.examples import Turn, read_examples, shots_for
from pipelines.data.prompt_plan import SEED, prompts_for
from pipelines.data.records import Seed
from pipelines.recipe.teacher_section import TeacherSection
from pipelines.run.step import Step, Work, main
from pipelines.run.tally import Tally
from pipelines.teacher.ask import ask_all
from pipelines.teacher.endpoint import teacher_model


class SeedSettings(TeacherSettings, FolderSettings):
    """Let the teacher write samples; keep the valid ones, and add the examples of the recipe.

    python -m pipelines.steps.seed --run runs/demo --teacher openai --set seeds.count=50
    """


async def seed(work: Work) -> Tally:
    """Write `data/seeds.jsonl`."""
    recipe = work.run.recipe
    tasks = work.run.read(Task, "tasks")
    examples = read_examples(Seed, recipe.examples.seeds)
    prompts = prompts_for(tasks, recipe.seeds.count, first=SEED, recipe=recipe)
    tally = Tally(in_count=len(prompts) + len(examples))
    questions = [question_for(prompt, examples, recipe.teacher) for prompt in prompts]
    seeds = []
    answers = await ask_all(
        work,
        questions,
        tally,
        lambda index, answer: new_sample(prompts[index], answer, questions[index].shots),
    )
    for prompt, question, answer in zip(prompts, questions, answers, strict=True):
        try:
            sample = new_sample(prompt, answer, question.shots)
            seeds.append(Seed(prompt, sample, source="teacher"))
        except Unparsable as error:
            tally.drop(error.reason)
    tally.detail |= {"asked": len(prompts), "valid": len(seeds), "examples": len(examples)}
    tally.detail["model"] = teacher_model(work)
    tally.out_count = len(seeds) + len(examples)
    work.run.write("seeds", [*seeds, *examples])
    return tally


def question_for(prompt: Prompt, examples: Sequence[Seed], how: TeacherSection) -> Question:
    """Asks the teacher for one sample, after example turns of the same kind."""
    kind = prompt.task.kind
    return Question(
        synthesize_prompt(prompt),
        sample_schema(kind, prompt.attributes, prompt.task.language, how.max_tokens),
        seed=prompt.seed,
        shots=shots_for(kind, examples, how.shots, seed=prompt.seed),
    )


def new_sample(prompt: Prompt, answer: Answer, shots: Sequence[Turn]) -> Sample:
    """The teacher's sample, which is none of the example turns' over again.

    Raises Unparsable as `valid_sample`, or `repeats_example`.
    """
    sample = valid_sample(prompt, answer)
    for turn in shots:
        shown = parse_sample(prompt.task.kind, turn.answer)
        if tokens(shown.query) == tokens(sample.query):
            raise Unparsable("repeats_example")
    return sample


def valid_sample(prompt: Prompt, answer: Answer) -> Sample:
    """The teacher's sample.

    Raises Unparsable: `truncated`, a reason of the parser, or the first check that fails.
    """
    sample = parse_sample(prompt.task.kind, answer.written())
    faults = failed_checks(sample, prompt)
    if faults:
        raise Unparsable(faults[0])
    return sample


STEP = Step(
    title=lambda settings: "seed",
    settings=SeedSettings,
    sections=lambda settings: ("seeds", "teacher", "shares", "models.teacher", "examples.seeds"),
    reads=lambda settings: ("data/tasks.jsonl",),
    writes=lambda settings: ("data/seeds.jsonl",),
    body=seed,
)

if __name__ == "__main__":
    main(STEP)
