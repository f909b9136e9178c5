"""The stages of a run in the order of the loop, and the gates at which a person may read."""

from typing import Literal

STAGES = (
    "prepare",
    "brainstorm",
    "seed",
    "finetune-junior",
    "promote-junior",
    "propose",
    "judge",
    "align",
    "promote-senior",
    "correct",
    "finetune-revisor",
    "promote-revisor",
    "synthesize",
    "curate",
    "embed",
    "evaluate",
)
SHARDED = ("synthesize", "evaluate")
"""Stages that run in as many parts as `shard_count` of their section says, each with a record."""
RESULTS = "evaluation"
"""Folder in the run where mteb's results are."""
RECORDED = (STAGES[0], "topics", *STAGES[1:])
"""Grown topics have a record of their own beside that of `brainstorm`, which grows them."""


GATES = ("judge", "correct", "curate")


Gate = Literal["judge", "correct", "curate"]


def part_name(shard: int, count: int) -> str:
    """What the record of one part of a stage calls it."""
    return f"{shard} of {count}"
