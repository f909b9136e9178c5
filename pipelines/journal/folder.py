"""A journal's folder: segments, their parts of the index, and what was found damaged."""

from pipelines.journal.index import SUFFIX as INDEX
from pipelines.journal.index import packed, unpacked
from pipelines.journal.record_format import Scan, scan
from pipelines.journal.segments import SUFFIX
from pipelines.step_progress import say
from pipelines.storage.store import Store

QUARANTINE = "quarantine"


def segment_scans(store: Store) -> list[tuple[str, Scan]]:
    """Each segment's records, the first segment first; damaged ones are set aside.

    Raises BadInput when another version wrote one.
    """
    sizes = store.sizes(SUFFIX)
    wanted = [name for name in store.sizes(INDEX) if name.removesuffix(INDEX) in sizes]
    parts = store.read_all(wanted)
    found = []
    for name, size in sizes.items():
        try:
            part = unpacked(parts.pop(name + INDEX, b""), size)
            found.append((name, part or scanned(store, name)))
        except FileNotFoundError:  # merged into another that was written before it went
            return segment_scans(store)
    return found


def scanned(store: Store, name: str) -> Scan:
    """The records of a segment as it is; damaged ones are set aside."""
    found = scan(store.read(name), f"{store.folder}/{name}")
    for offset, line in found.damaged:
        set_aside(store, name, offset=offset, content=line)
    return found


def set_aside(store: Store, name: str, *, offset: int, content: bytes) -> None:
    """Copy damaged bytes out of a segment, and say so once."""
    path = f"{QUARANTINE}/{name.removesuffix(SUFFIX)}-{offset}"
    if store.create(path, content + b"\n"):
        say(
            "journal",
            f"{store.folder}/{name}: the record at byte {offset} is damaged; it is copied to "
            f"{path} and its item is asked again; check the disk",
        )


def adopt(store: Store) -> None:
    """Write the missing parts of the index: for a folder that nobody else writes to."""
    indexed, segments = store.sizes(INDEX), store.sizes(SUFFIX)
    for name in indexed:
        if name.removesuffix(INDEX) not in segments:
            store.delete(name)
    for name in segments:
        if name + INDEX not in indexed:
            content = store.read(name)
            store.write(name + INDEX, packed(scan(content, name), len(content)))
