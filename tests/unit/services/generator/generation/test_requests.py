"""A request that will not do is refused by field before the engine hears of it."""

from pathlib import Path

import pytest

from littlegiants.errors import BadInput
from littlegiants.kinds import Kind
from littlegiants.samples import sample_schema
from littlegiants.v1 import generator_pb2, sample_pb2
from littlegiants.wire import task_to_wire
from services.generator.generation.attempts import attempt_seed
from services.generator.generation.requests import asks_of_generate
from services.generator.settings import GeneratorSettings
from tests.unit.scripted_server import prompt_of

SETTINGS = GeneratorSettings(role="junior", model=Path("model"))
Request = generator_pb2.GenerateRequest


def request_of(kind: Kind = Kind.CLASSIFICATION) -> Request:
    """A good request."""
    prompt = prompt_of(kind)
    return Request(task=task_to_wire(prompt.task, prompt.attributes), seed=5)


def set_attribute(request: Request, name: str, value: object) -> None:
    """Ask for something else."""
    setattr(request.task.classification, name, value)


def test_each_candidate_has_its_own_seed_and_the_kinds_schema() -> None:
    request = request_of()
    request.count = 3
    asks = asks_of_generate(request, SETTINGS)
    assert [ask.completion.seed for ask in asks] == [5, 6, 7]
    schema = sample_schema(Kind.CLASSIFICATION, prompt_of(Kind.CLASSIFICATION).attributes)
    assert asks[0].completion.schema == schema
    assert (asks[0].completion.temperature, asks[0].completion.max_tokens) == (1.0, None)


def test_a_temperature_of_zero_is_not_the_default() -> None:
    request = request_of()
    request.sampling.CopyFrom(sample_pb2.SamplingOptions(temperature=0.0, max_tokens=7))
    request.constrained = False
    (ask,) = asks_of_generate(request, SETTINGS)
    assert (ask.completion.temperature, ask.completion.max_tokens) == (0.0, 7)
    assert ask.completion.schema is None


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("task", lambda request: request.ClearField("task")),
        ("task.kind", lambda request: request.task.ClearField("classification")),
        ("seed", lambda request: setattr(request, "seed", -1)),
        ("count", lambda request: setattr(request, "count", 0)),
        ("count", lambda request: setattr(request, "count", 65)),
        ("max_attempts", lambda request: setattr(request, "max_attempts", 9)),
        ("temperature", lambda request: setattr(request.sampling, "temperature", -1)),
        ("temperature", lambda request: setattr(request.sampling, "temperature", float("nan"))),
        ("top_p", lambda request: setattr(request.sampling, "top_p", 0)),
        ("max_tokens", lambda request: setattr(request.sampling, "max_tokens", 0)),
        ("length", lambda request: set_attribute(request, "text_length", "some words")),
        ("text_length", lambda r: set_attribute(r, "text_length", "at least 99999 words")),
        ("line_order", lambda request: set_attribute(request, "line_order", 2**31)),
        ("task.text", lambda request: request.task.ClearField("text")),
    ],
)
def test_names_the_field_that_will_not_do(field: str, change: object) -> None:
    request = request_of()
    assert callable(change)
    change(request)
    with pytest.raises(BadInput, match=field):
        asks_of_generate(request, SETTINGS)


def test_attributes_that_are_left_out_are_drawn_with_the_seed() -> None:
    asks = []
    for seed in (5, 5, 6):
        request = request_of(Kind.RETRIEVAL)
        request.seed = seed
        request.task.retrieval.Clear()
        request.task.retrieval.query_type = "common"
        asks += asks_of_generate(request, SETTINGS)
    chosen = [dict(ask.prompt.attributes) for ask in asks]
    assert chosen[0] == chosen[1] != chosen[2]
    assert {each["query_type"] for each in chosen} == {"common"}
    assert chosen[0].keys() == prompt_of(Kind.RETRIEVAL).attributes.keys()


def test_semantic_similarity_needs_no_text() -> None:
    request = request_of(Kind.STS)
    request.task.ClearField("text")
    (ask,) = asks_of_generate(request, SETTINGS)
    assert ask.prompt.task.text


def test_seeds_of_attempts_follow_from_the_first() -> None:
    seeds = [attempt_seed(5, attempt) for attempt in (1, 2, 3)]
    assert seeds[0] == 5
    assert len(set(seeds)) == 3
    assert seeds == [attempt_seed(5, attempt) for attempt in (1, 2, 3)]
