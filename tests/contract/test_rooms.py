"""The house stays one of rooms: few files outside of them, none too full."""

from pathlib import PurePath

import pytest

from tests.contract.sources import files

FULL = 16
OUTSIDE = {"__init__", "__main__", "api_errors", "step_progress"}
HOUSES = ("pipelines", "services/generator")
ROOMS = sorted({str(PurePath(file).parent) for file in files(*HOUSES)} - set(HOUSES))


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_is_not_too_full(room: str) -> None:
    inside = [file for file in files(room) if str(PurePath(file).parent) == room]
    assert len(inside) <= FULL, "split it, so that a stranger finds what it holds"


def test_the_files_outside_of_rooms_are_few() -> None:
    outside = {PurePath(file).stem for file in files("pipelines") if len(PurePath(file).parts) == 2}
    assert outside == OUTSIDE
