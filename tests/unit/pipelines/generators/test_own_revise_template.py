"""A revisor is trained and asked in the words of the recipe's own template."""

from dataclasses import replace
from pathlib import Path

import pytest
from upath import UPath

from littlegiants.kinds import Kind
from littlegiants.prompts import (
    revise_prompt,
    revise_template_of,
    synthesize_prompt,
    with_revise_template,
)
from littlegiants.samples import Sample
from littlegiants.tasks import Prompt
from pipelines.cli.step_flags import GeneratorsSettings
from pipelines.data.records import Candidate, Correction
from pipelines.generators.ask import Revisable, revise_all
from pipelines.generators.promotion import current_digest, promote_weights
from pipelines.recipe.recipe import load_recipe
from pipelines.run.folder import Run
from pipelines.run.step import Work
from pipelines.run.tally import Tally
from pipelines.steps.finetune import examples_of
from services.generator.engine.protocol import CompletionRequest
from services.generator.engine.scripted_engine import ScriptedEngine, fill_schema
from services.generator.generation.served_model import Served
from services.generator.settings import GeneratorSettings
from services.generator.weights.source import Weights
from tests.unit.scripted_server import prompt_of, serving

OWN = 'Bessere $sample aus ($prompt): "reason", "revision"'
DRAFT = Sample(Kind.MATCHING_SHORT, "rake leaves", "a rake")
ASKED: Revisable = (prompt_of(), DRAFT, {})


def run_in(folder: Path, own: str) -> Run:
    """Of a recipe with this template, where there is one."""
    (folder / "templates").mkdir(exist_ok=True)
    (folder / "templates/revise.txt").write_text(own, encoding="utf-8")
    changes = [f"templates={folder}/templates"] if own else []
    return Run(UPath(folder / "run"), load_recipe("laptop", changes))


async def revised(run: Run, prompts: list[str]) -> Candidate:
    """A revision by a service, whose engine tells what it was asked."""

    def script(request: CompletionRequest) -> str:
        prompts.append(request.prompt)
        return fill_schema(request)

    digest = current_digest(run, "revisor")
    settings = GeneratorSettings(role="revisor", model=Path("model"), host="127.0.0.1", port=0)
    engine = ScriptedEngine(script)
    engine.loaded.append(digest)
    served = Served(engine, settings, Weights(Path("model"), digest))
    async with serving(served) as running:
        flags = GeneratorsSettings(
            run=str(run.folder),
            generators=",".join(f"{r}={running.address}" for r in ("junior", "senior", "revisor")),
            _cli_parse_args=False,
        )
        (found,) = await revise_all(Work("synthesize-0", run, flags), [ASKED], Tally())
    return found


async def test_a_revisor_is_asked_in_ones_own_words_and_anew_when_they_change(
    tmp_path: Path,
) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model/model.safetensors").write_bytes(b"weights")
    promote_weights(run_in(tmp_path, ""), "revisor", tmp_path / "model")
    prompts: list[str] = []
    found = [await revised(run_in(tmp_path, own), prompts) for own in ("", OWN, OWN, f"{OWN}!")]
    text = synthesize_prompt(ASKED[0])
    own = f'Bessere {{"input":"rake leaves","positive_document":"a rake"}} aus ({text})'
    assert prompts[0] == revise_prompt(*ASKED[:2])
    assert prompts[1:] == [f'{own}: "reason", "revision"', f'{own}: "reason", "revision"!']
    digests = [each.provenance["prompt_digest"] for each in found]
    asked = with_revise_template(ASKED[0], OWN)
    assert digests[1] == digests[2] == revise_template_of(asked).digest
    assert len(set(digests)) == 3


@pytest.mark.parametrize("own", ["", OWN])
def test_a_revisor_learns_to_answer_what_it_is_asked(own: str, tmp_path: Path) -> None:
    run = run_in(tmp_path, own)
    mended = replace(DRAFT, positive="a leaf rake")
    run.write("corrections", [Correction(ASKED[0], DRAFT, "Vague.", mended, source="teacher")])
    (example,) = examples_of(run, "revisor")
    assert example.prompt == revise_prompt(with_revise_template(ASKED[0], own), DRAFT)
    assert example.prompt.startswith("Bessere" if own else "Prompt:")


def test_what_a_revisor_is_asked_with_is_no_part_of_the_prompt_for_a_sample() -> None:
    prompt = with_revise_template(prompt_of(), OWN)
    assert isinstance(prompt, Prompt)
    assert synthesize_prompt(prompt) == synthesize_prompt(prompt_of())
