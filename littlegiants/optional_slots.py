"""Slots that a recipe may turn on beside the paper's: who asks, how, in which kind of text.

What each is for was seen elsewhere; the values and their weights are ours. None is drawn unless a
recipe names it, so that prompts are the paper's as they are.
"""

from collections.abc import Mapping
from typing import Any

from littlegiants.errors import BadInput
from littlegiants.kinds import ABSENT, SPECS, Kind, Slots

_PERSONA = {
    "a beginner": 0.2,
    "an expert of the field": 0.2,
    "a student before an exam": 0.1,
    "a worker in the middle of a task": 0.2,
    "a worried parent": 0.1,
    "a journalist": 0.1,
    "a curious traveller": 0.1,
}
"""Qwen3-Embedding (arXiv 2506.05176) and KaLM (2501.01028) ask in the name of personas."""
_STYLE = {"a question": 0.4, "keywords": 0.3, "a claim": 0.3}
"""Mixed forms beat any one alone (CADET, arXiv 2505.19274)."""
_GENRE = {
    ABSENT: 0.3,
    "a post in a forum": 0.1,
    "a report in a newspaper": 0.1,
    "an encyclopedia entry": 0.1,
    "a page of a manual": 0.1,
    "a review": 0.1,
    "an abstract of a study": 0.1,
    "a transcript of speech": 0.1,
}
"""What MTEB's sets are taken from (arXiv 2210.07316)."""
_REASONING = {ABSENT: 0.5, "one step of reasoning": 0.3, "several steps of reasoning": 0.2}
"""ReasonIR (arXiv 2504.20595) writes queries that words alone do not answer."""
_NOISE = {
    ABSENT: 0.8,
    "in haste, with a typing error or two": 0.1,
    "without capitals and punctuation": 0.1,
}

OPTIONAL: Mapping[Kind, Slots] = {
    Kind.RETRIEVAL: {
        "persona": _PERSONA,
        "query_style": _STYLE,
        "genre": _GENRE,
        "reasoning": _REASONING,
        "noise": _NOISE,
    },
    Kind.CLASSIFICATION: {"persona": _PERSONA, "genre": _GENRE, "noise": _NOISE},
    Kind.STS: {"genre": _GENRE},
    Kind.MATCHING_SHORT: {},
    Kind.MATCHING_LONG: {"genre": _GENRE},
}
"""By kind and slot; `shipped` in a recipe's `slots` stands for these tables."""


def with_shipped_tables(slots: Any) -> Any:
    """`slots` of a recipe as it is read, a shipped table where it says so; all else as it is."""
    if not isinstance(slots, Mapping):
        return slots
    return {kind: _filled(kind, tables) for kind, tables in slots.items()}


def _filled(kind: Any, tables: Any) -> Any:
    if not isinstance(tables, Mapping) or kind not in tuple(Kind):
        return tables
    offered = OPTIONAL[Kind(kind)]
    return {
        name: offered.get(name, table) if table == "shipped" else table
        for name, table in tables.items()
    }


def check_names(kind: Kind, changes: Slots, *, any_name: bool) -> None:
    """Raise BadInput when a slot is in no shipped template, unless there are others."""
    known = {**SPECS[kind].slots, **OPTIONAL[kind]}
    for name in changes.keys() - known.keys() if not any_name else ():
        raise BadInput(
            f"slots.{kind}.{name}: no such slot; {kind} has {', '.join(known) or 'none'}; "
            "for others name a folder of `templates`"
        )
