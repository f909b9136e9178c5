"""Where a batch stands is understood in whichever of the usual words it is told."""

from typing import Any

import pytest

from littlegiants.errors import Unavailable
from pipelines.openai_client.batch_status import batch_from, is_too_large

BATCH = {"id": "b", "object": "batch"}
FILES = {"output_file_id": "out", "error_file_id": None}


@pytest.mark.parametrize(
    ("status", "end"),
    [
        *((word, "") for word in ("validating", "in_progress", "finalizing", "cancelling")),
        *((word, "") for word in ("QUEUED", "RUNNING", "JOB_STATE_PENDING", "", "unheard of")),
        *((word, "completed") for word in ("completed", "COMPLETED", "SUCCESS", "ended", "done")),
        *((word, "completed") for word in ("JOB_STATE_SUCCEEDED", "BATCH_STATE_SUCCEEDED")),
        *((word, "completed") for word in ("Partially Completed", "PartiallyCompleted")),
        *((word, "failed") for word in ("failed", "FAILED", "JOB_STATE_FAILED", "error")),
        *((word, "expired") for word in ("expired", "TIMEOUT_EXCEEDED", "JOB_STATE_EXPIRED")),
        *((word, "cancelled") for word in ("cancelled", "CANCELED", "JOB_STATE_CANCELLED")),
    ],
)
def test_other_words_have_the_same_meaning(status: str, end: str) -> None:
    assert batch_from({**BATCH, "status": status}).end == end


@pytest.mark.parametrize(
    ("more", "is_whole"),
    [
        ({}, False),
        (FILES, True),
        ({"request_counts": {"total": 3, "completed": 3, "failed": 0}}, False),
        ({**FILES, "request_counts": {"total": 3, "completed": 3, "failed": 0}}, True),
        ({**FILES, "request_counts": {"total": 3, "completed": 2, "failed": 1}}, False),
        ({"error_file_id": "err", "request_counts": {"total": 3, "completed": 2}}, False),
        ({"error_file_id": "err", "request_counts": {"total": 3, "failed": 3}}, True),
        ({"request_counts": {"total": 3, "completed": 0, "failed": 0}}, False),
        ({"request_counts": {"total": 0, "completed": 0, "failed": 0}}, True),
    ],
)
def test_completed_is_not_ended_before_the_files_are_there(more: Any, is_whole: bool) -> None:
    assert batch_from({**BATCH, **more, "status": "completed"}).is_whole == is_whole


@pytest.mark.parametrize("status", ["failed", "expired", "cancelled"])
def test_what_ended_otherwise_may_have_no_files(status: str) -> None:
    assert batch_from({**BATCH, "status": status}).is_whole


@pytest.mark.parametrize(
    "errors",
    [
        {"errors": {"object": "list", "data": [{"code": "c", "line": 4, "message": "no url"}]}},
        {"errors": [{"code": "c", "line": 4, "message": "no url"}]},
        {"errors": {"code": "c", "line": 4, "message": "no url"}},
        {"error": {"code": "c", "line": 4, "message": "no url"}},
    ],
)
def test_the_reasons_are_told(errors: Any) -> None:
    assert batch_from({**BATCH, **errors}).message == "c, line 4, no url"


def test_progress_is_told_where_it_is_counted() -> None:
    counts = {"total": 50_000, "completed": 1200, "failed": 3}
    told = batch_from({**BATCH, "request_counts": counts}).counts.told()
    assert told == ", 1,200 of 50,000 answered, 3 failed"
    assert batch_from({**BATCH, "request_counts": {"total": None}}).counts.told() == ""


@pytest.mark.parametrize("body", [{"job": {"id": "b"}}, {"batch_id": "b"}])
def test_a_batch_may_be_wrapped(body: Any) -> None:
    assert batch_from(body).id == "b"


@pytest.mark.parametrize("body", [None, "gateway", [], {}, {"id": 5}, {"job": "b"}])
def test_what_is_no_batch_is_tried_again_later(body: Any) -> None:
    with pytest.raises(Unavailable, match="start the same command again"):
        batch_from(body)


@pytest.mark.parametrize(
    ("message", "too_large"),
    [
        ("token_limit_exceeded, too many tokens are waiting for this model", True),
        ("Enqueued token limit reached for m in organization o. Limit: 2,000,000", True),
        ("The request body is too large", True),
        ("file size is too big", True),
        ("billing_hard_limit_reached, the account is at its limit", False),
        ("invalid_json_line, line 3, not JSON", False),
        ("model_not_found", False),
    ],
)
def test_a_file_that_is_too_large_is_told_from_other_failures(
    message: str, too_large: bool
) -> None:
    assert is_too_large(message) == too_large
