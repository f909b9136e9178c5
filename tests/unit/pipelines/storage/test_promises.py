"""A store is tried once before anything relies on it; one that cannot hold leases is named."""

import errno
from collections.abc import Iterator
from typing import Any, ClassVar

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from upath import UPath

from littlegiants.errors import BadInput
from pipelines.storage.promises import require_promises
from pipelines.storage.store import Store


class Unconditional(MemoryFileSystem):
    """A store that does not know If-None-Match, and says so."""

    protocol = "unconditional"
    store: ClassVar[dict[str, Any]] = {}
    pseudo_dirs: ClassVar[list[str]] = [""]

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **more: Any) -> None:
        if mode == "create":
            raise OSError(errno.ENOSYS, "A header you provided implies functionality")
        super().pipe_file(path, value, mode="overwrite", **more)


@pytest.fixture
def unconditional() -> Iterator[UPath]:
    """A run's folder in such a store."""
    fsspec.register_implementation("unconditional", Unconditional, clobber=True)
    yield UPath("unconditional://bucket/run")
    Unconditional.store.clear()


@pytest.mark.filterwarnings("ignore:UPath 'unconditional'")
def test_a_store_without_conditional_writes_is_refused_at_once(unconditional: UPath) -> None:
    with pytest.raises(BadInput, match=r"unconditional://bucket/run knows no conditional.*put the"):
        require_promises(unconditional)


def test_what_was_tried_once_is_not_tried_again(folder: UPath) -> None:
    require_promises(folder)
    kept = Store(folder / "claims").sizes("")
    require_promises(folder)
    assert Store(folder / "claims").sizes("") == kept and len(kept) <= 1
