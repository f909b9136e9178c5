"""Of many that create one file, one is told that it did."""

from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from upath import UPath

from pipelines.storage.store import Store


class TakenAway(MemoryFileSystem):
    """Where another created each file first, and has removed it since."""

    protocol = "takenaway"

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **kwargs: Any) -> None:
        """Refuse to create."""
        raise FileExistsError(path)


def test_of_many_one_creates_a_file(tmp_path: Path) -> None:
    stores = [Store(UPath(tmp_path)) for _ in range(3)]
    created = [store.create("one", str(n).encode()) for n, store in enumerate(stores)]
    assert created == [True, False, False]
    assert stores[2].read("one") == b"0"


@pytest.mark.filterwarnings("ignore:UPath .takenaway.")
def test_a_file_that_another_has_removed_since_is_not_ours() -> None:
    fsspec.register_implementation("takenaway", TakenAway, clobber=True)
    store = Store(UPath("takenaway://run"))
    assert not store.create("one", b"mine")
