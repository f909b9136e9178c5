"""What was answered once is never asked again: answers under their items' content keys."""

from pipelines.journal.answering import Answering
from pipelines.journal.journal import INTERVAL_S, Journal, Value

__all__ = ["INTERVAL_S", "Answering", "Journal", "Value"]
