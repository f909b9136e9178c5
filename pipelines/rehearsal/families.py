"""Which well-known family a model belongs to, by its name alone."""

import re

FAMILIES = {
    "llama-3": r"llama-?3",
    "mistral": r"mistral|mixtral|zephyr|llama-?2|tinyllama",
    "qwen": r"qwen|qwq",
    "gpt-2": r"gpt-?2",
    "pythia": r"pythia|gpt-?neox",
    "smollm2": r"smollm",
    "bert": r"bert|bge|minilm|e5-(?:small|base|large)|gte-(?:small|base|large)",
}
"""Patterns in lower case, tried in this order."""
NEAREST_WRITER, NEAREST_READER = "smollm2", "bert"
INSTRUCTED = re.compile(r"instruct|chat|-it\b", re.IGNORECASE)
"""Of a name whose model brings a chat template."""


def family_of(reference: str, *, writes: bool) -> str:
    """The family of a model that writes, or of one that only reads; the nearest if unknown."""
    name = reference.lower()
    for family, pattern in FAMILIES.items():
        if re.search(pattern, name):
            return family
    return NEAREST_WRITER if writes else NEAREST_READER


def is_instructed(reference: str) -> bool:
    """Whether its name says that it was taught to chat."""
    return bool(INSTRUCTED.search(reference))
