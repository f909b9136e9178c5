"""Every command line that the chart ships is one that the program behind it takes."""

import re
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from pydantic_settings import CliApp

from littlegiants import __main__ as client
from services.generator.fetch import FetchSettings
from services.generator.settings import GeneratorSettings, parse
from tests.contract.chart.rendered import CI, Object, containers, ours, pods
from tests.contract.chart.values import documented

SET_BY_THE_CHART = {
    "role", "model", "weights", "cache", "host", "port", "admin_port", "admin_host", "tls_cert",
    "tls_key", "tls_client_ca", "tokens", "admin_tokens", "metrics_port", "metrics_host",
    "otlp_endpoint", "log_format", "peers", "own_address", "candidate", "roles",
}  # fmt: skip
HEALTH = ["python", "-m"]
REGISTER = "pipelines"


def command_lines(name: str) -> Iterator[tuple[str, list[str]]]:
    """Every list of arguments of a container of ours, and of its probes."""
    for place, _, spec in pods(name):
        for each in ours(spec):
            if each.get("args", [REGISTER])[0] != REGISTER:
                yield f"{place}/{each['name']}", each["args"]
        for each in containers(spec):
            for key in ("startupProbe", "readinessProbe", "livenessProbe"):
                command = each.get(key, {}).get("exec", {}).get("command", [])
                if command:
                    assert command[:2] == HEALTH
                    yield f"{place}/{each['name']}.{key}", command[2:]


def generator(arguments: list[str]) -> object:
    """Settings of a generator."""
    return parse(arguments)


def fetch(arguments: list[str]) -> object:
    """Settings of a fetch."""
    return CliApp.run(FetchSettings, cli_args=arguments)


def littlegiants(arguments: list[str]) -> object:
    """Options of the client."""
    return client._parser().parse_args(arguments)


def teacher(arguments: list[str]) -> object:
    """Flags of vLLM's server; importing it takes long, so they are looked up in its source."""
    found = find_spec("vllm")
    assert found and found.origin
    root = Path(found.origin).parent
    files = ("entrypoints/launchers/cli_args.py", "engine/arg_utils.py")
    source = "".join((root / file).read_text("utf-8") for file in files)
    for argument in arguments:
        flag = argument.removeprefix("--").removeprefix("no-").partition("=")[0]
        assert re.search(rf"\b{flag.replace('-', '_')}\b|--{flag}\b", source), argument
    return arguments


PROGRAMS: dict[str, Callable[[list[str]], Any]] = {
    "services.generator": generator,
    "services.generator.fetch": fetch,
    "littlegiants": littlegiants,
    "services.generator.vllm_teacher": teacher,
}


@pytest.mark.parametrize("name", CI)
def test_a_command_line_is_taken_by_its_program(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # what a pod has in its environment must not upset the settings
    monkeypatch.setenv("LITTLEGIANTS_SERVER_NAME", "giants-junior")
    for place, (program, *arguments) in command_lines(name):
        assert PROGRAMS[program](arguments), place


def test_the_registration_is_taken_by_its_program() -> None:
    commands = pytest.importorskip("pipelines.kubeflow.commands")
    for name in CI:
        for place, _, spec in pods(name):
            if place.endswith("-register"):
                (_, command, *flags) = ours(spec)[0]["args"]
                if command == "--help":  # there for its claim, where objects register
                    continue
                assert command == "register"
                assert commands.Register(_cli_parse_args=flags)


def test_every_program_is_called_somewhere() -> None:
    called = {arguments[0] for name in CI for _, arguments in command_lines(name)}
    assert called == set(PROGRAMS)


@pytest.mark.parametrize("field", sorted(set(GeneratorSettings.model_fields) - SET_BY_THE_CHART))
def test_a_setting_of_the_generator_is_a_value_of_the_chart(field: str) -> None:
    first, *others = field.split("_")
    key = first + "".join(word.capitalize() for word in others)
    keys = {
        path.rpartition(".")[2] for path in documented() if ".server." in path or ".engine." in path
    }
    assert key in keys


def everything() -> Object:
    """The container of the senior where every key is used."""
    (spec,) = (s for place, _, s in pods("everything") if place == "Deployment/giants-senior")
    (container,) = (each for each in ours(spec) if each["name"] == "generator")
    return container


def test_options_of_the_engine_arrive() -> None:
    settings = generator(everything()["args"][1:])
    assert isinstance(settings, GeneratorSettings)
    assert settings.quantization == settings.kv_cache_dtype == "fp8"
    assert (settings.ngram_tokens, settings.prefix_caching) == (5, False)
    assert settings.engine_args == {
        "max_num_batched_tokens": 16384,
        "scheduling_policy": "priority",
    }


def test_a_large_number_is_written_out() -> None:
    assert "--max-waiting=2000000" in everything()["args"]
    assert "--kv-cache-gib=30.5" in everything()["args"]


def test_a_probe_with_certificates_shows_the_clients() -> None:
    command = everything()["readinessProbe"]["exec"]["command"]
    assert {
        "--ca=/etc/littlegiants/tls/ca.crt",
        "--cert=/etc/littlegiants/client/tls.crt",
        "--key=/etc/littlegiants/client/tls.key",
    } <= set(command)
