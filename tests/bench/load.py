"""The work that is measured: the same prompts for the service and for its peers."""

from littlegiants.kinds import Kind
from littlegiants.tasks import Prompt, Task, draw_prompt
from littlegiants.v1 import generator_pb2, sample_pb2
from littlegiants.wire import task_to_wire
from services.generator.settings import GeneratorSettings

SHORT = {"at least 20 words": 1.0}
SLOTS = {
    Kind.RETRIEVAL: {"document_length": SHORT},
    Kind.CLASSIFICATION: {"text_length": SHORT},
    Kind.MATCHING_LONG: {"document_length": SHORT},
}
TEXT = "Given a chore, find the tool that was made for it."


def prompts(count: int) -> list[Prompt]:
    """So many prompts of all kinds, always the same."""
    kinds = list(Kind)
    return [
        draw_prompt(
            Task(kinds[number % len(kinds)], "Home/Gardening", TEXT),
            seed=number,
            changes=SLOTS.get(kinds[number % len(kinds)]),
        )
        for number in range(count)
    ]


def requests(
    count: int, *, constrained: bool = True, max_tokens: int | None = None
) -> list[generator_pb2.GenerateRequest]:
    """The prompts as requests."""
    return [
        generator_pb2.GenerateRequest(
            request_id=prompt.id,
            task=task_to_wire(prompt.task, prompt.attributes),
            seed=prompt.seed,
            constrained=constrained,
            sampling=sample_pb2.SamplingOptions(max_tokens=max_tokens),
        )
        for prompt in prompts(count)
    ]


def settings(model: str, *flags: str) -> GeneratorSettings:
    """The engine's settings in the service and in its peers."""
    return GeneratorSettings(
        _cli_parse_args=[
            *("--role", "junior", "--model", model, "--host", "127.0.0.1"),
            *("--max-model-len", "1024", "--max-seqs", "32", *flags),
        ]
    )
