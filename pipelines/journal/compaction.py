"""Compaction of a journal: many small segments into few large ones, none lost on the way."""

import uuid
from collections.abc import Collection, Iterator

from pipelines.journal.folder import adopt, set_aside
from pipelines.journal.index import SUFFIX as INDEX
from pipelines.journal.index import packed
from pipelines.journal.record_format import header_line, is_whole, key_of, lines_of, raw, scan
from pipelines.journal.segments import SUFFIX
from pipelines.storage.store import Store

MANY = 64
"""Segments that are worth merging."""
MERGED_BYTES = 32 * 2**20


def tidy(store: Store) -> None:
    """Complete the index and merge small segments: for a folder that nobody else writes to."""
    adopt(store)
    if len(store.sizes(SUFFIX)) > MANY:
        compact(store)


def drop(store: Store, keys: Collection[str]) -> None:
    """Remove answers from a folder that nobody else writes to; their items are asked again."""
    adopt(store)
    compact(store, without=frozenset(raw(key) for key in keys))


def compact(store: Store, *, without: Collection[bytes] = frozenset()) -> None:
    """Merge neighbouring closed segments up to MERGED_BYTES, each key once.

    Open segments stay as they are. A crash on the way leaves records twice, which readers do not
    see; two processes that merge the same segments lose nothing either.
    """
    for names in list(_groups(store)):
        try:
            _merge(store, names, without)
        except FileNotFoundError:  # another process has merged them
            continue


def _groups(store: Store) -> Iterator[list[str]]:
    """Closed segments that lie side by side and together are not too large."""
    indexed, group, total = store.sizes(INDEX), list[str](), 0
    for name, size in store.sizes(SUFFIX).items():
        is_closed = name + INDEX in indexed
        if group and (not is_closed or total + size > MERGED_BYTES):
            yield group
            group, total = [], 0
        if is_closed:
            group.append(name)
            total += size
    if group:
        yield group


def _merge(store: Store, names: list[str], without: Collection[bytes]) -> None:
    lines, seen, dropped = [header_line()], set[bytes](), 0
    for name in names:
        for offset, line in lines_of(store.read(name)):
            key = key_of(line) if is_whole(line) else b""
            if key in without:
                dropped += 1
            elif key and key not in seen:
                seen.add(key)
                lines.append(line + b"\n")
            elif not is_whole(line):
                set_aside(store, name, offset=offset, content=line)
    if len(names) == 1 and not dropped:
        return
    content = b"".join(lines)
    merged = f"{names[0].partition('-')[0]}-{uuid.uuid4().hex[:8]}{SUFFIX}"
    store.write(merged, content)
    store.write(merged + INDEX, packed(scan(content, merged), len(content)))
    for name in names:
        store.delete(name)
        store.delete(name + INDEX)
