"""Figures of the report: counts and scores as bars, every width in percent of the widest."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from pipelines.data.intervals import wilson
from pipelines.report.format import count, items, number, part

GENERATORS = ("teacher", "junior", "senior", "revisor")


class BarPart(NamedTuple):
    """A stretch of a bar; `look` is its class in the style sheet."""

    look: str
    start: float
    width: float


ENDS = ("low", "high", "mean")
"""Of a step's difference, as it is drawn."""


@dataclass(frozen=True, slots=True)
class DropShare:
    """Items dropped for one reason; `share` is of what came in."""

    reason: str
    count: float
    share: float | None


@dataclass(frozen=True, slots=True)
class Flow:
    """What came into a stage, what left it, and what did not; None is not recorded."""

    stage: str
    taken: float | None
    kept: float | None
    dropped: float | None
    difference: float | None
    drops: tuple[DropShare, ...]
    bar: tuple[BarPart, ...]


@dataclass(frozen=True, slots=True)
class Yield:
    """Valid samples out of those asked for, with a 95 % interval of the share."""

    name: str
    asked: float | None
    valid: float | None
    share: float | None
    interval: tuple[float, float] | None
    drops: tuple[DropShare, ...] = ()


def flows(stages: Sequence[Mapping[str, Any]]) -> tuple[Flow, ...]:
    """One row of the waterfall for each stage, all on the same scale."""
    counted = [(number(stage.get("in")), number(stage.get("out"))) for stage in stages]
    widest = max((value for pair in counted for value in pair if value is not None), default=0) or 1
    return tuple(_flow(stage, *pair, widest) for stage, pair in zip(stages, counted, strict=True))


def _flow(stage: Mapping[str, Any], taken: float | None, kept: float | None, widest: float) -> Flow:
    reasons = part(stage, "dropped")
    dropped = sum(number(value) or 0 for value in reasons.values()) if "dropped" in stage else None
    known = taken is not None and kept is not None and dropped is not None
    difference = (taken or 0) - (kept or 0) - (dropped or 0) if known else None
    drops = _drops(reasons, taken if difference is not None and difference >= 0 else None)
    parts = (("made", kept), ("lost", dropped), ("open", max(0, difference or 0)))
    bar: list[BarPart] = []
    for look, value in parts:
        start = bar[-1].start + bar[-1].width if bar else 0.0
        bar.append(BarPart(look, start, 100 * (value or 0) / widest))
    drawn = tuple(segment for segment in bar if segment.width)
    return Flow(str(stage.get("name", "unnamed")), taken, kept, dropped, difference, drops, drawn)


def _drops(reasons: Mapping[str, Any], whole: float | None) -> tuple[DropShare, ...]:
    found = [(reason, number(value)) for reason, value in reasons.items()]
    known = [(reason, value) for reason, value in found if value]
    ordered = sorted(known, key=lambda drop: -drop[1])
    return tuple(
        DropShare(reason, value, value / whole if whole else None) for reason, value in ordered
    )


def yields(recorded: Mapping[str, Any]) -> tuple[Yield, ...]:
    """Yield of each generator, in the order in which they are made."""
    names = [name for name in GENERATORS if name in recorded]
    names += [name for name in recorded if name not in GENERATORS]
    return tuple(_yield(name, part(recorded, name)) for name in names)


def _yield(name: str, raw: Mapping[str, Any]) -> Yield:
    asked, valid = number(raw.get("asked")), number(raw.get("valid"))
    sound = asked is not None and valid is not None and 0 <= valid <= asked and asked > 0
    return Yield(
        name,
        asked,
        valid,
        share=valid / asked if sound and asked and valid is not None else None,
        interval=wilson(valid, asked) if sound and asked and valid is not None else None,
        drops=_drops(part(raw, "reasons"), asked),
    )


def alignment_view(found: Mapping[str, Any]) -> dict[str, Any]:
    """Rows of the tables; without a study, no rows."""
    writers = part(found, "writers")
    shares = {name: part(part(writers, name), "content") for name in writers}
    content = {
        name: {"asked": each.get("total"), "valid": each.get("count")}
        for name, each in shares.items()
    }
    return {
        "rows": bool(writers),
        "valid": yields(writers),
        "content": yields(content),
        **compared_view(found),
        "paper": part(found, "paper"),
    }


def compared_view(found: Mapping[str, Any]) -> dict[str, Any]:
    """Means of each group of trainings, and the steps; without a study, none."""
    downstream = part(found, "downstream")
    groups = [_group(name, part(downstream, name)) for name in downstream]
    return {"groups": groups, "steps": _placed(list(_steps(found)))}


def _placed(steps: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each step with the places of ends and mean, 0 in the middle, on the scale of its measure."""
    reach: dict[str, float] = {}
    for step in steps:
        ends = [abs(number(step[end]) or 0) for end in ENDS]
        reach[step["scale"]] = max(reach.get(step["scale"], 0), *ends) or 1

    def place(step: Mapping[str, Any], end: str) -> float | None:
        value = number(step[end])
        return None if value is None else 50 + 50 * value / reach[step["scale"]]

    return [{**step, "places": [place(step, end) for end in ENDS]} for step in steps]


def _group(name: str, scores: Mapping[str, Any]) -> dict[str, Any]:
    raw = part(scores, "means")
    means = {writer: part(raw, writer) for writer in raw}
    columns = dict.fromkeys(column for each in means.values() for column in each)
    return {"name": name, "means": means, "columns": tuple(columns)}


def _steps(found: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for step in items(found.get("content_steps")):
        yield _step(step, step, "content") | {"scale": "content"}
    downstream = part(found, "downstream")
    for group in downstream:
        for step in items(part(downstream, group).get("steps")):
            sets = part(step, "sets")
            for column in sets:
                found = _step(step, part(sets, column), f"{group}: {column}")
                yield found | {"scale": "downstream"}


def _step(ends: Mapping[str, Any], difference: Mapping[str, Any], measure: str) -> dict[str, Any]:
    named = {key: ends.get(key, "unnamed") for key in ("better", "worse")}
    told = {key: difference.get(key) for key in ("mean", "low", "high", "verdict")}
    return {**named, **told, "measure": measure}


def bars(values: Iterable[float | None]) -> tuple[float, ...]:
    """Widths of bars on one scale that starts at 0."""
    known = [value or 0 for value in values]
    widest = max(known, default=0) or 1
    return tuple(100 * value / widest for value in known)


def dataset_rows(stages: Sequence[Mapping[str, Any]]) -> float | None:
    """Rows of the data set: what the last curation let through."""
    kept = [number(stage.get("out")) for stage in stages if stage.get("name") == "curate"]
    return kept[-1] if kept else None


def headline(rows: float | None, calls: float | None) -> str:
    """The run in one line."""
    if rows is None:
        return "How many rows were made was not recorded"
    made = f"{count(rows)} row{'' if rows == 1 else 's'} of training data"
    return (
        made
        if calls is None
        else f"{made} from {count(calls)} teacher call{'' if calls == 1 else 's'}"
    )
