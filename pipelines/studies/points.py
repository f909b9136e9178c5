"""What a study has measured, a file a point: started again it goes on, started twice they share."""

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain, zip_longest
from statistics import fmean
from typing import Any, TypeVar

from upath import UPath

from littlegiants.errors import Unavailable
from pipelines.run.step import Work
from pipelines.step_progress import StepProgress
from pipelines.storage.claims import claimed
from pipelines.storage.store import Store

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

    def __init__(self, folder: UPath, name: str) -> None:
        """Of the run in `folder`, the study `name`."""
        self._name, self._folder = name, folder / f"{name}-points"
        self._store = Store(self._folder)

    def of_all(self, points: Mapping[Name, Sequence[Point]]) -> dict[Name, list[Any]]:
        """What each point has come to; measured here where it is not known."""
        in_turn = chain.from_iterable(zip_longest(*points.values()))  # one of each, then the next
        wanted = {point.key: point for point in in_turn if point}
        found: dict[str, Any] = {}
        with StepProgress(self._name, len(wanted), unit="training") as progress:
            for wait_s in (0.0, math.inf):  # first what no other process is at
                for key in [key for key in wanted if key not in found]:
                    for value in self._values(wanted[key], wait_s):
                        found[key] = value
                        progress.reach(len(found), wanted[key].told)
        return {name: [found[point.key] for point in own] for name, own in points.items()}

    def _values(self, point: Point, wait_s: float) -> Iterator[Any]:
        """The point's value, or nothing where another process is at it for so long."""
        if (value := self._kept(point.key)) is not None:
            yield value
            return
        with ExitStack() as held:
            try:
                held.enter_context(claimed(self._folder, point.key, wait_s=wait_s))
            except Unavailable:
                if wait_s:
                    raise
                return
            if (value := self._kept(point.key)) is None:
                value = point.measure()
                self._store.write(f"{point.key}.json", json.dumps(value).encode())
            yield value

    def _kept(self, key: str) -> Any:
        try:
            return json.loads(self._store.read(f"{key}.json"))
        except FileNotFoundError:
            return None


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
