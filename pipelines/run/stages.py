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
RECORDED = (STAGES[0], "topics", *STAGES[1:])
"""Grown topics have a record of their own beside that of `brainstorm`, which grows them."""


GATES = ("judge", "correct", "curate")


Gate = Literal["judge", "correct", "curate"]
