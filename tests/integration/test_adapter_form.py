"""Generators that are trained, promoted and served as adapters, next to the same ones merged."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
import yaml
from upath import UPath

from littlegiants.client import AdminClient, GeneratorClient
from littlegiants.kinds import Kind
from littlegiants.samples import Sample
from littlegiants.scoring import Completed, ScoreClient
from littlegiants.tasks import Task, draw_prompt
from pipelines.data.records import Candidates, Preference, Seed
from pipelines.generators.endpoint import generator_of
from pipelines.generators.promotion import channel
from pipelines.recipe.recipe import load_recipe, resolved
from pipelines.run.folder import Run
from pipelines.run.step import Work
from pipelines.steps import align, finetune, promote, propose
from pipelines.steps.propose import ProposeSettings
from tests.integration.generator_process import await_serving, generator, point_to, put_weights
from tests.integration.tiny_model import make_tiny_model

pytestmark = [
    pytest.mark.engine,
    pytest.mark.training,
    pytest.mark.slow,
    pytest.mark.filterwarnings("default"),
]

TRAINING = {"learning_rate": 2e-2, "batch_size": 4, "micro_batch_size": 4, "max_length": 1024}
PROMPTS = [
    draw_prompt(Task(Kind.MATCHING_SHORT, "Home/Gardening", "Match a chore to a tool."), seed=seed)
    for seed in range(8)
]
SAMPLE = Sample(Kind.MATCHING_SHORT, "cutting back a hedge", "hedge shears")
WORSE = '{"query": "hedge", "positive": "hedge"}'


@dataclass(frozen=True, slots=True)
class Answers:
    """What one set of weights gives: greedy texts, and log-probabilities of the sample."""

    texts: tuple[str, ...]
    scores: tuple[float, ...]


@pytest.fixture(scope="module")
def work(smollm2: Path, tmp_path_factory: pytest.TempPathFactory) -> Work:
    """A run in adapter form whose junior and senior are trained and promoted."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("adapters")
    make_tiny_model(smollm2, folder / "tiny")
    lora = {"dropout": 0}
    fields = {
        **resolved(load_recipe("laptop", [f"models.generator={folder / 'tiny'}"])),
        "weights": {"form": "adapter"},
        "junior": {**TRAINING, "lora": lora, "epochs": 4},
        "senior": {**TRAINING, "lora": lora, "epochs": 4, "warmup": 0},
        "propose": {"count": 4, "candidate_count": 2},
        "serving": {"max_model_len": 1024, "max_tokens": 16, "max_seqs": 8, "kv_cache_gib": 0.25},
    }
    recipe = yaml.safe_dump(fields)
    run = Run(UPath(folder / "run"), load_recipe(recipe))
    rows = [Seed(prompt, SAMPLE) for prompt in PROMPTS]
    run.write("seeds", rows)
    run.write("tasks", [prompt.task for prompt in PROMPTS])
    pairs = [Preference(row.prompt, '{"query": "a"}', WORSE, "", "test") for row in rows]
    run.write("preferences", pairs)
    place = {"recipe": recipe, "run": str(run.folder)}
    finetune.STEP.call(**place, role="junior")
    promote.STEP.call(**place, role="junior")
    align.STEP.call(**place)
    promote.STEP.call(**place, role="senior")
    settings = ProposeSettings(recipe=recipe, run=str(run.folder))
    return Work("test", run, settings)


async def answers_of(client: GeneratorClient) -> Answers:
    """Of the server that `client` asks."""
    texts = [
        (await client.generate(prompt, constrained=False, temperature=0.0, max_tokens=24))[0].text
        for prompt in PROMPTS
    ]
    async with ScoreClient(client.address, credentials=client.credentials) as scores:
        asked = [Completed(prompt, SAMPLE) for prompt in PROMPTS]
        found = {each.index: each.log_probability async for each in scores.score(asked)}
    return Answers(tuple(texts), tuple(found[at] or 0.0 for at in range(len(PROMPTS))))


@pytest.fixture(scope="module")
def merged(work: Work, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Answers]:
    """Answers of the base, the junior and the senior, one server's merged weights in turn."""
    return asyncio.run(_merged(work, tmp_path_factory.mktemp("merged")))


async def _merged(work: Work, folder: Path) -> dict[str, Answers]:
    models = Path(str(work.run.folder)) / "models"
    base = Path(work.run.recipe.models.generator)
    found: dict[str, Answers] = {}
    channel = folder / "weights"
    point_to(channel, "senior", put_weights(channel, "senior", base))
    with generator("senior", ("--weights", str(channel)), folder / "log") as server:
        await await_serving(server)
        async with (
            GeneratorClient(server.address) as client,
            AdminClient(server.admin_address) as a,
        ):
            found["base"] = await answers_of(client)
            for role in ("junior", "senior"):
                digest = put_weights(channel, "senior", models / role)
                point_to(channel, "senior", digest)
                assert await a.reload() == digest
                found[role] = await answers_of(client)
    return found


def away(ones: Answers, others: Answers) -> float:
    """Nats between the scores, at most."""
    return max(abs(one - other) for one, other in zip(ones.scores, others.scores, strict=True))


@pytest.mark.parametrize("role", ["junior", "senior"])
async def test_answers_as_the_merged_model_does(
    work: Work, merged: dict[str, Answers], role: str
) -> None:
    before = merged["base" if role == "junior" else "junior"]
    async with generator_of(work, role) as client:
        assert isinstance(client, GeneratorClient)
        found = await answers_of(client)
        crowd = [client.generate(prompt, max_tokens=40, count=3) for prompt in PROMPTS]
        asked = [
            client.generate(prompt, constrained=False, temperature=0.0, max_tokens=24)
            for prompt in PROMPTS
        ]
        crowded = (await asyncio.gather(*asked, *crowd))[: len(asked)]
    assert tuple(each[0].text for each in crowded) == found.texts
    equal = sum(one == other for one, other in zip(found.texts, merged[role].texts, strict=True))
    print(f"\n{role}: {equal} of {len(PROMPTS)} greedy texts are those of the merged form; scores ")
    print(
        f"{away(found, merged[role]):.3f} nats apart, {away(before, merged[role]):.1f} from before"
    )
    assert away(found, merged[role]) < 0.02 * away(before, merged[role])


def test_a_step_proposes_with_the_adapter(work: Work) -> None:
    place = {"recipe": yaml.safe_dump(resolved(work.run.recipe)), "run": str(work.run.folder)}
    propose.STEP.call(**place)
    rows = work.run.read(Candidates, "candidates")
    told = {each.provenance["weights_digest"] for row in rows for each in row.candidates}
    pointer = channel(work.run, "junior").pointer()
    assert pointer
    assert told == {pointer.digest}
