"""What was answered once is never asked again: answers under their items' content keys."""

from pipelines.journal.answering import Answering
from pipelines.journal.journal import Journal, Value

__all__ = ["Answering", "Journal", "Value"]
