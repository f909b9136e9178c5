"""The ablation's results as lines of text."""

from collections.abc import Mapping, Sequence
from typing import Any


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
        print(f"embedder trained on {row['trained_on']:20} {row['rows']:4} rows  {scores}")
