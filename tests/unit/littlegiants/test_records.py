"""Records: what is written is read back, a line at a time, and a bad line is named."""

import gzip
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from littlegiants.errors import BadInput
from littlegiants.kinds import Kind
from littlegiants.records import read_records, write_records
from littlegiants.samples import Sample

ROWS = [Sample(Kind.STS, f"un œuf {n}", 'two\n"lines"', "\u2028") for n in range(300)]
NAMES = ["rows.jsonl", "rows.jsonl.gz", "rows.jsonl.zst"]


NOT_JSON = "Invalid JSON.*; write one whole JSON object a line"


@dataclass(frozen=True, slots=True)
class Row:
    """A record of everything that a record may hold."""

    sample: Sample
    count: int
    share: float = 0.5
    order: tuple[int, ...] = ()
    notes: Mapping[str, Any] = field(default_factory=dict)


ROW = Row(ROWS[0], count=1, order=(2, 1), notes={"a": [1, None], "b": {"c": True}})
LINE = '{"sample": {"kind": "sts", "query": "q", "positive": "p"}, "count": 1}'


@pytest.mark.parametrize("name", NAMES)
def test_what_is_written_is_read_back(tmp_path: Path, name: str) -> None:
    assert write_records(tmp_path / name, ROWS) == len(ROWS)
    assert list(read_records(tmp_path / name, Sample)) == ROWS


@pytest.mark.parametrize("name", NAMES)
def test_an_open_file_is_as_good_as_a_path(name: str) -> None:
    stream = io.BytesIO()
    write_records(stream, ROWS, name=name)
    stream.seek(0)
    assert list(read_records(stream, Sample, name=name)) == ROWS


@pytest.mark.parametrize("name", NAMES)
def test_equal_records_make_equal_files(tmp_path: Path, name: str) -> None:
    other = tmp_path / f"other.{name}"
    write_records(tmp_path / name, ROWS)
    write_records(other, iter(ROWS))
    assert (tmp_path / name).read_bytes() == other.read_bytes()


@given(st.builds(Row, sample=st.just(ROWS[0]), count=st.integers(0, 2**60), share=st.floats(0, 1)))
def test_every_record_comes_back_equal(row: Row) -> None:
    stream = io.BytesIO()
    write_records(stream, [row, ROW])
    stream.seek(0)
    assert list(read_records(stream, Row)) == [row, ROW]


def test_the_suffix_decides_what_is_on_disk(tmp_path: Path) -> None:
    for name in NAMES:
        write_records(tmp_path / name, ROWS)
    plain, packed, frames = ((tmp_path / name).read_bytes() for name in NAMES)
    assert packed[4:8] == bytes(4), "no time is recorded"
    assert plain == gzip.decompress(packed)
    assert plain == zstandard.ZstdDecompressor().decompressobj().decompress(frames)


def test_frames_in_a_row_are_one_file(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl.zst"
    for part in (ROWS[:100], ROWS[100:]):
        write_records(tmp_path / "part.jsonl.zst", part)
        with path.open("ab") as stream:
            stream.write((tmp_path / "part.jsonl.zst").read_bytes())
    assert list(read_records(path, Sample)) == ROWS


def test_records_are_read_as_they_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    write_records(path, ROWS)
    with path.open("a", encoding="utf-8") as stream:
        stream.write("not JSON\n")
    assert list(islice(read_records(path, Sample), 2)) == ROWS[:2]


def test_a_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    def failing() -> Iterator[Sample]:
        yield ROWS[0]
        raise BadInput("the source failed")

    path = tmp_path / "rows.jsonl"
    write_records(path, ROWS)
    with pytest.raises(BadInput, match="the source failed"):
        write_records(path, failing())
    assert list(read_records(path, Sample)) == ROWS


def test_defaults_and_blank_lines_need_not_be_written() -> None:
    stream = io.BytesIO(f"{LINE}\n\n  \n{LINE}".encode())
    assert list(read_records(stream, Row)) == [Row(Sample(Kind.STS, "q", "p"), count=1)] * 2


@pytest.mark.parametrize(
    ("line", "message"),
    [
        pytest.param(LINE[:-1], NOT_JSON, id="torn"),
        pytest.param("S1, S2", NOT_JSON, id="no-json"),
        pytest.param(
            LINE.encode() + b"\xff",
            NOT_JSON,
            id="no-utf8",
        ),
        pytest.param("[]", "Row: .*object; a Row has the fields sample, count, share", id="list"),
        pytest.param(LINE.replace('"count": 1', '"count": "1"'), "count: .*integer", id="type"),
        pytest.param(LINE.replace("count", "counts"), "count: Field required", id="missing"),
        pytest.param(
            LINE.replace("{", '{"nte": 1, ', 1), "nte: .* a Row has the fields", id="unknown"
        ),
        pytest.param(LINE.replace("sts", "pair"), "sample.kind: .*'retrieval'", id="kind"),
        pytest.param(LINE.replace('"p"', "5"), "sample.positive: .*string", id="nested"),
    ],
)
def test_names_file_line_field_and_remedy(line: str | bytes, message: str) -> None:
    last = line.encode() if isinstance(line, str) else line
    stream = io.BytesIO(f"{LINE}\n\n".encode() + last)
    with pytest.raises(BadInput, match=rf"^rows\.jsonl:3: {message}"):
        list(read_records(stream, Row, name="rows.jsonl"))


@pytest.mark.parametrize("name", NAMES[1:])
@pytest.mark.parametrize("left", [0.1, 0.5, 0.99])
def test_a_packed_file_that_was_cut_is_an_error(tmp_path: Path, name: str, left: float) -> None:
    path = tmp_path / name
    write_records(path, ROWS)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * left)])
    with pytest.raises(
        BadInput, match=r"rows\.jsonl\.\w+: the compressed file is damaged or cut short"
    ):
        list(read_records(path, Sample))


@pytest.mark.parametrize("name", NAMES[1:])
def test_a_file_that_is_not_packed_as_it_says_is_an_error(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(LINE, encoding="utf-8")
    with pytest.raises(BadInput, match="damaged or cut short"):
        list(read_records(path, Row))


def test_says_that_a_file_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        list(read_records(tmp_path / "rows.jsonl", Sample))
