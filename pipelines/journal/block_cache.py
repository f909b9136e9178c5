"""Records read from closed segments, a block at a time: neighbours cost one request."""

from functools import lru_cache

from pipelines.storage.store import Store

BLOCK_BYTES = 2**20
MOST_BLOCKS = 8


class Blocks:
    """The last blocks that were read of a folder's files, as these were then."""

    def __init__(self, store: Store) -> None:
        def block(name: str, number: int) -> bytes:
            return store.read(name, number * BLOCK_BYTES, (number + 1) * BLOCK_BYTES)

        self._block = lru_cache(MOST_BLOCKS)(block)

    def clear(self) -> None:
        """Read files anew, which may have grown."""
        self._block.cache_clear()

    def read(self, name: str, offset: int, length: int) -> bytes:
        """Bytes of a file; fewer when it is shorter.

        Raises FileNotFoundError when it is gone.
        """
        first, last = offset // BLOCK_BYTES, (offset + length - 1) // BLOCK_BYTES
        content = b"".join(self._block(name, number) for number in range(first, last + 1))
        start = offset - first * BLOCK_BYTES
        return content[start : start + length]
