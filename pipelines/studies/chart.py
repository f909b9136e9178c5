"""The scaling study's chart: one SVG file, no script; points, curve and forecast."""

import math
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 720, 400, 64, 40, 20, 48
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#333}.axis{stroke:#bbb}"
    ".curve{fill:none;stroke:#1b6ca8;stroke-width:2}.point{fill:#1b6ca8;opacity:.5}"
    ".band{stroke:#c2570c;stroke-width:3}.foretold{fill:#c2570c}"
)


class Plane:
    """Rows on a scale of powers to the right, scores upwards."""

    def __init__(self, rows: Sequence[float], scores: Sequence[float]) -> None:
        self.low_rows, self.high_rows = math.log(min(rows)), math.log(max(rows))
        spare = (max(scores) - min(scores)) * 0.08 or 0.01
        self.low, self.high = min(scores) - spare, max(scores) + spare

    def x(self, rows: float) -> float:
        """Pixels from the left."""
        share = (math.log(rows) - self.low_rows) / (self.high_rows - self.low_rows)
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def y(self, score: float) -> float:
        """Pixels from the top."""
        share = (score - self.low) / (self.high - self.low)
        return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)


def scaling_chart(found: Mapping[str, Any]) -> str:
    """The study `found` as SVG."""
    more, curve = found["forecast"], found["curve"]
    scores = [score for each in found["scores"] for score in each]
    ends = [each[name] for each in more for name in ("low", "high", "value") if each[name]]
    plane = Plane(
        [*found["sizes"], *(each["rows"] for each in more)],
        [*scores, *ends, *(value for _, value in curve)],
    )
    line = " ".join(f"{plane.x(rows)},{plane.y(value)}" for rows, value in curve)
    title = f"Score against rows: {found['form']}, advice: {found['advice']}"
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
            f"<title>{escape(title)}</title><style>{STYLE}</style>",
            f'<text x="{LEFT}" y="24">{escape(title)}</text>',
            *_axes(plane, [*found["sizes"], *(each["rows"] for each in more)]),
            f'<polyline class="curve" points="{line}"/>',
            *_points(plane, found),
            *(mark for each in more for mark in _foretold(plane, each)),
            "</svg>\n",
        )
    )


def _points(plane: Plane, found: Mapping[str, Any]) -> list[str]:
    return [
        f'<circle class="point" cx="{plane.x(size)}" cy="{plane.y(score)}" r="4"/>'
        for size, each in zip(found["sizes"], found["scores"], strict=True)
        for score in each
    ]


def _foretold(plane: Plane, each: Mapping[str, float]) -> list[str]:
    x = plane.x(each["rows"])
    ends = [plane.y(each[end] or each["value"]) for end in ("low", "high")]
    return [
        f'<line class="band" x1="{x}" x2="{x}" y1="{ends[0]}" y2="{ends[1]}"/>',
        f'<circle class="foretold" cx="{x}" cy="{plane.y(each["value"])}" r="5"/>',
    ]


def _axes(plane: Plane, sizes: Sequence[int]) -> list[str]:
    floor = HEIGHT - BOTTOM
    marks = [f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{floor}" y2="{floor}"/>']
    for rows in sizes:
        x = plane.x(rows)
        marks.append(f'<text x="{x}" y="{floor + 20}" text-anchor="middle">{rows}</text>')
    for place in range(5):
        score = plane.low + (plane.high - plane.low) * place / 4
        marks.append(
            f'<text x="{LEFT - 8}" y="{plane.y(score) + 4}" text-anchor="end">{score:.3f}</text>'
        )
    return [*marks, f'<text x="{WIDTH // 2}" y="{HEIGHT - 8}" text-anchor="middle">rows</text>']
