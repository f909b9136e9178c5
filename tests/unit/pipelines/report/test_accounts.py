"""Shards that ran side by side are one stage, as long as the clock says."""

from typing import Any

import pytest

from pipelines.report.accounts import merged


def shard(minute: int, seconds: float, **more: Any) -> dict[str, Any]:
    taken = {"peak_memory_bytes": 5, "peak_gpu_memory_bytes": None, "gpus": 2, "served_gpus": 3}
    started = f"2026-01-01T00:{minute:02}:00+00:00"
    return {"started": started, "seconds": seconds, "out": 1, "failed": [], **taken, **more}


@pytest.mark.parametrize(
    ("shards", "seconds"),
    [
        ([shard(0, 600)] * 50, 600),
        ([shard(0, 60), shard(1, 60)], 120),
        ([shard(0, 120), shard(1, 120), shard(1, 30)], 180),
        ([shard(0, 60), shard(30, 60)], 120),
    ],
    ids=["side-by-side", "one-after-another", "overlapping", "started-again-later"],
)
def test_time_is_that_in_which_a_shard_ran(shards: list[dict[str, Any]], seconds: float) -> None:
    assert merged("synthesize", shards)["seconds"] == seconds


def test_gpus_of_shards_are_added_and_those_of_the_generators_they_share_are_not() -> None:
    whole = merged("synthesize", [shard(0, 3600, peak_gpu_memory_bytes=7)] * 10)
    assert whole["gpu_hours"] == 10 * 2 + 3
    assert (whole["out"], whole["peak_memory_bytes"], whole["peak_gpu_memory_bytes"]) == (10, 5, 7)
