"""Refusals of weights: which the pointer names that cannot be served, and why."""

from collections.abc import Iterator
from contextlib import contextmanager

from littlegiants.answers import RefusedWeights
from littlegiants.errors import BadInput
from littlegiants.weights_pointer import Pointer


class Refusals:
    """Remembers the last refusal, until other weights are served."""

    def __init__(self) -> None:
        self.last: RefusedWeights | None = None

    @contextmanager
    def noted(self, pointer: Pointer) -> Iterator[None]:
        """Note why what `pointer` names is refused; forget it when it is served."""
        try:
            yield
        except BadInput as error:
            self.last = RefusedWeights(pointer.digest, pointer.version, str(error))
            raise
        self.last = None

    def check(self, pointer: Pointer) -> None:
        """Raise BadInput again when these weights were refused at this version of the pointer."""
        refused, named = self.last, (pointer.digest, pointer.version)
        if refused and (refused.weights_digest, refused.weights_version) == named:
            raise BadInput(refused.message)
