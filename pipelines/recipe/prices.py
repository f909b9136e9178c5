"""What a teacher's tokens cost: the recipe's own prices, else a dated table, else nothing known."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from pipelines.recipe.sections import MachinePrices
from pipelines.recipe.teacher_section import Prices


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars a million tokens; `batch` is the share of it that a batch request costs."""

    prompt: float
    completion: float
    batch: float
    source: str


SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$")
"""The date in a model's name."""
FREE = Price(0, 0, 1, "a recorded answer costs nothing")


@cache
def table() -> dict[str, Any]:
    """The shipped table: version, date, source, and prices by model."""
    return dict(
        yaml.safe_load(files("pipelines.recipe").joinpath("prices.yaml").read_text("utf-8"))
    )


def gpu_price(own: MachinePrices) -> tuple[float, str]:
    """Dollars for a GPU hour, and who says so."""
    if own.gpu_hour is not None:
        return own.gpu_hour, "the recipe's prices.gpu_hour"
    found = table()["gpu_hour"]
    return float(found["dollars"]), f"prices.yaml: {found['source']}"


def price_of(model: str, own: Prices | None) -> Price | None:
    """The price of `model`; None when neither the recipe nor the table has it."""
    if own:
        return Price(own.prompt, own.completion, own.batch, "the recipe's teacher.prices")
    known = table()["models"]
    found = known.get(model) or known.get(SNAPSHOT.sub("", model))
    if not found:
        return None
    source = f"prices.yaml of {table()['date']}: {found['source']}"
    return Price(found["prompt"], found["completion"], table()["batch"], source)
