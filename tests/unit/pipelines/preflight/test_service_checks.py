"""Teacher and generators answer before a run relies on them."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from littlegiants.samples import tasks_schema
from pipelines.preflight import service_checks
from pipelines.preflight.findings import Finding, Note, Problem
from pipelines.preflight.service_checks import (
    generators_answer,
    generators_have_addresses,
    teacher_answers,
    teachers_address_is_one,
    teachers_key_is_there,
)
from pipelines.scripted_teacher.replies import Odd, Script, refusal
from pipelines.scripted_teacher.server import scripted_teacher
from pipelines.teacher.endpoint import budget_of, lessons_of
from tests.unit.certificate_authority import SERVER_NAME, new_authority
from tests.unit.pipelines.preflight.conftest import Starting
from tests.unit.scripted_server import free_port, scripted_server

AZURE = "teacher.azure_api_version="
TASKS = '{"tasks": ["Given a lake, retrieve its fish.", "Given a fish, retrieve its lake."]}'


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key in the environment, and no patience."""
    monkeypatch.setenv("OPENAI_API_KEY", "scripted")
    monkeypatch.setattr(service_checks, "PATIENCE_S", 0.0)


def test_one_question_is_asked_as_the_stages_ask_and_counted(starting: Starting) -> None:
    with scripted_teacher(lambda request: TASKS) as served:
        start = starting(teacher=served.url)
        (found,) = teacher_answers(start)
    assert isinstance(found, Note) and "15 tokens, $0.0001" in found.message
    (request,) = served.requests
    count = start.recipe.brainstorm.list_length
    wanted = request["response_format"]["json_schema"]["schema"]
    assert wanted == {**tasks_schema(count), **wanted} and request["temperature"] == 0
    assert budget_of(start.work.run).spent.calls == 1


def test_one_odd_answer_of_a_small_model_is_no_verdict(starting: Starting) -> None:
    with scripted_teacher(
        lambda request: TASKS if request["temperature"] else '{"tasks": ["", " "]}'
    ) as served:
        (found,) = teacher_answers(starting(teacher=served.url))
    assert isinstance(found, Note)
    first, second = served.requests
    assert first["seed"] != second["seed"]


def fixed_temperature(request: dict[str, Any]) -> str | Odd:
    wrong = refusal(400, "Only the default (1) value is supported.", param="temperature")
    return wrong if "temperature" in request else TASKS


def test_before_batches_a_judges_question_is_asked_too(starting: Starting) -> None:
    with scripted_teacher(fixed_temperature) as served:
        start = starting("teacher.batch=true", teacher=served.url)
        (found,) = teacher_answers(start)
    assert isinstance(found, Note)
    forms = [request["response_format"]["json_schema"]["schema"] for request in served.requests]
    assert [list(form["properties"]) for form in forms][-1] == ["reason", "best", "worst"]
    assert lessons_of(start.work).read().dialect.left_out == ("temperature=0", "temperature=0.8")


@pytest.mark.parametrize(
    ("script", "said", "is_passing"),
    [
        (lambda request: "I would rather not.", "not answered in the form asked for", False),
        (lambda request: 401, "status 401", False),
        (lambda request: refusal(400, "not this week"), "status 400: not this week", False),
        (lambda request: 503, "status 503", True),
    ],
    ids=["form", "key", "refused", "away"],
)
def test_why_the_teacher_is_of_no_use_is_said(
    starting: Starting, script: Script, said: str, is_passing: bool
) -> None:
    with scripted_teacher(script) as served:
        (found,) = teacher_answers(starting(teacher=served.url))
    assert isinstance(found, Problem) and said in found.message
    assert found.is_passing == is_passing
    assert len(served.requests) <= 3


def test_a_teacher_of_fixed_temperature_will_do(starting: Starting) -> None:
    with scripted_teacher(fixed_temperature) as served:
        (found,) = teacher_answers(starting(teacher=served.url))
    assert isinstance(found, Note) and not found.is_open


@pytest.mark.parametrize(
    ("place", "version", "count"),
    [
        ("local", "", 0),
        ("openai", "", 0),
        ("http://127.0.0.1:8000/v1", "", 0),
        ("127.0.0.1:8000/v1", "", 1),
        ("openai", "2024-10-21", 1),
    ],
)
def test_a_teachers_address_is_one(
    starting: Starting, place: str, version: str, count: int
) -> None:
    found = [*teachers_address_is_one(starting(AZURE + repr(version), teacher=place))]
    assert len(found) == count
    assert all(isinstance(each, Problem) and "teacher." in each.message for each in found)


def test_a_missing_key_is_a_problem_where_the_teacher_is_asked(
    starting: Starting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    (found,) = teachers_key_is_there(starting(teacher="openai"))
    assert isinstance(found, Problem) and found.message.startswith("OPENAI_API_KEY")
    for more in ({"is_elsewhere": True}, {"is_asking": False}):
        start = starting(teacher="openai", more=more)
        notes = (*teachers_key_is_there(start), *teacher_answers(start))
        assert [isinstance(note, Note) and note.is_open for note in notes] == [True, True]


def test_a_local_teacher_is_not_asked(starting: Starting) -> None:
    start = starting(teacher="local")
    assert [*teachers_key_is_there(start), *teacher_answers(start)] == []


async def heard(starting: Starting, place: str) -> list[Finding]:
    start = starting(generators=place)
    return await asyncio.to_thread(lambda: list(generators_answer(start)))


async def test_each_role_is_heard_at_its_address(starting: Starting) -> None:
    async with (
        scripted_server(role="junior") as junior,
        scripted_server(role="senior", is_ready=False) as waiting,
    ):
        addresses = {"junior": junior.address, "senior": waiting.address}
        addresses["revisor"] = junior.address
        place = ",".join(f"{role}={address}" for role, address in addresses.items())
        (found,) = await heard(starting, place)
    assert isinstance(found, Problem)
    assert found.message.startswith(f"generators: {junior.address} is a junior")


async def test_where_nothing_listens_is_said(starting: Starting) -> None:
    address = f"127.0.0.1:{free_port()}"
    found = await heard(starting, ",".join(f"{role}={address}" for role in service_checks.ROLES))
    assert found and all(isinstance(each, Problem) and each.is_passing for each in found)
    assert address in found[0].message


SECURED: dict[str, tuple[dict[str, str | None], dict[str, str], str]] = {
    "a server with TLS, a caller without": ({}, {}, "speaks TLS"),
    "another CA": ({}, {"CA": "foreign.crt"}, "certificate verify failed|issuer"),
    "another name": ({}, {"CA": "ca.crt", "SERVER_NAME": ""}, "a name in it"),
    "a file that is not there": ({}, {"CA": "none.crt"}, "ca: .*none.crt cannot be read"),
    "a certificate without its key": ({}, {"CA": "ca.crt", "CERT": "own.crt"}, "its key together"),
    "another's key": ({}, {"CA": "ca.crt", "CERT": "own.crt", "KEY": "foreign.key"}, "_KEY the"),
    "no client's certificate": ({"tls_client_ca": "ca.crt"}, {"CA": "ca.crt"}, "pipelines.client"),
    "another CA's": (
        {"tls_client_ca": "ca.crt"},
        {"CA": "ca.crt", "CERT": "foreign.crt", "KEY": "foreign.key"},
        "pipelines.client",
    ),
    "TLS, and the server has none": ({"tls_cert": None}, {"CA": "ca.crt"}, "speak TLS"),
    "no token": ({"tls_cert": None, "tokens": "tokens"}, {}, "no token"),
    "another token": ({"tls_cert": None, "tokens": "tokens"}, {"TOKEN": "x"}, "nobody holds"),
}


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    """A folder with certificates, and with tokens."""
    ours, foreign = new_authority("ours"), new_authority("theirs")
    ours.write(tmp_path / "ca.crt")
    foreign.issue(tmp_path, "foreign")
    for name in ("server", "own"):
        ours.issue(tmp_path, name)
    (tmp_path / "tokens").mkdir()
    (tmp_path / "tokens" / "steps").write_text("secret")
    return tmp_path


def secured(folder: Path, told: dict[str, str | None]) -> dict[str, Any]:
    """Settings of a server with a certificate, unless they say None."""
    files = {"tls_cert": "server.crt", "tls_key": "server.key", **told}
    if not files["tls_cert"]:
        files = {name: each for name, each in files.items() if not name.startswith("tls")}
    return {name: folder / str(each) for name, each in files.items()}


@pytest.mark.parametrize("case", SECURED)
async def test_who_is_not_let_in_is_told_before_anything_is_paid(
    case: str, certificates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, caller, message = SECURED[case]
    for name, value in {"SERVER_NAME": SERVER_NAME, **caller}.items():
        is_file = name in ("CA", "CERT", "KEY")
        monkeypatch.setenv(f"LITTLEGIANTS_{name}", str(certificates / value) if is_file else value)
    async with scripted_server(**secured(certificates, server)) as served:
        (found,) = await service_checks._heard(served.address, "junior", weights="")
    assert isinstance(found, Problem) and not found.is_passing
    assert re.search(message, found.message), found.message


async def test_who_is_let_in_is_no_problem(
    certificates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, file in {"CA": "ca.crt", "CERT": "own.crt", "KEY": "own.key"}.items():
        monkeypatch.setenv(f"LITTLEGIANTS_{name}", str(certificates / file))
    monkeypatch.setenv("LITTLEGIANTS_SERVER_NAME", SERVER_NAME)
    monkeypatch.setenv("LITTLEGIANTS_TOKEN", "secret")
    told: dict[str, str | None] = {"tls_client_ca": "ca.crt", "tokens": "tokens"}
    for is_ready in (True, False):
        settings = secured(certificates, told)
        async with scripted_server(is_ready=is_ready, **settings) as served:
            assert await service_checks._heard(served.address, "junior", weights="") == []


async def test_another_runs_writer_serves_what_the_recipe_says(starting: Starting) -> None:
    async with scripted_server(role="senior") as other:
        place = f"senior={other.address},junior=,revisor=,other={other.address}"
        digests = {"first": [], "another": ["synthesize.others.other"]}
        for digest, faulty in digests.items():
            start = starting(f"synthesize.others={{other: {digest}}}", generators=place)
            found = await service_checks._heard(other.address, "other", weights=digest)
            assert [each.message.partition(":")[0] for each in found] == faulty
            told = [each.message for each in generators_have_addresses(start)]
            assert not any("of other" in each for each in told)


def test_another_runs_writer_needs_an_address(starting: Starting) -> None:
    change = "synthesize.others={other: digest}"
    (found,) = generators_have_addresses(starting(change, generators="local"))
    assert found.message.startswith("synthesize.others: other is of another run")
    place = "junior=a:1,senior=b:1,revisor=c:1"
    (found,) = generators_have_addresses(starting(change, generators=place))
    assert "no address of other" in found.message


@pytest.mark.parametrize(
    ("place", "count"),
    [("local", 0), ("dns:///{role}:50051", 0), ("junior=a:1,senior=b:1", 1), ("{role}", 3)],
)
def test_addresses_are_whole(starting: Starting, place: str, count: int) -> None:
    assert len(list(generators_have_addresses(starting(generators=place)))) == count
