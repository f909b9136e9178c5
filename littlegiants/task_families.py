"""Families of tasks that a teacher is shown when it thinks of tasks: what embedders are used for.

One example anchors a writer: every second task repeats its words. So several are drawn for each
topic, in another order, from families that retrieval and classification are measured on (MTEB,
arXiv 2210.07316): claims, counter-arguments, several hops, answers to frequent questions, code,
news, citations, duplicates; intents, faults, stances, emotions.
"""

import random
from dataclasses import dataclass

from littlegiants.kinds import Kind

SHOWN = 4


@dataclass(frozen=True, slots=True)
class TaskFamily:
    """How a kind of task is called, what each task must say, and examples of it."""

    phrase: str
    rule: str
    examples: tuple[str, ...]

    def drawn(self, topic: str) -> list[str]:
        """Some of the examples, the same for the same topic."""
        count = min(SHOWN, len(self.examples))
        return random.Random(f"{self.phrase} {topic}").sample(self.examples, count)


FAMILIES = {
    Kind.RETRIEVAL: TaskFamily(
        "text search",
        "Each says what the query is and what documents to retrieve. Many different queries must "
        "be possible.",
        (
            "Given a symptom, retrieve articles that explain its causes",
            "Given a claim, retrieve passages that support or refute it",
            "Given an argument, retrieve the best counter-argument",
            "Given a question that joins two facts, retrieve the passages with either",
            "Given a customer's question, retrieve the entry of the help pages that answers it",
            "Given what a function shall do, retrieve code that does it",
            "Given a headline, retrieve other reports of the same event",
            "Given the title of a paper, retrieve papers that it should cite",
            "Given a question, retrieve questions that others asked with the same meaning",
            "Given a few keywords, retrieve product descriptions that fit",
            "Given the name of a thing, retrieve the encyclopedia entry about it",
        ),
    ),
    Kind.CLASSIFICATION: TaskFamily(
        "text classification",
        "Each says which texts get which label. Leave out sentiment, subject, genre, main topic, "
        "spam, urgency and language.",
        (
            "Classify a repair request by the tool it needs",
            "Classify a spoken command by what shall be done",
            "Name the feature that a review of a device complains about",
            "Tell whether a comment attacks a person or an idea",
            "Tell which emotion a diary entry shows most",
            "Tell whether a sentence reports what happened or what might have",
            "Classify a bank customer's message by the service it is for",
            "Name the method that the abstract of a study used",
            "Tell whether a statement agrees with a proposal, objects or is neutral",
        ),
    ),
    Kind.STS: TaskFamily(
        "semantic similarity",
        "Each names a pair of texts whose meanings are compared.",
        ("Compare two headlines about one event", "Compare two captions of one picture"),
    ),
    Kind.MATCHING_SHORT: TaskFamily(
        "short text matching",
        "Query and document are both a few words long.",
        (
            "Match a job title to a tool used in it",
            "Match a term to its plain-language name",
            "Match a headline to the section of a newspaper it stands in",
            "Match a dish to what it is eaten with",
        ),
    ),
    Kind.MATCHING_LONG: TaskFamily(
        "long text matching",
        "Query and document are both long texts.",
        (
            "Match a review to a review of a similar product",
            "Match a news report to a later report of the same affair",
            "Match a court's opinion to one on a similar case",
            "Match an abstract to that of a paper on the same question",
        ),
    ),
}
