"""A sample whose text ends in the middle is dropped, or mended where the recipe says so."""

import json
from dataclasses import dataclass
from pathlib import Path

from upath import UPath

from littlegiants.checks import failed_checks
from littlegiants.kinds import Kind
from littlegiants.tasks import Task
from pipelines.data.records import Draft
from pipelines.generators.promotion import promote_weights
from pipelines.recipe.recipe import load_recipe
from pipelines.report.accounts import yields_of
from pipelines.run.folder import Run
from pipelines.run.step import Work
from pipelines.run.tally import Tally
from pipelines.steps.synthesize import SynthesizeSettings, synthesize
from services.generator.engine.protocol import CompletionRequest
from services.generator.engine.scripted_engine import ScriptedEngine, fill_schema
from services.generator.generation.served_model import Served
from services.generator.settings import GeneratorSettings
from services.generator.weights.source import Weights
from tests.unit.scripted_server import serving

COUNT = 24
CASES = ("whole", "cut once", "cut twice", "cut and too long")
"""What senior and revisor make of a prompt, by its task: as many prompts of each."""


def written(request: CompletionRequest) -> str:
    """What a generator writes for the case that the prompt names."""
    answer, case = json.loads(fill_schema(request)), _case(request)
    sample = answer.get("revision", answer)
    if case == "cut twice" or (case != "whole" and sample is answer):
        schema = (request.schema or {})["properties"]
        schema = schema.get("revision", {}).get("properties", schema)
        sample["positive_document"] = _cut(request.seed, schema["positive_document"]["maxLength"])
    if case == "cut and too long":
        sample["input"] = " ".join(f"{n}" for n in range(request.seed, request.seed + 70))
    return json.dumps(answer)


def _case(request: CompletionRequest) -> str:
    return next(case for case in CASES if f"Match {case} to" in request.prompt)


def _cut(seed: int, length: int) -> str:
    """Words of seven letters up to the last character that there is room for."""
    return "".join(f"w{seed + n:06} " for n in range(length))[: length - 1] + "x"


@dataclass(frozen=True, slots=True)
class Shard:
    """What a synthesis wrote and counted, and how often its revisor was asked."""

    drafts: list[Draft]
    tally: Tally
    revisor_count: int


async def synthesized(folder: Path, cut: str) -> Shard:
    changes = [f"synthesize={{count: {COUNT}, shard_count: 1, cut: {cut}}}"]
    run = Run(UPath(folder / "run"), load_recipe("laptop", changes))
    run.write("tasks", [Task(Kind.MATCHING_SHORT, "A/B", f"Match {each} to it.") for each in CASES])
    (folder / "model").mkdir()
    (folder / "model" / "model.safetensors").write_bytes(b"weights")
    revisor = ScriptedEngine(written)
    async with (
        serving(_served(run, "senior", ScriptedEngine(written))) as first,
        serving(_served(run, "revisor", revisor)) as second,
    ):
        settings = SynthesizeSettings(
            _cli_parse_args=False,
            run=str(folder / "run"),
            generators=f"senior={first.address},revisor={second.address}",
        )
        tally = await synthesize(Work("synthesize-0", run, settings))
    return Shard(run.read(Draft, "drafts-0"), tally, revisor.asked_count)


def _served(run: Run, role: str, engine: ScriptedEngine) -> Served:
    model = Path(str(run.folder.parent / "model"))
    pointer = promote_weights(run, role, model)
    settings = GeneratorSettings(role=role, model=model, host="127.0.0.1", port=0)
    return Served(engine, settings, Weights(model, pointer.digest))


async def test_what_is_only_cut_is_mended_where_the_recipe_says_so(tmp_path: Path) -> None:
    shard, count = await synthesized(tmp_path, "revise"), COUNT // len(CASES)
    revisions = [(draft.revision, draft.prompt) for draft in shard.drafts if draft.revision]
    assert [failed_checks(*each) for each in revisions] == [()] * 2 * count
    assert len(shard.drafts) == shard.tally.out_count == 2 * count
    assert dict(shard.tally.dropped) == {"text_ends": 2 * count}
    assert shard.revisor_count == 3 * count, "what has another fault too is not sent"
    yields = yields_of({"synthesize": {"detail": shard.tally.detail}})
    assert yields["senior"] == {"asked": COUNT, "valid": count}
    assert yields["revisor"] == {"asked": 3 * count, "valid": 2 * count}


async def test_what_is_cut_is_dropped_where_it_does_not(tmp_path: Path) -> None:
    shard, count = await synthesized(tmp_path, "drop"), COUNT // len(CASES)
    assert len(shard.drafts) == shard.tally.out_count == shard.revisor_count == count
    assert dict(shard.tally.dropped) == {"text_ends": 3 * count}
