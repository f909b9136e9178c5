"""The prompts that a trained embedder comes with: what its users put before a query."""

from collections.abc import Iterable

from littlegiants.kinds import Kind
from pipelines.training.rows import query_prompt

QUERY, DOCUMENT = "query", "document"
GENERAL = "Given a web search query, retrieve relevant passages that answer the query"
"""Of `encode_query` without a name; E5-mistral's for MS MARCO (arXiv 2401.00368)."""
TASKS: dict[Kind, dict[str, str]] = {
    Kind.RETRIEVAL: {"retrieval": GENERAL},
    Kind.CLASSIFICATION: {
        "classification": "Classify the given text by its topic, intent or sentiment",
        "clustering": "Identify the topic or theme of the given text",
    },
    Kind.STS: {"sts": "Retrieve semantically similar text"},
    Kind.MATCHING_SHORT: {"matching_short": "Given a short text, find another that matches it"},
    Kind.MATCHING_LONG: {"matching_long": "Given a document, find another that matches it"},
}
"""Instructions by the kind of row that taught the model to follow them, and the prompt's name."""
OF_MTEB = {"Classification": "classification", "Clustering": "clustering", "STS": "sts"}
"""MTEB's names of task types: it takes a prompt of that name by itself."""


def prompts_of(kinds: Iterable[str]) -> dict[str, str]:
    """Prompts of a model that was trained on these kinds, by name; documents stay bare."""
    known = [TASKS[Kind(kind)] for kind in sorted(set(kinds))]
    named = {name: query_prompt(task) for tasks in known for name, task in tasks.items()}
    of_mteb = {theirs: named[ours] for theirs, ours in OF_MTEB.items() if ours in named}
    return {QUERY: query_prompt(GENERAL), DOCUMENT: "", **named, **of_mteb}
