"""A forecast as a person reads it: a table, then what each number takes for granted."""

from collections.abc import Iterable, Sequence

from pipelines.forecast.stage_costs import Forecast
from pipelines.recipe.prices import Price, gpu_price
from pipelines.recipe.recipe import Recipe
from pipelines.recipe.teacher_section import TeacherCaps

HEAD = ("stage", "items", "calls", "tokens", "dollars", "GPU hours", "bytes", "time")
UNKNOWN = "unknown"


def plan_page(
    forecasts: Sequence[Forecast], recipe: Recipe, title: str, price: Price | None
) -> str:
    """The whole page; `price` is the teacher's."""
    total, (hour, source) = summed(forecasts), gpu_price(recipe.prices)
    rows = [with_rent(row_of(each), rent(each, hour)) for each in (*forecasts, total)]
    table = aligned([with_rent(HEAD, "GPU dollars"), *rows])
    known = dict.fromkeys(line for each in forecasts for line in each.assumptions)
    known_price = price.source if price else "none known"
    lines = [title, "", *table, "", f"price of the teacher: {known_price}"]
    lines += [f"price of a GPU hour: ${hour:,.2f} ({source})", both(total, hour)]
    lines += fits(total, recipe.teacher.caps)
    return "\n".join([*lines, "", "assumptions", *(f"  {line}" for line in known)])


def with_rent(row: Sequence[str], cell: str) -> tuple[str, ...]:
    """A row with a cell more, after that of the GPU hours."""
    place = HEAD.index("GPU hours") + 1
    return (*row[:place], cell, *row[place:])


def rent(each: Forecast, hour: float) -> str:
    """What a stage's GPUs cost, as a cell."""
    if each.gpu_hours is None:
        return UNKNOWN
    return f"{each.gpu_hours * hour:,.2f}" if each.gpu_hours else ""


def both(total: Forecast, hour: float) -> str:
    """The bill of teacher and GPUs together."""
    rented = None if total.gpu_hours is None else total.gpu_hours * hour
    bill = added([total.dollars if total.calls else 0.0, rented])
    return f"teacher and GPUs together: {UNKNOWN if bill is None else f'${bill:,.2f}'}"


def summed(forecasts: Sequence[Forecast]) -> Forecast:
    """All stages, one after another; a sum of which a part is unknown is unknown."""
    asked = [each for each in forecasts if each.calls]
    return Forecast(
        "total",
        0,
        sum(each.calls for each in forecasts),
        sum(each.prompt_tokens for each in forecasts),
        sum(each.completion_tokens for each in forecasts),
        added(each.dollars for each in asked),
        added(each.gpu_hours for each in forecasts),
        sum(each.bytes for each in forecasts),
        added(each.seconds for each in forecasts),
    )


def added(values: Iterable[float | None]) -> float | None:
    """The sum, or None where a part is."""
    found = list(values)
    return None if None in found else sum(value for value in found if value is not None)


def fits(total: Forecast, caps: TeacherCaps) -> list[str]:
    """Whether each cap is enough, a line each."""
    tokens = total.prompt_tokens + total.completion_tokens
    needed = {"calls": total.calls, "tokens": tokens, "dollars": total.dollars}
    lines = []
    for name, cap in caps.model_dump().items():
        if cap is not None and (need := needed[name]) is not None:
            word = "is enough" if need <= cap else "will stop the run"
            lines.append(f"teacher.caps.{name} {cap:,g} {word}: {need:,.0f} are forecast")
    return lines


def row_of(each: Forecast) -> tuple[str, ...]:
    """A forecast's cells."""
    tokens = each.prompt_tokens + each.completion_tokens
    dollars = "" if not each.calls else UNKNOWN if each.dollars is None else f"{each.dollars:,.2f}"
    hours = UNKNOWN if each.gpu_hours is None else f"{each.gpu_hours:,.1f}"
    return (
        each.stage,
        f"{each.items:,}" if each.items else "",
        f"{each.calls:,}" if each.calls else "",
        f"{tokens:,}" if tokens else "",
        dollars,
        "" if each.gpu_hours == 0 else hours,
        size(each.bytes),
        time_of(each.seconds),
    )


def size(count: float) -> str:
    """Bytes in the unit that a reader would choose."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}" if count else ""
        count /= 1000
    return f"{count:.3g} TB"


def time_of(seconds: float | None) -> str:
    """A time span; empty where the stage takes none to speak of."""
    if seconds is None:
        return UNKNOWN
    for limit, divisor, unit in ((60, 1, "s"), (3600, 60, "min"), (float("inf"), 3600, "h")):
        if seconds < limit:
            return f"{seconds / divisor:.1f} {unit}" if seconds else ""
    return ""


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines: the first column left, the others right."""
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if n == 0 else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
