"""Flags that every step has mean the same to all of them."""

import pytest

from pipelines.cli.step_flags import StepSettings


@pytest.mark.parametrize(
    ("run", "place"),
    [
        ("file:///data/run", "/data/run"),
        ("/data/run", "/data/run"),
        ("runs/demo", "runs/demo"),
        ("s3://bucket/run", "s3://bucket/run"),
    ],
)
def test_a_file_url_is_the_folder_that_it_names(run: str, place: str) -> None:
    assert StepSettings(run=run).run == place
