"""The journal keeps what was answered, whatever happens after."""

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from zlib import crc32

import pytest
from upath import UPath

from littlegiants.errors import BadInput, Unavailable
from pipelines.journal import Journal, Value
from tests.unit.file_limit import file_limit
from tests.unit.s3_server import S3Server

ANSWERS: dict[str, Value] = {str(number): {"square": number * number} for number in range(20)}


def keep(folder: UPath, answers: Mapping[str, Value] = ANSWERS) -> None:
    """Append answers and close."""
    with Journal(folder) as journal:
        for key, value in answers.items():
            journal.append(key, value)


def segment_of(folder: UPath | Path) -> Path:
    """The one segment."""
    (path,) = Path(str(folder)).glob("*.jsonl")
    return path


def test_answers_are_read_back(folder: UPath) -> None:
    keep(folder)
    journal = Journal(folder)
    assert journal.values == ANSWERS
    assert journal.get("7") == {"square": 49}
    assert ("7" in journal, "70" in journal, len(journal)) == (True, False, 20)


def test_an_answer_is_read_before_it_is_stored(folder: UPath) -> None:
    with Journal(folder, interval_s=60) as journal:
        journal.append("a", {"n": 1})
        assert journal.get("a") == {"n": 1}


@pytest.mark.parametrize("key", ['say "hi"', "a\\b", "日本", 'x", "value": 1', ""])
def test_any_text_may_be_a_key(folder: UPath, key: str) -> None:
    keep(folder, {key: {"n": 1}, "other": {"n": 2}})
    assert Journal(folder).get(key) == {"n": 1}


def test_a_key_is_kept_once_and_keeps_its_first_answer(folder: UPath) -> None:
    keep(folder, {"a": {"n": 1}})
    keep(folder, {"a": {"n": 2}, "b": {"n": 3}})
    assert Journal(folder).values == {"a": {"n": 1}, "b": {"n": 3}}


def test_two_writers_do_not_disturb_each_other(folder: UPath) -> None:
    with Journal(folder) as one, Journal(folder) as other:
        one.append("a", {"by": 1})
        other.append("b", {"by": 2})
    assert Journal(folder).values == {"a": {"by": 1}, "b": {"by": 2}}


def test_of_two_writers_answers_every_reader_sees_the_same_one(folder: UPath) -> None:
    with Journal(folder) as one, Journal(folder) as other:
        one.append("a", {"by": 1})
        other.append("a", {"by": 2})
    assert len({Journal(folder).get("a")["by"] for _ in range(3)}) == 1  # type: ignore[index]


def test_a_later_process_writes_behind_an_earlier_one(folder: UPath) -> None:
    for number in range(3):
        keep(folder, {str(number): {"n": number}})
    assert list(Journal(folder).values) == ["0", "1", "2"]


def test_a_line_that_a_crash_cut_is_left_out(tmp_path: Path) -> None:
    keep(UPath(tmp_path))
    segment = segment_of(tmp_path)
    segment.write_bytes(segment.read_bytes()[:-9])
    assert set(Journal(UPath(tmp_path)).values) == {str(n) for n in range(19)}
    assert not (tmp_path / "quarantine").exists()


def test_a_damaged_record_is_set_aside_and_the_others_are_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(UPath(tmp_path))
    segment = segment_of(tmp_path)
    damaged = segment.read_bytes().replace(b'"square": 49}', b'"square": 94}')
    segment.write_bytes(damaged)
    journal = Journal(UPath(tmp_path))
    assert journal.get("7") is None
    assert "7" not in journal
    assert journal.get("8") == {"square": 64}
    (aside,) = (tmp_path / "quarantine").iterdir()
    assert b'"square": 94' in aside.read_bytes()
    assert "asked again; check the disk" in capsys.readouterr().out


def test_what_replaces_a_damaged_record_is_what_is_read(tmp_path: Path) -> None:
    keep(UPath(tmp_path))
    segment = segment_of(tmp_path)
    segment.write_bytes(segment.read_bytes().replace(b'"square": 49}', b'"square": 94}'))
    with Journal(UPath(tmp_path)) as journal:
        assert journal.get("7") is None
        journal.append("7", {"square": 49})
        assert journal.get("7") == {"square": 49}
    assert Journal(UPath(tmp_path)).get("7") == {"square": 49}


@pytest.mark.parametrize("damage", ["gone", "cut", "of another size"])
def test_a_damaged_index_is_made_anew_from_its_segment(tmp_path: Path, damage: str) -> None:
    keep(UPath(tmp_path))
    (index,) = tmp_path.glob("*.index")
    if damage == "gone":
        index.unlink()
    elif damage == "cut":
        index.write_bytes(index.read_bytes()[:-5])
    else:
        segment = segment_of(tmp_path)
        segment.write_bytes(b"\n".join(segment.read_bytes().split(b"\n")[:11]) + b"\n")
    expected = dict(list(ANSWERS.items())[: 10 if damage == "of another size" else None])
    assert Journal(UPath(tmp_path)).values == expected


@pytest.mark.parametrize(
    "first",
    ['{"key": "a", "value": {}}', '{"sum": "9c1f5e2b", "format": 3}'],
    ids=["before there were formats", "the next format"],
)
def test_another_versions_journal_is_refused_with_a_remedy(tmp_path: Path, first: str) -> None:
    if "format" in first:
        body = first.partition(", ")[2]
        first = f'{{"sum": "{checksum(body):08x}", {body}'
    (tmp_path / "00000001-abc.jsonl").write_text(first + "\n")
    with pytest.raises(BadInput, match="go on with the version that wrote it"):
        Journal(UPath(tmp_path))


def checksum(text: str) -> int:
    """As the journal's page says: CRC-32 of what follows it."""
    return crc32(text.encode())


def test_a_line_is_json_that_any_reader_takes(tmp_path: Path) -> None:
    keep(UPath(tmp_path), {"a": {"text": "héllo\n"}})
    header, record = [json.loads(line) for line in segment_of(tmp_path).read_text().splitlines()]
    assert header["format"] == 2
    assert (record["key"], record["value"]) == ("a", {"text": "héllo\n"})


def test_a_store_that_is_away_for_a_while_loses_nothing(s3: S3Server, tmp_path: Path) -> None:
    journal = Journal(s3.folder(tmp_path.name), limit_s=60)
    journal.append("a", {"n": 1})
    s3.stop()
    back = threading.Timer(2.0, s3.start)
    back.start()
    journal.close()
    back.join()
    assert Journal(s3.folder(tmp_path.name)).values == {"a": {"n": 1}}


def test_a_store_that_stays_away_is_unavailable(s3: S3Server, tmp_path: Path) -> None:
    journal = Journal(s3.folder(tmp_path.name), limit_s=0.1)
    journal.append("a", {"n": 1})
    s3.stop()
    try:
        with pytest.raises(Unavailable, match="start the same command again"):
            journal.close()
    finally:
        s3.start()
    journal.close()
    assert Journal(s3.folder(tmp_path.name)).values == {"a": {"n": 1}}


def test_a_full_disk_stops_cleanly_and_keeps_what_was_stored(tmp_path: Path) -> None:
    journal = Journal(UPath(tmp_path))
    kept: list[str] = []

    def fill() -> None:
        while True:
            journal.append(str(len(kept)), {"n": len(kept)})
            kept.append(str(len(kept)))

    with file_limit(2000), pytest.raises(Unavailable, match="free some space"):
        fill()
    assert list(Journal(UPath(tmp_path)).values) == kept
    journal.append("later", {"n": 1})
    journal.close()
    assert list(Journal(UPath(tmp_path)).values) == [*kept, "later"]
