"""The summaries of several runs in; what each cost and scored, and which of them no other beats."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

from upath import UPath

from littlegiants.errors import BadInput
from pipelines.report.figures import dataset_rows
from pipelines.report.format import items, number, part

FILE = "summary.json"


@dataclass(frozen=True, slots=True)
class ComparedRun:
    """One run: `score` and `base` are means over the tasks that all runs share.

    `dollars` are None where no price was known; `on_front`: no other run is as good for less, or
    better for as much.
    """

    run: str
    recipe: str
    rows: float | None
    dollars: float | None
    dollars_per_row: float | None
    score: float
    base: float | None
    on_front: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """The runs, the best first, and the tasks that they were compared on."""

    runs: tuple[ComparedRun, ...]
    tasks: tuple[str, ...]
    left_out: tuple[str, ...]
    """Tasks that some runs were scored on, but not all."""

    def record(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)


def compared(folders: Sequence[str]) -> Comparison:
    """The runs in these folders or URLs, by their `summary.json`.

    Raises BadInput naming each run without one or without scores, and runs that share no task.
    """
    summaries = {folder: _summary(folder) for folder in dict.fromkeys(folders)}
    faults = [each for each in summaries.values() if isinstance(each, str)]
    if faults:
        raise BadInput("; ".join(faults))
    read = {folder: each for folder, each in summaries.items() if isinstance(each, dict)}
    scored = {folder: _scores(summary) for folder, summary in read.items()}
    every = dict.fromkeys(task for scores in scored.values() for task in scores)
    shared = [task for task in every if all(task in scores for scores in scored.values())]
    if not shared:
        told = "; ".join(f"{folder}: {', '.join(scores)}" for folder, scores in scored.items())
        raise BadInput(f"runs: no task that all were scored on ({told}); set evaluate.tasks alike")
    runs = [_run(folder, read[folder], scored[folder], shared) for folder in read]
    left_out = tuple(task for task in every if task not in shared)
    return Comparison(tuple(with_front(runs)), tuple(shared), left_out)


def with_front(runs: Sequence[ComparedRun]) -> list[ComparedRun]:
    """The runs, the best first, each with whether it is on the front of dollars and score."""
    marked = [ComparedRun(**{**asdict(run), "on_front": not _is_beaten(run, runs)}) for run in runs]
    return sorted(marked, key=lambda run: (-run.score, _known(run.dollars)))


def _is_beaten(run: ComparedRun, runs: Sequence[ComparedRun]) -> bool:
    mine = (_known(run.dollars), -run.score)
    if run.dollars is None:
        return True
    others = [(_known(other.dollars), -other.score) for other in runs]
    return any(
        cost <= mine[0] and loss <= mine[1] and (cost, loss) != mine for cost, loss in others
    )


def _known(dollars: float | None) -> float:
    return float("inf") if dollars is None else dollars


def _summary(folder: str) -> dict[str, Any] | str:
    """The summary, or what is wrong with it."""
    path = UPath(folder) / FILE
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return f"{path}: not there; name the folder of a run that has ended"
    except ValueError as error:
        return f"{path}: not JSON ({error}); make it again with pipelines.steps.report"
    if not isinstance(found, dict) or not _scores(found):
        return f"{path}: has no scores; let the run evaluate its embedder"
    return found


def _scores(summary: Mapping[str, Any]) -> dict[str, tuple[float | None, float]]:
    """Base's, where it was scored, and trained embedder's score by task."""
    found = {}
    for row in items(summary.get("scores")):
        base, trained = number(row.get("base")), number(row.get("trained"))
        if trained is not None:
            found[str(row.get("task"))] = (base, trained)
    return found


def _run(
    folder: str,
    summary: Mapping[str, Any],
    scores: Mapping[str, tuple[float | None, float]],
    tasks: Sequence[str],
) -> ComparedRun:
    rows = dataset_rows(items(summary.get("stages")))
    data = number(part(summary, "costs", "dataset").get("dollars"))
    return ComparedRun(
        run=folder,
        recipe=str(part(summary, "recipe").get("name", "")),
        rows=rows,
        dollars=number(part(summary, "costs").get("dollars")),
        dollars_per_row=data / rows if rows and data is not None else None,
        score=fmean(scores[task][1] for task in tasks),
        base=_mean(scores[task][0] for task in tasks),
    )


def _mean(values: Iterable[float | None]) -> float | None:
    """None where one is missing: a base that was not scored."""
    found = list(values)
    known = [value for value in found if value is not None]
    return fmean(known) if known and len(known) == len(found) else None
