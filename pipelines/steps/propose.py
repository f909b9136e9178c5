"""Tasks in, candidates out: the junior writes several samples for each prompt."""

from collections import Counter

from littlegiants.client import Options
from littlegiants.tasks import Task
from pipelines.cli.step_flags import FolderSettings, GeneratorsSettings
from pipelines.data.prompt_plan import PROPOSE, prompts_for
from pipelines.data.records import Candidates
from pipelines.generators.ask import generate_all, with_readable_sample
from pipelines.run.step import Step, Work, main
from pipelines.run.tally import Tally

WEIGHTS = "weights/junior/current.json"


class ProposeSettings(GeneratorsSettings, FolderSettings):
    """Let the junior write several completions for each prompt.

    python -m pipelines.steps.propose --run runs/demo --generators 'dns:///{role}:50051'
    """


async def propose(work: Work) -> Tally:
    """Write `data/candidates.jsonl`; invalid ones stay, a judge needs bad examples too."""
    recipe = work.run.recipe
    prompts = prompts_for(
        work.run.read(Task, "tasks"), recipe.propose.count, first=PROPOSE, recipe=recipe
    )
    tally = Tally(in_count=len(prompts), out_count=len(prompts))
    how = Options(constrained=recipe.propose.constrained, temperature=recipe.propose.temperature)
    asked = [(prompt, how) for prompt in prompts]
    count = recipe.propose.candidate_count
    found = await generate_all(work, asked, tally, role="junior", count=count)
    sets = [
        Candidates(prompt, tuple(with_readable_sample(candidate, prompt) for candidate in each))
        for prompt, each in zip(prompts, found, strict=True)
    ]
    reasons = Counter(candidate.reason for each in found for candidate in each)
    tally.detail |= {"asked": reasons.total(), "valid": reasons.pop("", 0), "reasons": reasons}
    work.run.write("candidates", sets)
    return tally


STEP = Step(
    title=lambda settings: "propose",
    settings=ProposeSettings,
    sections=lambda settings: ("propose", "shares", "serving"),
    reads=lambda settings: ("data/tasks.jsonl", WEIGHTS),
    writes=lambda settings: ("data/candidates.jsonl",),
    body=propose,
)

if __name__ == "__main__":
    main(STEP)
