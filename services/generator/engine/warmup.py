"""Warm-up: a short completion of every kind before the first caller comes builds the grammars."""

from littlegiants.kinds import Kind
from littlegiants.prompts import synthesize_prompt
from littlegiants.samples import revision_schema, sample_schema
from littlegiants.tasks import Task, draw_prompt
from services.generator.engine.protocol import CompletionRequest, Engine
from services.generator.roles import REVISOR, ROLES
from services.generator.settings import GeneratorSettings

TOKENS = 4


async def warm(engine: Engine, settings: GeneratorSettings) -> None:
    """Let `engine` write a few tokens under each kind's schema."""
    schema_of = revision_schema if ROLES[settings.role] is REVISOR else sample_schema
    for kind in Kind:
        prompt = draw_prompt(Task(kind, "Science", "Match a word to a word."), seed=0)
        request = CompletionRequest(
            prompt=synthesize_prompt(prompt),
            seed=0,
            max_tokens=TOKENS,
            schema=schema_of(kind, prompt.attributes),
        )
        await engine.complete(request)
