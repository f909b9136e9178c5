"""Records of a frozen dataclass as JSON lines, streamed from and to files, compressed or not."""

from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import IO, Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from littlegiants.compression import plain_reader, plain_writer
from littlegiants.errors import BadInput

Record = TypeVar("Record")
PathOrFile = str | Path | IO[bytes]
"""A local path, or a binary file that is already open."""

_adapter: Callable[[Any], TypeAdapter[Any]] = cache(TypeAdapter)


def read_records(file: PathOrFile, record: type[Record], *, name: str = "") -> Iterator[Record]:
    """The records in `file`, one a line, as they are read; blank lines are skipped.

    `name` stands for an open file in messages; its suffix (.gz, .zst) says how it is compressed.

    Raises BadInput naming file, line, field and remedy at the first line that is not a `record`,
    a last line that was cut short included.
    """
    if isinstance(file, str | Path):
        try:
            stream = Path(file).open("rb")  # noqa: SIM115 (closed below)
        except OSError as error:
            raise BadInput(
                f"{file}: cannot be read ({error.strerror}); name a JSONL file"
            ) from error
        with stream:
            yield from read_records(stream, record, name=name or str(file))
        return
    name = name or str(getattr(file, "name", "records"))
    for where, line in lines_of(file, name):
        yield parse_record(line, record, where=where)


def lines_of(stream: IO[bytes], name: str) -> Iterator[tuple[str, bytes]]:
    """Each line with its place (file:line), blank ones and a byte order mark left out.

    The suffix of `name` (.gz, .zst) says how `stream` is compressed.
    """
    with plain_reader(stream, name) as lines:
        for number, line in enumerate(lines, 1):
            text = line.removeprefix(BOM_UTF8) if number == 1 else line
            if text.strip():
                yield f"{name}:{number}", text


def write_records(file: PathOrFile, records: Iterable[Any], *, name: str = "") -> int:
    """Write `records`, one a line; how many they were.

    A path gets its file when all are written, not before; `name` is as for `read_records`.
    """
    if isinstance(file, str | Path):
        part = Path(f"{file}.part")
        with part.open("wb") as stream:
            count = write_records(stream, records, name=name or str(file))
        part.replace(file)
        return count
    count = 0
    with plain_writer(file, name or str(getattr(file, "name", ""))) as lines:
        for record in records:
            lines.write(record_line(record))
            count += 1
    return count


def record_line(record: Any) -> bytes:
    """One record as a line of JSON; equal records give equal bytes."""
    return _adapter(type(record)).dump_json(record) + b"\n"


def parse_record(line: bytes | str, record: type[Record], *, where: str) -> Record:
    """The record on one line; `where` (file:line) opens the message when it is none.

    Raises BadInput. A key that the record does not have is an error, not a loss.
    """
    try:
        return cast(Record, _adapter(record).validate_json(line, strict=True, extra="forbid"))
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise BadInput(f"{where}: {_explained(fault, record)}") from error


def _explained(fault: Any, record: type[Any]) -> str:
    if fault["type"] == "json_invalid":
        found = fault["msg"].replace(" at line 1 column ", " at column ")
        return f"{found}; write one whole JSON object a line, or remove the line"
    wanted = ", ".join(field.name for field in fields(record))
    field = ".".join(str(part) for part in fault["loc"]) or record.__name__
    return f"{field}: {fault['msg']}; a {record.__name__} has the fields {wanted}"
