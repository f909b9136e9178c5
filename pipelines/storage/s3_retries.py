"""Retries of S3 calls everywhere in a step, also where `Store` knows nothing of them."""

import contextlib
import os
from collections.abc import Iterator

from botocore.exceptions import BotoCoreError, NoCredentialsError
from upath import UPath

from littlegiants.errors import BadInput
from littlegiants.proxies import spare_nearby
from pipelines.storage.store import unavailable

S3_PATIENCE = {"AWS_RETRY_MODE": "standard", "AWS_MAX_ATTEMPTS": "12"}
"""A call is tried for a minute or more."""


@contextlib.contextmanager
def patient_store(folder: UPath) -> Iterator[None]:
    """Let S3 calls of the body wait for a store that is away; the environment may say otherwise.

    Raises Unavailable when it stays away, BadInput when it refuses the keys.
    """
    spare_nearby()
    for name, value in S3_PATIENCE.items():
        os.environ.setdefault(name, value)
    try:
        yield
    except (PermissionError, NoCredentialsError) as error:
        if "s3" not in folder.protocol:
            raise
        raise BadInput(
            f"{folder}: the store refuses the keys ({error}); mend AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY, or what they may do"
        ) from error
    except BotoCoreError as error:
        raise unavailable(folder, error) from error
