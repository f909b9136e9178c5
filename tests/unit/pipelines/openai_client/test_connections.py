"""How a teacher is reached, and what is said when it is not."""

import socket
import ssl
from collections.abc import Callable

import pytest

from littlegiants.errors import BadInput
from pipelines.openai_client.connections import lost, proxy_for
from pipelines.openai_client.replies import FaultKind

OUTSIDE = "https://api.example.com/v1"
VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


class ConnectError(Exception):
    """As the HTTP library names a connection that was not made."""


class ReadError(Exception):
    """As it names one that broke."""


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that names no proxy."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_a_host_outside_goes_through_the_proxy(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "proxy.corp:3128")
    assert proxy_for(OUTSIDE) == "http://proxy.corp:3128"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000/v1", "http://localhost/v1", "http://teacher.ns.svc:8000/v1"]
)
@pytest.mark.parametrize("proxy", ["http://proxy.corp:3128", "socks5://127.0.0.1:1", "://"])
def test_a_service_nearby_never_does(url: str, proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES[:3]:
        monkeypatch.setenv(name, proxy)
    assert proxy_for(url) is None


def test_a_proxy_of_the_other_scheme_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.corp:3128")
    monkeypatch.setenv("ALL_PROXY", "socks5://proxy.corp:1080")
    assert proxy_for(OUTSIDE) == "http://proxy.corp:3128"


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "all_proxy"])
@pytest.mark.parametrize(
    "proxy", ["socks5://proxy.corp:1080", "socks5h://p:1", "http://:3128", "http://p:port"]
)
def test_a_proxy_that_cannot_be_used_names_its_variable(
    variable: str, proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, proxy)
    with pytest.raises(BadInput, match=rf"^{variable}: .*NO_PROXY"):
        proxy_for(OUTSIDE)


def caused(outer: Exception, cause: BaseException) -> Exception:
    outer.__cause__ = cause
    return Exception("Connection error.") if outer is cause else _wrapped(outer)


def _wrapped(error: Exception) -> Exception:
    wrapped = Exception("Connection error.")
    wrapped.__cause__ = error
    return wrapped


def unknown_name() -> Exception:
    return caused(ConnectError("x"), socket.gaierror(-2, "Name or service not known"))


def refused() -> Exception:
    group = ExceptionGroup("multiple", [ConnectionRefusedError(111, "Connect call failed")])
    attempts = OSError("All connection attempts failed")
    attempts.__cause__ = group
    return caused(ConnectError("x"), attempts)


def untrusted() -> Exception:
    return caused(ConnectError("x"), ssl.SSLCertVerificationError("self-signed certificate"))


def no_tls() -> Exception:
    return caused(ConnectError("x"), ssl.SSLError(1, "record layer failure"))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (unknown_name, "name is not known"),
        (refused, "ConnectionRefusedError"),
        (untrusted, "certificate is not trusted"),
        (no_tls, "plain HTTP, write http://"),
    ],
)
def test_host_and_cause_are_told_and_nothing_was_sent(
    error: Callable[[], Exception], words: str
) -> None:
    fault = lost(error(), "https://me:secret@api.example.com:8443/v1")
    assert "api.example.com:8443" in fault.message
    assert "secret" not in fault.message
    assert words in fault.message
    assert not fault.is_paid


def test_only_a_certificate_is_not_waited_for() -> None:
    kinds = [lost(error(), OUTSIDE).kind for error in (unknown_name, refused, no_tls, untrusted)]
    assert kinds == [FaultKind.PASSING] * 3 + [FaultKind.DENIED]


def test_a_connection_that_broke_may_have_been_paid() -> None:
    fault = lost(_wrapped(ReadError("reset")), OUTSIDE)
    assert fault.is_paid
    assert "ReadError: reset" in fault.message


def test_the_proxy_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://me:secret@proxy.corp:3128")
    message = lost(refused(), OUTSIDE).message
    assert "by the proxy proxy.corp:3128" in message
    assert "secret" not in message
