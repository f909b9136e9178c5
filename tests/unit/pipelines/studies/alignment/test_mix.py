"""In a mix each prompt is written by one of its writers, as a recipe's mix would have it."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from upath import UPath

from littlegiants.tasks import Prompt
from pipelines.cli.step_flags import FolderSettings
from pipelines.data.examples import read_examples
from pipelines.data.records import Candidate, Seed
from pipelines.generators.writers import Writers
from pipelines.recipe.recipe import load_recipe
from pipelines.run.folder import Run
from pipelines.run.step import Work
from pipelines.studies.alignment import writing
from pipelines.studies.alignment.writers import Writer, writer_named

PROMPTS = [seed.prompt for seed in read_examples(Seed, ("examples/seeds.jsonl",))[:40]]


def test_each_prompt_is_asked_of_the_writer_that_the_recipe_would_give_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = load_recipe("laptop")
    work = Work("study", Run(UPath(tmp_path), recipe), FolderSettings(run=str(tmp_path)))
    mix = writer_named("junior:senior", recipe)

    async def signed(work: Work, writer: Writer, prompts: Sequence[Prompt]) -> list[Candidate]:
        return [Candidate(f"{writer.name} {prompt.id}", None) for prompt in prompts]

    monkeypatch.setattr(writing, "written", signed)
    found = asyncio.run(writing.written_by_parts(work, mix.parts, PROMPTS))
    who = Writers({"junior": 1.0, "senior": 1.0}, recipe.seed)
    assert [each.text for each in found] == [f"{who.writer_of(p)} {p.id}" for p in PROMPTS]
    assert {each.text.split()[0] for each in found} == {"junior", "senior"}


def test_the_base_that_is_shown_an_example_may_write_no_more_than_the_others(
    tmp_path: Path,
) -> None:
    recipe = load_recipe("laptop", ["teacher.max_tokens=900", "teacher.concurrency=1"])
    work = Work("study", Run(UPath(tmp_path), recipe), FolderSettings(run=str(tmp_path)))
    asked = writing.apart_from(work, writer_named("base-one-shot", recipe)).run.recipe.teacher
    assert (asked.max_tokens, asked.concurrency) == (recipe.serving.max_tokens, 64)
