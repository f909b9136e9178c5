"""What a run cost, teacher and GPUs together, and what an accepted row of each kind cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from littlegiants.kinds import Kind
from pipelines.data.prompt_plan import prompt_counts
from pipelines.recipe.prices import gpu_price
from pipelines.recipe.recipe import Recipe
from pipelines.report.format import dollars, number, part
from pipelines.run.resource_usage import gpu_hours
from pipelines.run.stages import RECORDED

OF_THE_DATA = RECORDED[: RECORDED.index("curate") + 1]
"""Stages that the data set takes; the others train and score the embedder."""
HOW = (
    "the teacher's bill and the GPU hours of all stages up to curation, shared over the kinds by "
    "the prompts asked of each times the mean length of its rows: what was dropped is paid for"
)


@dataclass(slots=True)
class KindRows:
    """Accepted rows of one kind, and the characters of their texts."""

    rows: int = 0
    characters: int = 0


def costs_of(
    recipe: Recipe,
    stages: Sequence[Mapping[str, Any]],
    teacher: Mapping[str, Any],
    rows: Mapping[Kind, KindRows],
) -> dict[str, Any]:
    """Dollars of the run, of its data set, and of a row; None where the teacher has no price."""
    price, source = gpu_price(recipe.prices)
    bill = teacher["dollars"] if teacher["calls"] else 0.0
    whole = _total(bill, sum(map(held_hours, stages)), price)
    of_data = [stage for stage in stages if stage["name"] in OF_THE_DATA]
    data = _total(bill, sum(map(held_hours, of_data)), price)
    return {
        "gpu_hour": {"dollars": price, "source": source},
        **whole,
        "dataset": {**data, "how": HOW, "kinds": _kinds(recipe, data["dollars"], rows)},
    }


def held_hours(stage: Mapping[str, Any]) -> float:
    """GPU hours of a stage, its failed attempts included so far as their time is known."""
    gpus = stage.get("gpus", 0) + stage.get("served_gpus", 0)
    failed = sum(number(attempt.get("seconds")) or 0 for attempt in stage.get("failed", ()))
    return float(stage.get("gpu_hours", 0.0)) + gpu_hours(failed, gpus)


def _total(bill: float | None, hours: float, price: float) -> dict[str, float | None]:
    return {
        "teacher_dollars": bill,
        "gpu_hours": round(hours, 4),
        "gpu_dollars": hours * price,
        "dollars": None if bill is None else bill + hours * price,
    }


def _kinds(
    recipe: Recipe, spent: float | None, rows: Mapping[Kind, KindRows]
) -> dict[str, dict[str, Any]]:
    kept = {kind: each for kind, each in rows.items() if each.rows}
    shares = {kind: recipe.shares.get(kind, 0.0) for kind in kept}
    asked = prompt_counts(recipe.synthesize.count, shares) if sum(shares.values()) else {}
    length = {kind: each.characters / each.rows for kind, each in kept.items()}
    weights = {kind: asked.get(kind, 0) * length[kind] for kind in kept}
    whole = sum(weights.values()) or 1
    found = {}
    for kind, each in kept.items():
        share = None if spent is None else spent * weights[kind] / whole
        each_row = None if share is None else share / each.rows
        found[str(kind)] = {"asked": asked.get(kind, 0), "rows": each.rows, "dollars": share}
        found[str(kind)]["dollars_per_row"] = each_row
    return found


@dataclass(frozen=True, slots=True)
class CostView:
    """The costs as text; `kinds` are kind, prompts asked, rows, dollars and dollars of a row."""

    recorded: bool
    total: str
    teacher: str
    gpus: str
    gpu_hours: float | None
    gpu_hour: str
    source: str
    how: str
    kinds: tuple[tuple[str, float | None, float | None, str, str], ...]


def cost_view(costs: Mapping[str, Any]) -> CostView:
    """What the page shows of `costs`."""
    price, data = part(costs, "gpu_hour"), part(costs, "dataset")
    kinds = part(data, "kinds")
    return CostView(
        recorded=bool(costs),
        total=_money(costs, "dollars"),
        teacher=_money(costs, "teacher_dollars"),
        gpus=_money(costs, "gpu_dollars"),
        gpu_hours=number(costs.get("gpu_hours")),
        gpu_hour=_money(price, "dollars"),
        source=str(price.get("source", "")),
        how=str(data.get("how", "")),
        kinds=tuple(_kind_row(kind, part(kinds, kind)) for kind in kinds),
    )


def _kind_row(
    kind: str, row: Mapping[str, Any]
) -> tuple[str, float | None, float | None, str, str]:
    counts = number(row.get("asked")), number(row.get("rows"))
    return kind, *counts, _money(row, "dollars"), _money(row, "dollars_per_row", digits=5)


def _money(spend: Mapping[str, Any], name: str, *, digits: int = 0) -> str:
    found = number(spend.get(name))
    if digits and found:
        return f"${found:.{digits}f}"
    return dollars({"dollars": spend[name]} if name in spend else {})
