"""What a study has measured, a file a point: started again it goes on, started twice they share."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import fmean
from typing import Any, TypeVar

from littlegiants.errors import Unavailable
from pipelines.run.step import Work
from pipelines.step_progress import StepProgress
from pipelines.storage.atomic_writes import write_whole
from pipelines.storage.claims import claimed

Name = TypeVar("Name")


@dataclass(frozen=True, slots=True)
class Point:
    """Something to measure, under the digest of all that decides it."""

    key: str
    told: str
    measure: Callable[[], Any]


class KeptPoints:
    """What a study of a run has measured.

    Processes that are at the same study, on this machine or others, each take points that no other
    has taken.
    """

    def __init__(self, work: Work) -> None:
        self._name, self._folder = work.name, work.run.folder / f"{work.name}-points"

    def of_all(self, points: Mapping[Name, Sequence[Point]]) -> dict[Name, list[Any]]:
        """What each point has come to; measured here where it is not known."""
        wanted = {point.key: point for own in points.values() for point in own}
        found: dict[str, Any] = {}
        with StepProgress(self._name, len(wanted), unit="training") as progress:
            for wait_s in (0.0, math.inf):
                for key in wanted.keys() - found.keys() if wait_s else wanted:
                    with ExitStack() as held:
                        if self._is_here(key, wait_s, held):
                            found[key] = self._measured(wanted[key])
                            progress.reach(len(found), wanted[key].told)
        return {name: [found[point.key] for point in own] for name, own in points.items()}

    def _is_here(self, key: str, wait_s: float, held: ExitStack) -> bool:
        """Whether the point is known, or this process's to measure until `held` is closed."""
        if self._path(key).exists():
            return True
        try:
            held.enter_context(claimed(self._folder, key[:16], wait_s=wait_s))
        except Unavailable:
            if wait_s:
                raise
            return False  # another process is at it
        return True

    def _measured(self, point: Point) -> Any:
        path = self._path(point.key)
        if not path.exists():
            write_whole(path, json.dumps(point.measure()))
        return json.loads(path.read_text("utf-8"))

    def _path(self, key: str) -> Any:
        return self._folder / f"{key}.json"


def score_of(work: Work, model: Any, tasks: Sequence[str], *, name: str, bare: bool) -> float:
    """Mean of the main scores of `model` on `tasks`; a bare one reads queries as they are."""
    return fmean(scores_on(work, model, tasks, name=name, bare=bare).values())


def check_sets(work: Work, tasks: Sequence[str]) -> None:
    """Read the data of `tasks`, before anything is paid for what they are to tell.

    Raises BadInput naming what is to be installed, Unavailable for a hub that does not answer.
    """
    from pipelines.evaluation.builtin_sets import Sizes
    from pipelines.evaluation.tasks import load, open_task

    settings = work.run.recipe.evaluate
    for each in tasks:
        load(open_task(each, Sizes(settings.query_count, settings.document_count)))


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
