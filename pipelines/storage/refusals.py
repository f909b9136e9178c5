"""Refusals of a store: what an error of its file system means, in which words ever it is told."""

import errno

from botocore.exceptions import BotoCoreError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
LASTING = (
    *(FileNotFoundError, FileExistsError, PermissionError),
    *(IsADirectoryError, NotADirectoryError),
)
"""Asking again does not help."""
NOT_MET = ("PreconditionFailed", "412")
"""Codes of S3's answer to a file that is made once, and is there. s3fs 2026.9 makes it a
FileExistsError only where the answer names the condition, as AWS does; SeaweedFS 4.48 names none.
"""


def is_there_already(error: OSError) -> bool:
    """Whether a store refused to make a file because there is one of the name."""
    answer = getattr(error.__cause__, "response", None) or {}
    return answer.get("Error", {}).get("Code") in NOT_MET


def is_unknown_to_store(error: BaseException) -> bool:
    """Whether the store does not know what it was asked: no later answer will be another."""
    return getattr(error, "errno", None) in (errno.ENOSYS, errno.EOPNOTSUPP)


def is_passing(error: BaseException) -> bool:
    """Whether the same may be answered otherwise when it is asked again."""
    if isinstance(error, LASTING) or getattr(error, "errno", None) in FULL:
        return False
    return isinstance(error, OSError | BotoCoreError) and not is_unknown_to_store(error)
