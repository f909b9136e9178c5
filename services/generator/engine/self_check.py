"""The self-check: does the engine serve what it was given? Scores of a few fixed texts tell."""

import math

from littlegiants.errors import BadInput
from services.generator.engine.protocol import Engine

TEXTS = (
    ("Name a tool for the garden.", "A rake, a spade and a pair of shears."),
    ("Write one JSON object.", '{"query": "how to prune roses", "positive": "Cut in spring."}'),
)
TOLERANCE = 1e-3
"""Of a log-probability, relative: kernels on a GPU need not repeat themselves to the last bit."""
IN_COMPANY = 2e-2
"""The same where other roles' texts are in the engine: a GPU rounds a row by what is beside it."""

Marks = tuple[float, ...]


async def marks_of(engine: Engine) -> Marks:
    """Log-probabilities of the fixed texts; nothing else of this engine may be under way.

    Raises BadInput when one is not finite: then there is no sense in the weights.
    """
    marks = [(await engine.score(*text)).log_probability for text in TEXTS]
    if not all(map(math.isfinite, marks)):
        raise BadInput(f"self-check: log-probabilities are {marks}; the weights are broken")
    return tuple(marks)


def are_equal(ones: Marks, others: Marks, *, tolerance: float = TOLERANCE) -> bool:
    """Whether both may be of the same weights."""
    pairs = zip(ones, others, strict=True)
    return all(math.isclose(one, other, rel_tol=tolerance) for one, other in pairs)
