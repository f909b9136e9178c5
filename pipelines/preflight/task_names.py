"""Names of evaluation tasks that are known without loading mteb, which takes seconds."""

from collections.abc import Sequence
from difflib import get_close_matches
from functools import cache
from importlib.resources import files

from pipelines.evaluation.presets import BUILTIN, PRESETS

FILE = "mteb_names.txt"
"""Tasks and benchmarks of the locked mteb, one a line."""


KNOWN = (*PRESETS, *BUILTIN)
"""Names of ours."""


@cache
def mteb_names() -> frozenset[str]:
    """Every task and benchmark of mteb."""
    text = files("pipelines.preflight").joinpath(FILE).read_text("utf-8")
    return frozenset(text.splitlines())


def names_like(name: str) -> Sequence[str]:
    """Known names that `name` may be a misspelling of, the likeliest first."""
    folded = {known.casefold(): known for known in (*mteb_names(), *KNOWN)}
    return [folded[each] for each in get_close_matches(name.casefold(), folded, n=3)]
