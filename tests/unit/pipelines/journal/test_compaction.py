"""Merging leaves every answer where it is found, and fewer segments."""

from pathlib import Path

from upath import UPath

from pipelines.journal import Journal
from pipelines.journal.compaction import MANY, compact, drop, tidy
from pipelines.storage.store import Store


def keep(folder: UPath, *keys: str) -> None:
    """A segment with these keys."""
    with Journal(folder) as journal:
        for key in keys:
            journal.append(key, {"of": key})


def segments(folder: UPath) -> int:
    """How many there are."""
    return len(Store(folder).sizes(".jsonl"))


def test_closed_segments_become_one(folder: UPath) -> None:
    for number in range(5):
        keep(folder, str(number))
    compact(Store(folder))
    assert segments(folder) == 1
    assert list(Journal(folder).values) == ["0", "1", "2", "3", "4"]


def test_a_segment_that_is_open_stays(folder: UPath) -> None:
    keep(folder, "a")
    with Journal(folder) as journal:
        journal.append("b", {"of": "b"})
        journal.store()
        compact(Store(folder))
        journal.append("c", {"of": "c"})
    assert set(Journal(folder).values) == {"a", "b", "c"}


def test_a_reader_finds_what_was_merged_after_it_had_opened(folder: UPath) -> None:
    keep(folder, "a")
    keep(folder, "b")
    reader = Journal(folder)
    compact(Store(folder))
    assert reader.get("b") == {"of": "b"}


def test_what_a_crash_left_beside_the_merged_segment_is_read_once(tmp_path: Path) -> None:
    folder = UPath(tmp_path)
    keep(folder, "a")
    keep(folder, "b")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    compact(Store(folder))
    for path, content in before.items():
        path.write_bytes(content)
    assert list(Journal(folder).values) == ["a", "b"]
    assert len(Journal(folder)) == 2


def test_a_damaged_record_is_set_aside_and_not_merged(tmp_path: Path) -> None:
    keep(UPath(tmp_path), "a", "b")
    keep(UPath(tmp_path), "c")
    first = min(tmp_path.glob("*.jsonl"))
    first.write_bytes(first.read_bytes().replace(b'"of": "a"', b'"of": "x"'))
    compact(Store(UPath(tmp_path)))
    assert list(Journal(UPath(tmp_path)).values) == ["b", "c"]
    assert len(list((tmp_path / "quarantine").iterdir())) == 1


def test_few_segments_are_left_as_they_are_and_many_are_merged(tmp_path: Path) -> None:
    folder = UPath(tmp_path)
    for number in range(MANY):
        keep(folder, str(number))
    tidy(Store(folder))
    assert segments(folder) == MANY
    keep(folder, "last")
    tidy(Store(folder))
    assert segments(folder) == 1
    assert len(Journal(folder)) == MANY + 1


def test_a_dropped_answer_is_gone_and_the_others_stay(folder: UPath) -> None:
    keep(folder, "a", "b")
    keep(folder, "c")
    drop(Store(folder), ["b"])
    assert list(Journal(folder).values) == ["a", "c"]
