"""A request that will not do is refused by field before the engine hears of it."""

from pathlib import Path

import pytest

from littlegiants.errors import BadInput
from littlegiants.kinds import Kind
from littlegiants.samples import sample_schema
from littlegiants.v1 import generator_pb2, sample_pb2
from littlegiants.wire import task_to_wire
from services.generator.asking import asks_of_generate
from services.generator.settings import GeneratorSettings
from services.generator.writing import attempt_seed
from tests.unit.scripted_server import prompt_of

SETTINGS = GeneratorSettings(role="junior", model=Path("model"))
Request = generator_pb2.GenerateRequest


def request_of(kind: Kind = Kind.CLASSIFICATION) -> Request:
    """A good request."""
    prompt = prompt_of(kind)
    return Request(task=task_to_wire(prompt.task), attributes=prompt.attributes, seed=5)


def test_each_candidate_has_its_own_seed_and_the_kinds_schema() -> None:
    request = request_of()
    request.count = 3
    asks = asks_of_generate(request, SETTINGS)
    assert [ask.completion.seed for ask in asks] == [5, 6, 7]
    schema = sample_schema(Kind.CLASSIFICATION, dict(request.attributes))
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
        ("task.kind", lambda request: request.task.ClearField("kind")),
        ("task.kind", lambda request: setattr(request.task, "kind", 99)),
        ("seed", lambda request: setattr(request, "seed", -1)),
        ("count", lambda request: setattr(request, "count", 0)),
        ("count", lambda request: setattr(request, "count", 65)),
        ("max_attempts", lambda request: setattr(request, "max_attempts", 9)),
        ("temperature", lambda request: setattr(request.sampling, "temperature", -1)),
        ("temperature", lambda request: setattr(request.sampling, "temperature", float("nan"))),
        ("top_p", lambda request: setattr(request.sampling, "top_p", 0)),
        ("max_tokens", lambda request: setattr(request.sampling, "max_tokens", 0)),
        ("text_length", lambda request: request.attributes.pop("text_length")),
        ("length", lambda request: request.attributes.update(text_length="some words")),
        ("text_length", lambda r: r.attributes.update(text_length="at least 99999 words")),
        ("line_order", lambda request: request.attributes.update(line_order="first")),
        ("colour", lambda request: request.attributes.update(colour="red")),
    ],
)
def test_names_the_field_that_will_not_do(field: str, change: object) -> None:
    request = request_of()
    assert callable(change)
    change(request)
    with pytest.raises(BadInput, match=field):
        asks_of_generate(request, SETTINGS)


def test_seeds_of_attempts_follow_from_the_first() -> None:
    seeds = [attempt_seed(5, attempt) for attempt in (1, 2, 3)]
    assert seeds[0] == 5
    assert len(set(seeds)) == 3
    assert seeds == [attempt_seed(5, attempt) for attempt in (1, 2, 3)]
