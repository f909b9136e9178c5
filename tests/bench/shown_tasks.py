"""How various the tasks are that a teacher is shown: `python -m tests.bench.shown_tasks`.

SPEED's are those of its release's `prompts_tasks.py` (Little Giants, arXiv 2410.18634), two kinds.
"""

from collections.abc import Sequence
from pathlib import Path
from tempfile import mkdtemp

from littlegiants.kinds import Kind
from littlegiants.task_families import FAMILIES
from pipelines.curation.content import TextVectors, scorer_of
from pipelines.curation.profile import nearest_of, openings_of
from pipelines.models.model_folders import resolve_model
from pipelines.teacher.recordings import read_recording

RECORDED = read_recording("examples/recorded")
SPEED = {
    Kind.RETRIEVAL: (
        "Retrieve relevant documents for a short keyword web search query that asks for weather "
        "information.",
        "Search for documents that answers a FAQ-style query on children's nutrition.",
        "Provided a scientific claim as query, retrieve documents that help verify or refute the "
        "claim.",
        "Given a debate topic as query, retrieve documents that is either supportive or against "
        "the topic.",
        "The query is a multi-hop question on celebrities, retrieve documents that help answer "
        "the question.",
        "The query is a natural language description of a function, find the correct code "
        "implementation.",
        "Given a news article that user has read as the query, retrieve other articles that the "
        "user may be interested in.",
    ),
    Kind.CLASSIFICATION: (
        "Classify the given TripAdvisor review into positive, negative, or neutral sentiment.",
        "Determining if a message is a question, request, command, or statement.",
        "Classify the given forum post into one of the categories: question, answer, or "
        "discussion.",
        "Given an Amazon product review, find the main features mentioned.",
        "Given a user comment on a news article, find the main argument presented.",
        "Categorizing online articles into user-preferred reading difficulty levels.",
        "Classify the given Yelp review as either helpful or not helpful.",
    ),
}


def main() -> None:
    """Print count, own openings, nearness to the nearest, families covered."""
    folder = resolve_model("shipped:all-minilm-l6-v2", Path(mkdtemp()))
    reference = scorer_of(folder)
    for kind, theirs in SPEED.items():
        ours = FAMILIES[kind].examples
        known = reference.vectors(ours)
        covered = len(set((reference.vectors(theirs) @ known.T).argmax(1).tolist()))
        recorded = sorted({task.text for task in RECORDED.tasks if task.kind is kind})
        told = figures(theirs, reference)
        print(f"{kind.value}, SPEED's: {told}, {covered} of {len(ours)} families")
        print(f"{kind.value}, ours: {figures(ours, reference)}")
        print(f"{kind.value}, as many of ours: {figures(ours[: len(theirs)], reference)}")
        print(f"{kind.value}, brainstormed from ours: {figures(recorded, reference)}")


def figures(texts: Sequence[str], reference: TextVectors) -> str:
    """Of some tasks."""
    openings, nearest = openings_of(texts), nearest_of(texts, reference)
    return f"{len(texts)}, {openings:.1%} with openings of their own, nearest {nearest:.3f}"


if __name__ == "__main__":
    main()
