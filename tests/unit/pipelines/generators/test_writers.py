"""Several generators write one data set: shares as weighed, each prompt always by the same one."""

from collections import Counter
from pathlib import Path

import pytest
from upath import UPath

from littlegiants.client import Options
from littlegiants.errors import BadInput, Unavailable
from littlegiants.kinds import Kind
from littlegiants.samples import Sample
from littlegiants.tasks import Prompt
from pipelines.cli.step_flags import GeneratorsSettings
from pipelines.data.records import Candidate, plain
from pipelines.generators.ask import MANY, Asked, generate_all
from pipelines.generators.journal_keys import writing_key
from pipelines.generators.writers import Writers, counts_of, write_shares, written_shares
from pipelines.recipe.recipe import load_recipe
from pipelines.run.folder import Run
from pipelines.run.step import Work
from pipelines.run.tally import Tally
from tests.unit.scripted_server import prompt_of, scripted_server

PROMPTS = [prompt_of(seed=seed) for seed in range(400)]
HOW: Options = {"constrained": True}
MIX = (
    "synthesize.writers={one: 3, two: 1, idle: 0}",
    "synthesize.others={one: first, two: second, idle: third}",
)


def work_in(folder: Path, *, generators: str = "local") -> Work:
    settings = GeneratorsSettings(
        run=str(folder), set=list(MIX), generators=generators, _cli_parse_args=False
    )
    return Work("synthesize-0", Run(UPath(folder), load_recipe("laptop", MIX)), settings)


def test_prompts_are_dealt_by_weight_and_stay_where_they_are() -> None:
    def dealt(prompts: list[Prompt], **weights: float) -> list[str]:
        return [Writers(weights, seed=7).writer_of(prompt) for prompt in prompts]

    found = dealt(PROMPTS, one=3, two=1)
    assert 270 < Counter(found)["one"] < 330
    assert dealt(PROMPTS[::-1], one=3, two=1) == found[::-1]
    assert set(dealt(PROMPTS, alone=0.2)) == {"alone"}
    assert Writers({"one": 3, "two": 1}, seed=8).writer_of(PROMPTS[0]) in ("one", "two")


async def test_each_prompts_samples_are_its_writers_in_the_prompts_order(tmp_path: Path) -> None:
    work = work_in(tmp_path)
    asked: list[Asked] = [(prompt, HOW) for prompt in PROMPTS[:40]]
    writers, limit = Writers.of(work.run.recipe), work.run.recipe.serving.max_tokens
    assert list(writers.weights) == ["one", "two"]
    for name, weights in (("one", "first"), ("two", "second")):
        with work.run.journal(f"synthesize-0-{name}") as journal:
            for prompt, how in asked:
                sample = Sample(Kind.MATCHING_SHORT, f"by {name}", prompt.id)
                key = writing_key(prompt, how, weights, count=1, limit=limit)
                journal.append(key, {MANY: [plain(Candidate("", sample, ""))]})
    shares = await write_shares(work, asked, Tally(), count=1)
    found = list(written_shares(work, asked, shares, count=1))
    assert [prompt for prompt, _ in found] == [prompt for prompt, _ in asked]
    for prompt, (candidate,) in found:
        assert candidate.sample
        assert candidate.sample.query == f"by {writers.writer_of(prompt)}"
        assert candidate.sample.positive == prompt.id
    counts = counts_of(shares)
    assert counts["asked"] == counts["valid"] == 40
    assert all(each["asked"] == each["valid"] > 0 for each in counts["writers"].values())


async def test_another_runs_generator_is_asked_if_it_serves_what_was_named(tmp_path: Path) -> None:
    async with scripted_server() as served:
        work = work_in(tmp_path, generators=f"one={served.address},two={served.address}")
        asked: list[Asked] = [(PROMPTS[0], HOW)]
        ((candidate,),) = await generate_all(work, asked, Tally(), role="one")
        assert candidate.provenance["weights_digest"] == "first"
        with pytest.raises(Unavailable, match="two: serves first, the run wants second"):
            await generate_all(work, asked, Tally(), role="two")


async def test_no_step_starts_another_runs_generator(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="one is of another run"):
        await generate_all(work_in(tmp_path), [(PROMPTS[0], HOW)], Tally(), role="one")
