"""The errors: what can go wrong, and whose fault it is.

* LittleGiantsError
  - BadInput      the caller's fault: fix the request, never retry
  - Unparsable    the model's fault: drop this output, count the reason
  - OverBudget    the budget's fault: stop cleanly, raise the cap and continue
  - Unavailable   the world's fault: retry later
"""


class LittleGiantsError(Exception):
    """Everything that this product raises on purpose."""


class BadInput(LittleGiantsError):
    """The caller's fault: the message names the field and the remedy; a retry cannot help."""


class Unparsable(LittleGiantsError):
    """The model's fault: `reason` is the name under which the output is dropped and counted."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the model's output is not a sample: {reason}")
        self.reason = reason


class OverBudget(LittleGiantsError):
    """A cap would be passed: nothing was sent; raise the cap and start the same command again."""


class Unavailable(LittleGiantsError):
    """A service or store does not answer: retry later; what was done is kept."""
