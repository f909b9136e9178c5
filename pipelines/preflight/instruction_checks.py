"""Whether the evaluation's table of instructions can be read: told before the run starts."""

from collections.abc import Iterator
from pathlib import Path

from littlegiants.errors import BadInput
from pipelines.evaluation.instructions import instruction_table
from pipelines.preflight.findings import ONLY_THERE, Finding, Note, Start, is_only_there, problem_of


def instructions_can_be_read(start: Start) -> Iterator[Finding]:
    """The table that the recipe names."""
    reference = start.recipe.evaluate.instructions
    if reference and Path(reference).is_absolute() and is_only_there(start, reference):
        yield Note(f"evaluate.instructions: {reference} {ONLY_THERE}")
        return
    try:
        instruction_table(reference)
    except BadInput as error:
        yield problem_of(error)
