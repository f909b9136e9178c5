"""What a step says of how far it is."""

import pytest

from pipelines.progress import Progress


def test_items_that_turn_out_to_be_done_before_count(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress("seed", 10, resumed=2)
    for resumed in (2, 5, 8):
        progress.catch_up(resumed)
    progress.add()
    progress.add()
    said = capsys.readouterr().out
    assert said.startswith("[seed] the first 2 of 10 were done before; going on\n")
    assert "10/10" in said.splitlines()[-1]
