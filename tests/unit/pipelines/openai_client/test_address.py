"""A teacher's address, key and headers are checked before anything is sent."""

import pytest

from littlegiants.errors import BadInput
from pipelines.openai_client.address import checked_url, headers_from, key_from, shown


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ("http://host:8000/v1", "http://host:8000/v1"),
        (" https://host/v1/ ", "https://host/v1"),
        ("https://host/v1/chat/completions", "https://host/v1"),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1"),
        ("HTTPS://Host/v1", "HTTPS://Host/v1"),
    ],
)
def test_takes_a_base_url(given: str, asked: str) -> None:
    assert checked_url(given) == asked


@pytest.mark.parametrize(
    "given",
    [
        "",
        "host:8000/v1",
        "127.0.0.1:8000/v1",
        "localhost",
        "api.openai.com/v1",
        "ftp://host/v1",
        "http:/host/v1",
        "http:///v1",
        "http://host:80000/v1",
        "http://host:port/v1",
        "http://ho st/v1",
        "http://host/v1\n/x",
        "http://hóst/v1",
        "http://::1:8000/v1",
        "http://host/v1?key=1",
        "http://a..b/v1",
    ],
)
def test_what_is_no_url_names_the_flag_and_the_field(given: str) -> None:
    with pytest.raises(BadInput, match=r"--teacher \(teacher\.place\).*http://HOST:PORT/v1"):
        checked_url(given)


def test_a_password_is_not_shown() -> None:
    assert shown("http://me:secret@host/v1") == "http://host/v1"


@pytest.mark.parametrize("key", ["sk-1", "sk-1\n", " sk-1 ", "\tsk-1\r\n"])
def test_blanks_around_a_key_are_not_part_of_it(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEACHER_KEY", key)
    assert key_from("TEACHER_KEY", "openai") == "sk-1"


@pytest.mark.parametrize("key", ["", "\n", "sk-1\nsk-2", "sk 1", "schlüssel", "sk-1…"])
def test_a_key_that_cannot_be_sent_names_its_variable(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEACHER_KEY", key)
    with pytest.raises(BadInput, match="TEACHER_KEY"):
        key_from("TEACHER_KEY", "openai")


def test_no_variable_is_no_key() -> None:
    assert key_from("", "http://host/v1") == "none"


def test_a_headers_secret_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAM_KEY", "s3cret\n")
    assert headers_from({"X-Team": "ads", "X-Key": "$TEAM_KEY"}) == {
        "X-Team": "ads",
        "X-Key": "s3cret",
    }


@pytest.mark.parametrize("value", ["", "a\nb", "ключ"])
def test_a_secret_that_is_not_there_names_variable_and_header(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEAM_KEY", value)
    with pytest.raises(BadInput, match=r"TEAM_KEY.*teacher\.headers\.X-Key"):
        headers_from({"X-Key": "$TEAM_KEY"})
