"""One question tells whether the hub answers; without it, nothing waits for it again."""

import pytest
from huggingface_hub import constants

from pipelines.models.hub import go_offline_without_hub
from tests.unit.hub import hub


@pytest.fixture(autouse=True)
def _online(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)


def test_a_hub_that_answers_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with hub({}) as running:
        monkeypatch.setattr(constants, "ENDPOINT", running.url)
        assert go_offline_without_hub()
    assert not constants.HF_HUB_OFFLINE


def test_one_that_does_not_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:1")
    assert not go_offline_without_hub()
    assert constants.HF_HUB_OFFLINE


def test_who_wants_to_be_offline_stays_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with hub({}) as running:
        monkeypatch.setattr(constants, "ENDPOINT", running.url)
        assert not go_offline_without_hub()
