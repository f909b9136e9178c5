"""Promises of a store that a run relies on, tried where its first file is written."""

import uuid
from contextlib import suppress

from upath import UPath

from littlegiants.errors import BadInput
from pipelines.storage.refusals import is_unknown_to_store
from pipelines.storage.store import Store

KEPT = "store-keeps-its-promises"
"""A file beside the claims of a run, whose store was tried."""
REMEDY = (
    "a run needs a store with conditional writes (If-None-Match: *) that lists what was just "
    "written, as AWS S3 and SeaweedFS are, or a ReadWriteMany volume; put the run there"
)


def broken_promise(store: Store) -> str:
    """What the store does not do that a run relies on; empty when it does all.

    Raises Unavailable when it is away, OSError when it cannot be written.
    """
    name = uuid.uuid4().hex
    try:
        if not store.create(name, b"first"):
            return "does not let a new file be made"
        if store.create(name, b"second"):
            return "lets a file be made twice (it ignores If-None-Match), so leases would not hold"
        if store.read(name) != b"first":
            return "does not give back what was written"
        if name not in store.sizes(""):
            return "does not list what was just written"
    except OSError as error:
        if is_unknown_to_store(error):
            return f"knows no conditional writes (If-None-Match: {error}), so leases would not hold"
        raise
    finally:
        with suppress(OSError):
            store.delete(name)
    return "still lists what was removed" if name in store.sizes("") else ""


def require_promises(run: UPath) -> None:
    """Try the object store of a run once, before anything relies on it; a disk keeps them all.

    Raises BadInput naming the store and the remedy, Unavailable when it is away.
    """
    store = Store(run / "claims")
    if store.is_local or KEPT in store.sizes(KEPT):
        return
    if broken := broken_promise(store):
        raise BadInput(f"run: the store of {run} {broken}; {REMEDY}")
    store.write(KEPT, b"")
