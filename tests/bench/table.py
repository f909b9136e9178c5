"""What a measurement prints: a row for each figure, beside its peer's."""

import statistics
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One figure; `ratio` is against `peer`, its spread the half range over the repeats.

    What cannot be measured here has no value.
    """

    name: str
    value: float | None
    unit: str
    peer: str
    ratio: float | None
    spread: float | None
    bar: str


def row(name: str, ours: list[float], peer: list[float], wanted: tuple[str, str], bar: str) -> Row:
    """Medians of rounds in turn; `wanted` is the peer's name and the unit."""
    ratios = [left / right for left, right in zip(ours, peer, strict=True)]
    spread = round((max(ratios) - min(ratios)) / 2, 3)
    value, ratio = round(statistics.median(ours), 2), round(statistics.median(ratios), 3)
    return Row(name, value, wanted[1], wanted[0], ratio, spread, bar)


def show(rows: list[Row]) -> None:
    """The table."""
    print(f"{'what':28} {'value':>10} {'unit':9} {'ratio':>7} {'±':>6}  {'bar':9} against")
    for each in rows:
        value = "-" if each.value is None else each.value
        ratio = "" if each.ratio is None else f"{each.ratio:.3f}"
        spread = "" if each.spread is None else each.spread
        print(
            f"{each.name:28} {value:>10} {each.unit:9} {ratio:>7} {spread:>6}  "
            f"{each.bar:9} {each.peer}"
        )
