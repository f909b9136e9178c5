"""Labelled rows of one's own, read one after another; a wrong one is named by file and line."""

from collections.abc import Iterable, Iterator

from littlegiants.errors import BadInput
from littlegiants.records import lines_of, parse_record
from pipelines.data.examples import files_in
from pipelines.data.records import LabelledRow


def labelled_rows(places: Iterable[str]) -> Iterator[LabelledRow]:
    """The rows of JSONL files, or of folders of them.

    Raises BadInput naming the file, the line and the field that will not do.
    """
    for place in places:
        files = files_in(place)
        if not files:
            raise BadInput(f"{place} is not there or holds no .jsonl file; name a file or a folder")
        for file in files:
            with file.open("rb") as stream:
                yield from (_row(line, where) for where, line in lines_of(stream, str(file)))


def _row(line: bytes, where: str) -> LabelledRow:
    row = parse_record(line, LabelledRow, where=where)
    for name in ("task", "query", "positive"):
        if not getattr(row, name).strip():
            raise BadInput(f"{where}: {name}: is empty; write it or remove the line")
    return row
