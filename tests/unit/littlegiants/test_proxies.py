"""Loopback and services of the cluster are reached directly, whatever proxy is named."""

import pytest

from littlegiants.proxies import host_of, is_direct, spare_nearby


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with exceptions of its own, outside of a cluster."""
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setenv("NO_PROXY", "10.20.0.0/16, .corp.example,llm.example.org")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1.2.3",
        "::1",
        "[::1]",
        "localhost",
        "LOCALHOST",
        "a.localhost",
        "0.0.0.0",
        "169.254.7.7",
        "teacher",
        "teacher.speed.svc",
        "teacher.speed.svc.cluster.local",
        "teacher.speed.svc.other.domain.",
        "10.20.3.4",
        "llm.corp.example",
        "llm.example.org",
    ],
)
def test_these_are_never_behind_a_proxy(host: str) -> None:
    assert is_direct(host)


@pytest.mark.parametrize(
    "host", ["api.openai.com", "10.21.0.1", "192.168.0.9", "svc.example.com", "8.8.8.8"]
)
def test_these_may_be_behind_a_proxy(host: str) -> None:
    assert not is_direct(host)


def test_a_pod_reaches_other_pods_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1")
    assert is_direct("10.244.1.7")
    assert not is_direct("8.8.8.8")


def test_a_pod_reaches_a_service_of_another_namespace_directly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert not is_direct("teacher.models", is_plain=True)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1")
    assert is_direct("teacher.models", is_plain=True)
    assert not is_direct("openrouter.ai")


def test_a_star_excepts_every_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    assert is_direct("api.openai.com")


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("junior:50051", "junior"),
        ("dns:///junior.ns.svc:50051", "junior.ns.svc"),
        ("[::1]:50051", "::1"),
        ("127.0.0.1:1", "127.0.0.1"),
    ],
)
def test_the_host_of_a_service_address(address: str, host: str) -> None:
    assert host_of(address) == host


PROXIED = {"HTTPS_PROXY": "http://proxy.corp:3128"}
STORE = {"AWS_ENDPOINT_URL_S3": "http://minio.data.svc:9000"}


def test_libraries_that_read_no_proxy_are_told_what_is_nearby() -> None:
    environment = {**PROXIED, **STORE, "NO_PROXY": "corp.example"}
    spare_nearby(environment)
    assert environment["no_proxy"] == environment["NO_PROXY"]
    spared = environment["no_proxy"].split(",")
    assert {"corp.example", "127.0.0.1", ".svc", "minio.data.svc"} <= set(spared)
    spare_nearby(environment)
    assert environment["no_proxy"].split(",") == spared


@pytest.mark.parametrize("environment", [{}, STORE, {"HTTP_PROXY": ""}])
def test_where_no_proxy_is_named_nothing_is_said(environment: dict[str, str]) -> None:
    before = dict(environment)
    spare_nearby(environment)
    assert environment == before


def test_a_store_elsewhere_is_not_spared() -> None:
    environment = {**PROXIED, "AWS_ENDPOINT_URL": "https://s3.example.com"}
    spare_nearby(environment)
    assert "s3.example.com" not in environment["no_proxy"]
