"""What requests cost, and caps that are never passed."""

from pipelines.budget.budget import Budget
from pipelines.budget.usage import Caps, Usage

__all__ = ["Budget", "Caps", "Usage"]
