"""Several roles of one process: each as if it stood alone, with ports, weights and metrics."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import pytest
from upath import UPath

from littlegiants.client import AdminClient, GeneratorClient, RevisorClient
from littlegiants.errors import BadInput
from littlegiants.samples import Sample
from littlegiants.weights import manifest_of
from pipelines.generators.weights_channel import Channel
from services.generator.engine.scripted_engine import ScriptedEngine, open_scripted
from services.generator.roles import PORT_STEP, ROLES
from services.generator.server import serve
from services.generator.settings import GeneratorSettings, parse
from tests.unit.scripted_server import free_port, prompt_of
from tests.unit.text_tensors import save_text


@dataclass(frozen=True, slots=True)
class Together:
    """A server of all roles, and what it follows."""

    settings: GeneratorSettings
    engines: dict[str, ScriptedEngine]
    base: str

    def address(self, role: str) -> str:
        """Of a role's service."""
        return f"127.0.0.1:{self._of(role).port}"

    def admin(self, role: str) -> AdminClient:
        """Of a role's admin service."""
        return AdminClient(f"127.0.0.1:{self._of(role).admin_port}")

    def metrics(self, role: str) -> str:
        """What Prometheus reads of a role."""
        url = f"http://127.0.0.1:{self._of(role).metrics_port}/metrics"
        return str(urlopen(url, timeout=10).read().decode())

    def promote(self, role: str, text: str) -> str:
        """Point `role` to a model whose tensor says `text`; its digest."""
        folder = Path(self.settings.weights).parent / f"{role}-{text}"
        channel = Channel(UPath(self.settings.weights), role)
        return channel.point_to(channel.put(model(folder, text))).digest

    async def digest(self, role: str) -> str:
        """Of the weights that a role says it serves."""
        async with GeneratorClient(self.address(role)) as client:
            return (await client.model_info()).weights_digest

    def _of(self, role: str) -> GeneratorSettings:
        return {each.role: each for each in self.settings.each()}[role]


def model(folder: Path, text: str) -> Path:
    """A folder with a tensor that says `text`."""
    folder.mkdir()
    save_text(folder / "model.safetensors", text)
    (folder / "config.json").write_text("{}")
    return folder


def settings_of(folder: Path) -> GeneratorSettings:
    """Of all roles, with a base in `folder` and an empty channel."""
    base = free_port()
    return GeneratorSettings(
        roles=",".join(ROLES),
        weights=str(folder / "weights"),
        adapter_base=model(folder / "base", "base"),
        host="127.0.0.1",
        metrics_host="127.0.0.1",
        port=base,
        admin_port=base + 1,
        metrics_port=base + 2,
        poll_s=0.05,
        max_seqs=2,
        grace_s=1,
    )


@pytest.fixture
async def together(tmp_path: Path) -> AsyncIterator[Together]:
    """All roles, none of which was promoted."""
    settings = settings_of(tmp_path)
    engines = {role: ScriptedEngine() for role in ROLES}
    assert settings.adapter_base
    found = Together(settings, engines, manifest_of(settings.adapter_base).digest)
    serving = asyncio.ensure_future(serve(settings, open_scripted(*engines.values())))
    async with GeneratorClient(found.address("revisor")) as client:
        await client.wait_until_serving(timeout_s=20)
    try:
        yield found
    finally:
        os.kill(os.getpid(), signal.SIGTERM)
        assert await serving == 0


async def until_served(together: Together, role: str, digest: str) -> None:
    """Return when `role` serves it."""
    for _ in range(500):
        if await together.digest(role) == digest:
            return
        await asyncio.sleep(0.02)
    pytest.fail(f"{role} does not serve {digest}")


async def test_a_role_answers_as_itself_from_the_base_until_it_is_promoted(
    together: Together,
) -> None:
    for role in ("junior", "senior"):
        async with GeneratorClient(together.address(role)) as client:
            info = await client.model_info()
            (answer,) = await client.generate(prompt_of())
        assert (info.role, info.weights_digest, info.weights_version) == (role, together.base, 0)
        assert answer.sample
        assert (answer.provenance.role, answer.provenance.weights_digest) == (role, together.base)
    async with RevisorClient(together.address("revisor")) as client:
        sample = Sample(prompt_of().task.kind, "cutting back a hedge", "hedge shears")
        revised = await client.revise(prompt_of(), sample)
    assert revised.provenance.role == "revisor"


async def test_a_role_has_only_its_own_service(together: Together) -> None:
    async with GeneratorClient(together.address("revisor")) as client:
        with pytest.raises(BadInput, match="UNIMPLEMENTED"):
            await client.generate(prompt_of())


async def test_a_promotion_waits_for_its_own_roles_calls_and_for_no_others(
    together: Together,
) -> None:
    junior = together.engines["junior"]
    async with GeneratorClient(together.address("junior")) as client:
        junior.delay_s = 1.0
        slow = asyncio.ensure_future(client.generate(prompt_of()))
        await asyncio.sleep(0.1)
        junior.delay_s = 0
        digests = {role: together.promote(role, role) for role in ROLES}
        for role in ("senior", "revisor"):
            await until_served(together, role, digests[role])
        assert not slow.done()
        assert await together.digest("junior") == together.base
        assert (await slow)[0].provenance.weights_digest == together.base
        await until_served(together, "junior", digests["junior"])


async def test_weights_that_a_role_refuses_are_nothing_to_the_others(together: Together) -> None:
    digest = together.promote("senior", "good")
    await until_served(together, "senior", digest)
    together.engines["junior"].reload = refuse  # type: ignore[method-assign]
    refused = together.promote("junior", "bad")
    async with together.admin("junior") as admin:
        with pytest.raises(BadInput, match="whole model"):
            await admin.reload()
    async with GeneratorClient(together.address("junior")) as client:
        info = await client.model_info()
        assert (await client.generate(prompt_of()))[0].sample
    assert info.refused
    assert (info.weights_digest, info.refused.weights_digest) == (together.base, refused)
    assert await together.digest("senior") == digest


async def refuse(folder: Path, version: str) -> None:
    """As an engine that has none of such weights."""
    raise BadInput("these are weights of a whole model")


async def test_draining_one_role_leaves_the_others(together: Together) -> None:
    async with together.admin("senior") as admin:
        assert await admin.drain() == 0
    for role in ROLES:
        async with GeneratorClient(together.address(role)) as client:
            assert await client.is_serving() is (role != "senior")


async def test_a_role_has_its_own_metrics_and_the_first_those_of_the_process(
    together: Together,
) -> None:
    async with GeneratorClient(together.address("senior")) as client:
        await client.generate(prompt_of())
    shown = {role: await asyncio.to_thread(together.metrics, role) for role in ROLES}
    written = {role: "littlegiants_attempts_total 1.0" in text for role, text in shown.items()}
    assert written == {"junior": False, "senior": True, "revisor": False}
    for role, text in shown.items():
        assert f'littlegiants_weights_info{{digest="{together.base}",role="{role}"}} 1.0' in text
        assert ("python_info" in text) is (role == "junior")
        assert 'reloads_total{outcome="unavailable"} 0.0' in text


class OnBaseOnly(ScriptedEngine):
    """Refuses whatever is not the base."""

    async def reload(self, folder: Path, version: str) -> None:
        """As an engine that has none of such weights."""
        if folder.name != "base":
            await refuse(folder, version)
        await super().reload(folder, version)


async def test_a_server_takes_up_what_was_promoted_before_it_began(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    engines = {role: OnBaseOnly() if role == "junior" else ScriptedEngine() for role in ROLES}
    assert settings.adapter_base
    together = Together(settings, engines, manifest_of(settings.adapter_base).digest)
    digests = {role: together.promote(role, role) for role in ("junior", "senior")}
    serving = asyncio.ensure_future(serve(settings, open_scripted(*engines.values())))
    async with GeneratorClient(together.address("revisor")) as client:
        await client.wait_until_serving(timeout_s=20)
    try:
        async with GeneratorClient(together.address("junior")) as client:
            junior = await client.model_info()
        assert await together.digest("senior") == digests["senior"]
        assert await together.digest("revisor") == junior.weights_digest == together.base
        assert junior.refused
        assert junior.refused.weights_digest == digests["junior"]
    finally:
        os.kill(os.getpid(), signal.SIGTERM)
        assert await serving == 0


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("--role junior --roles junior,senior --weights w", "either --role or --roles"),
        ("--roles junior,boss", "--roles"),
        ("--roles junior,senior --model m", "--roles needs --weights"),
        ("--roles junior,senior --weights w", "--adapter-base"),
        ("--roles junior,junior --weights w --adapter-base b", "each role once"),
        ("--roles junior,senior --weights w --adapter-base b --admin-port 50061", "its own"),
        (
            "--roles junior,senior --weights w --adapter-base b --peers a:1 --own-address a:1",
            "--peers",
        ),
    ],
)
def test_flags_that_roles_do_not_go_with_are_named(
    flags: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        parse(flags.split())
    assert message in capsys.readouterr().err


def test_each_role_has_the_ports_above_those_before() -> None:
    told = "--roles junior,revisor --weights w --adapter-base b --metrics-port 9090"
    junior, revisor = parse(told.split()).each()
    assert junior.ports == (50051, 0, 9090)
    assert revisor.ports == (50051 + PORT_STEP, 0, 9090 + PORT_STEP)
    assert (junior.role, revisor.role) == ("junior", "revisor")
