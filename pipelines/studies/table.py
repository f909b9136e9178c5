"""The ablation's tables: rows of yields, and both tables as lines of text."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

MODES = (False, True)
"""Without and with the schema."""


def rows_of(model: str, reasons: Sequence[str]) -> list[dict[str, Any]]:
    """Two lines of the yield table: without and with the schema."""
    half = len(reasons) // 2
    return [
        row_of(model, mode, part)
        for mode, part in zip(MODES, (reasons[:half], reasons[half:]), strict=True)
    ]


def row_of(model: str, constrained: bool, reasons: Sequence[str]) -> dict[str, Any]:
    """One line of the yield table."""
    faults = Counter(reason for reason in reasons if reason)
    valid = len(reasons) - faults.total()
    return {
        "model": model,
        "constrained": constrained,
        "asked": len(reasons),
        "valid": valid,
        "reasons": dict(faults.most_common()),
    }


def show_yields(yields: Sequence[Mapping[str, Any]]) -> None:
    """Print the yield table."""
    for row in yields:
        mode = "schema" if row["constrained"] else "free"
        counts = f"{row['valid']:4} of {row['asked']}"
        print(f"yield {row['model']:15} {mode:7} {counts} {row['reasons']}", flush=True)


def show_embedders(embedders: Sequence[Mapping[str, Any]]) -> None:
    """Print the table of scores."""
    for row in embedders:
        scores = "  ".join(f"{task} {value:.3f}" for task, value in row["scores"].items())
        print(f"embedder trained on {row['trained_on']:24} {row['rows']:4} rows  {scores}")
