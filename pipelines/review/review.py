"""The review of a run by a person: records laid out, edits checked and taken over.

RUN/review/GATE/records.jsonl   one record a line: edit texts, set "keep" to false, or delete lines
RUN/review/GATE/records.md      the first of them to read
RUN/review/GATE/original.jsonl  what the stage wrote; edits start from it
RUN/review/GATE/records.before.jsonl  the edits of records that the stage has since written anew
RUN/review/GATE/approved        written by `python -m pipelines review GATE --approve`
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from upath import UPath

from littlegiants.errors import BadInput
from littlegiants.records import parse_record, record_line
from pipelines.data.records import records_of
from pipelines.review.edits import GATES, GateEdits, check_fixed
from pipelines.run.folder import Run
from pipelines.storage.atomic_writes import write_whole
from pipelines.storage.digests import content_digest

MOST_SHOWN = 500
"""Records in the file to read; all are in the file to edit."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What a person made of the records."""

    records: list[Any]
    given: int
    edited: int

    @property
    def dropped(self) -> int:
        """Records that a person took out."""
        return self.given - len(self.records)


def folder_of(run: Run, gate: str) -> UPath:
    """Where the files of a gate lie."""
    return run.folder / "review" / gate


def is_approved(run: Run, gate: str) -> bool:
    """Whether a person has read what the stage last wrote."""
    return (folder_of(run, gate) / "approved").exists() and _is_current(run, gate)


def lay_out(run: Run, gate: str) -> None:
    """Write the files of a gate; those of the same records stay as a person left them.

    Raises BadInput when the stage has not run.
    """
    spec, folder = GATES[gate], folder_of(run, gate)
    records = run.read(spec.noun, spec.name)
    if _is_current(run, gate):
        return
    approved, edits_file = folder / "approved", folder / "records.jsonl"
    if approved.exists():
        approved.unlink()
    if edits_file.exists():
        before = edits_file.read_text(encoding="utf-8")
        write_whole(folder / "records.before.jsonl", before)
    edits = [spec.laid_out(record, number) for number, record in enumerate(records, 1)]
    _write_lines(folder / "original.jsonl", records)
    _write_lines(edits_file, edits)
    write_whole(folder / "records.md", "\n".join(_page(gate, edits)))
    now = content_digest(run.path(spec.name))
    write_whole(folder / "state.json", json.dumps({"source": now}))


def approve(run: Run, gate: str) -> Reviewed:
    """Check the edits of a gate and let the run go on.

    Raises BadInput naming file, line, field and remedy.
    """
    outcome = edited(run, gate)
    write_whole(folder_of(run, gate) / "approved", "")
    return outcome


def take_over(run: Run, gate: str) -> Reviewed:
    """Put the records as a person left them in the place of the stage's own."""
    outcome, name = edited(run, gate), GATES[gate].name
    state = folder_of(run, gate) / "state.json"
    told = json.loads(state.read_text(encoding="utf-8"))
    run.write(name, outcome.records)
    write_whole(state, json.dumps({**told, "result": content_digest(run.path(name))}))
    return outcome


def edited(run: Run, gate: str) -> Reviewed:
    """The original records with the edits of `records.jsonl`, in the order of that file.

    Raises BadInput naming file, line, field and remedy.
    """
    spec, folder = GATES[gate], folder_of(run, gate)
    if not (folder / "state.json").exists() or not _is_current(run, gate):
        raise BadInput(
            f"{folder}: no records of the last {gate} there; run with --pause-after {gate} first"
        )
    originals = dict(enumerate(records_of(spec.noun, folder / "original.jsonl"), 1))
    given, changed, records = len(originals), 0, []
    for edit, where in _edits(spec, folder / "records.jsonl"):
        if edit.number not in originals:
            raise BadInput(
                f"{where}: number: {edit.number} is none of the records, or stands twice"
                "; restore the number, or remove the line"
            )
        original = originals.pop(edit.number)
        if edit.keep:
            records.append(_applied(spec, original, edit, where))
            changed += records[-1] is not original
    if not records:
        raise BadInput(f"{folder / 'records.jsonl'}: keep: no record is left; keep at least one")
    return Reviewed(records, given, changed)


def _applied(spec: GateEdits, original: Any, edit: Any, where: str) -> Any:
    """The record with a person's texts; one that was left alone is not judged again."""
    shown = spec.laid_out(original, edit.number)
    if edit == shown:
        return original
    try:
        check_fixed(spec, shown, edit)
        return spec.edited(original, edit)
    except ValueError as error:
        raise BadInput(f"{where}: {error}; mend it, or set keep to false") from error


def _edits(spec: GateEdits, path: UPath) -> Iterator[tuple[Any, str]]:
    with path.open("rb") as lines:  # bytes end a line at \n alone, as JSON lines do; text does not
        for number, line in enumerate(lines, 1):
            if line.strip():
                where = f"{path}:{number}"
                yield parse_record(line, spec.edit, where=where), where


def _is_current(run: Run, gate: str) -> bool:
    """Whether the gate's files are of what the stage last wrote, before or after take-over."""
    state = folder_of(run, gate) / "state.json"
    told = json.loads(state.read_text(encoding="utf-8")) if state.exists() else {}
    return content_digest(run.path(GATES[gate].name)) in told.values()


def _write_lines(path: UPath, records: list[Any]) -> None:
    write_whole(path, "".join(record_line(record).decode() for record in records))


def _page(gate: str, edits: list[Any]) -> Iterator[str]:
    """Markdown: a heading and the fields of each of the first records."""
    yield f"# {len(edits)} records after {gate}\n"
    yield "Edit `records.jsonl` beside this file: texts, `keep`, or remove lines. Then approve.\n"
    for edit in edits[:MOST_SHOWN]:
        yield f"## {edit.number}\n"
        for name, value in asdict(edit).items():
            if name not in ("number", "keep"):
                yield f"**{name}**\n"
                yield "".join(f"> {line}\n" for line in str(value).splitlines() or [""])
    if len(edits) > MOST_SHOWN:
        yield f"{len(edits) - MOST_SHOWN} more are in `records.jsonl`."
