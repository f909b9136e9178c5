"""What a study has measured, kept point by point: started again, it goes on."""

import json
from collections.abc import Callable, Sequence
from statistics import fmean
from typing import Any

from upath import UPath

from pipelines.run.step import Work
from pipelines.storage.atomic_writes import write_whole


class KeptPoints:
    """Measured numbers under the digest of all that decides them, in one JSON file."""

    def __init__(self, path: UPath) -> None:
        self._path = path
        text = path.read_text("utf-8") if path.exists() else "{}"
        self._found: dict[str, Any] = json.loads(text)

    def of(self, key: str, measure: Callable[[], Any]) -> Any:
        """What was measured under `key`, measured now if it was not."""
        if key not in self._found:
            self._found[key] = measure()
            write_whole(self._path, json.dumps(self._found, indent=1))
        return self._found[key]


def score_of(work: Work, model: Any, tasks: Sequence[str], *, name: str, bare: bool) -> float:
    """Mean of the main scores of `model` on `tasks`; a bare one reads queries as they are."""
    return fmean(scores_on(work, model, tasks, name=name, bare=bare).values())


def revisions_of(work: Work, tasks: Sequence[str]) -> list[str]:
    """What the data of `tasks` are, so that changed ones are scored anew."""
    from pipelines.evaluation.builtin_sets import Sizes
    from pipelines.evaluation.tasks import open_task

    settings = work.run.recipe.evaluate
    sizes = Sizes(settings.query_count, settings.document_count)
    return [open_task(each, sizes).metadata.dataset["revision"] for each in tasks]


def scores_on(
    work: Work, model: Any, tasks: Sequence[str], *, name: str, bare: bool
) -> dict[str, float]:
    """The main score of `model` on each of `tasks`."""
    from pipelines.evaluation.builtin_sets import Sizes
    from pipelines.evaluation.controls import Bare
    from pipelines.evaluation.score import Keeping, Reading, evaluate

    settings = work.run.recipe.evaluate
    scores = evaluate(
        {name: Bare(model) if bare else model},
        list(tasks),
        keeping=Keeping(work.folder / work.name),
        sizes=Sizes(settings.query_count, settings.document_count),
        reading=Reading(max_length=settings.max_length, dtype=settings.dtype),
    )
    return {each.task: each.value for each in scores}
