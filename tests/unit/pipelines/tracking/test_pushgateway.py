"""A gateway hears where a stage stands and what was spent; one that is away stops nothing."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from pipelines.budget.usage import Usage
from pipelines.cli.step_flags import StepSettings
from pipelines.run.step import Step, Work
from pipelines.run.tally import Tally
from pipelines.step_progress import StepProgress, standing
from pipelines.teacher.endpoint import budget_of
from pipelines.tracking import pushgateway
from tests.unit.http_server import serving


def spend(work: Work) -> Tally:
    """Half of the items, for two calls."""
    budget = budget_of(work.run)
    budget.settle(budget.reserve(Usage(2, 10, 10, 0.5)), Usage(2, 10, 10, 0.5))
    budget.close()
    with StepProgress(work.name, 4) as progress:
        progress.add()
        progress.add()
        assert standing() == (2, 4)
    return Tally(4, 2)


STEP = Step(
    title=lambda settings: "seed",
    settings=StepSettings,
    sections=lambda settings: (),
    reads=lambda settings: (),
    writes=lambda settings: (),
    body=spend,
)
CAPPED = ["teacher.caps.calls=10"]


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, str]]]:
    """Paths and bodies that a gateway gets."""
    said: list[tuple[str, str]] = []

    class Gateway(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            said.append((self.path, body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with serving(Gateway) as address:
        monkeypatch.setenv(pushgateway.ADDRESS, address)
        monkeypatch.setenv(pushgateway.LABELS, "release=lg,namespace=giants")
        yield said


def test_a_gateway_hears_of_the_stage_and_of_the_spending(
    heard: list[tuple[str, str]], tmp_path: Path
) -> None:
    STEP(StepSettings(run=str(tmp_path / "run"), set=CAPPED))
    path, body = heard[-1]
    assert "/job/littlegiants-pipeline" in path
    assert all(label in path for label in ("/release/lg", "/namespace/giants", "/stage/seed"))
    assert "littlegiants_stage_running 0.0" in body
    assert 'littlegiants_teacher_spent{unit="calls"} 2.0' in body
    assert 'littlegiants_teacher_spent{unit="dollars"} 0.5' in body
    assert 'littlegiants_teacher_cap{unit="calls"} 10.0' in body


def test_a_gateway_that_is_away_is_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(pushgateway.ADDRESS, "http://127.0.0.1:9")
    STEP(StepSettings(run=str(tmp_path / "run"), set=CAPPED))
    assert capsys.readouterr().out.count("metrics were not pushed") == 1
    assert (tmp_path / "run" / "stages" / "seed.json").exists()
