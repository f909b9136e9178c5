"""Verdicts on new weights, as they are told."""

from collections.abc import Mapping
from typing import Any


def told_of(found: Mapping[str, Any]) -> str:
    """One line on a trial: what is promoted or kept out by which gate, and the numbers."""
    new, served = (found["profiles"][name] for name in ("new", "served"))
    wins, outcomes = found["win_rate"], found["outcomes"]
    verdict = f"kept out by {', '.join(found['failing'])}" if found["failing"] else "holds"
    counts = ", ".join(f"{outcomes.get(name, 0)} {name}" for name in ("won", "lost", "tied"))
    return (
        f"{found['role']}: {found['new']} {verdict}: {new['valid']} of {new['asked']} valid "
        f"(served: {served['valid']}), {counts}, wins {wins['low']:.2f} to {wins['high']:.2f}"
    )
