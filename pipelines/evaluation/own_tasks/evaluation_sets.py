"""Sets to tune on, and sets to tell of: what a study scores embedders on.

No set is in both lists; nothing may be chosen by what is seen on the final ones.
"""

from collections.abc import Iterable
from pathlib import Path

from pipelines.evaluation.presets import MODULE, file_and_task

PACKAGES = Path(__file__).with_name("package_sets.py")
DEVELOPMENT = ("stdlib-retrieval", f"{MODULE}{PACKAGES}#Readmes")
FINAL_NAMES = ("Papers", "CloudOperations", "LeeNews")
FINAL = tuple(f"{MODULE}{PACKAGES}#{name}" for name in FINAL_NAMES)


def sets_of(*, final: bool) -> tuple[str, ...]:
    """References as `evaluate.tasks` has them."""
    return FINAL if final else DEVELOPMENT


def short_name(reference: str) -> str:
    """What a table calls a set."""
    return reference.rpartition("#")[2]


def final_names(references: Iterable[str]) -> list[str]:
    """Which final sets are among the references, however these spell the path of their file."""
    named = [file_and_task(each) for each in references if each.startswith(MODULE)]
    asked = [task for file, task in named if Path(file).resolve() == PACKAGES.resolve()]
    return [name for name in FINAL_NAMES if name in asked or "" in asked]
