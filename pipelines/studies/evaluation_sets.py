"""What a study scores embedders on: sets to tune on, and sets to tell of.

No set is in both lists; nothing may be chosen by what is seen on the final ones.
"""

from pathlib import Path

from pipelines.evaluation.presets import MODULE

PACKAGES = Path(__file__).parents[1] / "evaluation/own_tasks/package_sets.py"
DEVELOPMENT = ("stdlib-retrieval", f"{MODULE}{PACKAGES}#Readmes")
FINAL = tuple(f"{MODULE}{PACKAGES}#{name}" for name in ("Papers", "CloudOperations", "LeeNews"))


def sets_of(*, final: bool) -> tuple[str, ...]:
    """References as `evaluate.tasks` has them."""
    return FINAL if final else DEVELOPMENT


def short_name(reference: str) -> str:
    """What a table calls a set."""
    return reference.rpartition("#")[2]
