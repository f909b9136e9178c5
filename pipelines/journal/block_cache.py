"""Records read from closed segments, a block at a time: neighbours cost one request."""

from collections import OrderedDict

from pipelines.storage.store import Store

BLOCK_BYTES = 2**20
MOST_BLOCKS = 8


class Blocks:
    """The last blocks that were read of a folder's files."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._blocks: OrderedDict[tuple[str, int], bytes] = OrderedDict()

    def read(self, name: str, offset: int, length: int) -> bytes:
        """Bytes of a file; fewer when it is shorter.

        Raises FileNotFoundError when it is gone.
        """
        end, found = offset + length, []
        for number in range(offset // BLOCK_BYTES, (end - 1) // BLOCK_BYTES + 1):
            start = number * BLOCK_BYTES
            stop = min(end - start, BLOCK_BYTES)
            found.append(self._block(name, number, stop)[max(offset - start, 0) : stop])
        return b"".join(found)

    def _block(self, name: str, number: int, least: int) -> bytes:
        """A block with at least so many bytes: it was read before its file grew, else."""
        place = (name, number)
        if len(self._blocks.get(place, b"")) < least:
            start = number * BLOCK_BYTES
            self._blocks[place] = self._store.read(name, start, start + BLOCK_BYTES)
            if len(self._blocks) > MOST_BLOCKS:
                self._blocks.popitem(last=False)
        self._blocks.move_to_end(place)
        return self._blocks[place]
