"""What was answered once is never asked again: answers under their items' content keys."""

from pipelines.journal.journal import INTERVAL_S, Journal, Value
from pipelines.journal.journaled_map import Answering

__all__ = ["INTERVAL_S", "Answering", "Journal", "Value"]
