"""The scaling study: scores against rows, what more rows would bring, and what they would cost."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from upath import UPath

from littlegiants.errors import BadInput
from littlegiants.tasks import digest
from pipelines.cli.step_flags import FolderSettings
from pipelines.data.records import Row
from pipelines.evaluation.own_tasks.final_looks import final_looks
from pipelines.models.model_folders import resolve_model
from pipelines.recipe.recipe import load_recipe
from pipelines.report.accounts import stage_records
from pipelines.run.folder import Run
from pipelines.run.step import Work
from pipelines.step_progress import beating
from pipelines.steps.embed import triplet_of
from pipelines.steps.report import STEP as REPORT
from pipelines.storage.atomic_writes import write_whole
from pipelines.storage.claims import claimed
from pipelines.studies.chart import scaling_chart
from pipelines.studies.curve_fits import Forecast95, chosen_law, foretold
from pipelines.studies.embedders import trained_on
from pipelines.studies.finished import lacking
from pipelines.studies.points import KeptPoints, Point, check_sets, revisions_of, score_of
from pipelines.studies.subsets import in_order, sizes_of

NAME = "study-scaling"
TIMES = (2, 4, 10)
LEAST_GAIN = 0.005
"""Below this gain with twice the rows nobody would notice them."""


def study_scaling(
    settings: FolderSettings, *, seeds: int, tasks: Sequence[str], embedder: bool
) -> None:
    """Write `study-scaling.json` and `.svg` of a run, print the forecast, write the report again.

    Raises BadInput when the data set is not there or too small for three sizes.
    """
    run = Run(UPath(settings.run), load_recipe(settings.recipe, settings.changes))
    work = Work(NAME, run, settings)
    rows = in_order(run.read(Row, "dataset"))
    sizes = sizes_of(len(rows))
    if len(sizes) < 3:
        raise BadInput(f"data/dataset.jsonl: {len(rows)} rows; a curve needs 32, so make more")
    check_sets(work, tasks)
    with beating(NAME):
        looks = final_looks(run.folder, NAME, tasks)
        vectors = None if embedder else vectors_of(work)
        scores = measured_sizes(SizedTrainings(work, rows, tasks, vectors), sizes, seeds=seeds)
        found = report_of(run, sizes, scores) | {"final_looks": looks}
        with claimed(run.folder, NAME):
            write_whole(run.folder / f"{NAME}.json", json.dumps(found, indent=1))
            write_whole(run.folder / f"{NAME}.svg", scaling_chart(found))
    sys.stdout.writelines(f"{line}\n" for line in lines_of(found))
    if not list(lacking(run)):
        REPORT(settings)


def vectors_of(work: Work) -> Any:
    """Input vectors of the recipe's embedder, for the probe."""
    from pipelines.probe.bag import Vectors

    return Vectors.of(resolve_model(work.run.recipe.models.embedder, work.models))


@dataclass(frozen=True, slots=True)
class SizedTrainings:
    """Trainings on the first rows of a data set, each scored once."""

    work: Work
    rows: Sequence[Row]
    tasks: Sequence[str]
    vectors: Any
    """Of the probe; None where the embedder itself is trained."""

    def key(self, size: int, seed: int) -> str:
        """Digest of all that decides a score."""
        told = [[row.id, row.query, row.positive, row.negative] for row in self.rows[:size]]
        recipe = self.work.run.recipe
        model = recipe.embedder.model_dump(mode="json") if self.vectors is None else "probe"
        how = [recipe.models.embedder, recipe.evaluate.model_dump(mode="json"), model]
        return digest([told, seed, revisions_of(self.work, self.tasks), *how])

    def score(self, size: int, seed: int) -> float:
        """Train and score."""
        from pipelines.probe.bag import train_probe

        rows = [triplet_of(row) for row in self.rows[:size]]
        is_probe = self.vectors is not None
        model = (
            train_probe(rows, self.vectors, seed=seed)
            if is_probe
            else trained_on(self.work, f"embedder-of-{size}", rows)
        )
        return score_of(self.work, model, self.tasks, name=f"{size}-{seed}", bare=is_probe)


def measured_sizes(
    trainings: SizedTrainings, sizes: Sequence[int], *, seeds: int
) -> list[list[float]]:
    """Scores of each size, one a seed; what was measured before is read."""
    points = {
        size: [
            Point(
                trainings.key(size, seed),
                f"{size} rows, seed {seed}",
                partial(trainings.score, size, seed),
            )
            for seed in range(seeds)
        ]
        for size in sizes
    }
    return list(KeptPoints(trainings.work.run.folder, NAME).of_all(points).values())


def report_of(run: Run, sizes: Sequence[int], scores: Sequence[Sequence[float]]) -> dict[str, Any]:
    """The curve, the forecast with its cost, how a hidden largest size was foretold."""
    law, now = chosen_law(sizes, scores), sum(scores[-1]) / len(scores[-1])
    more = [foretold(law, sizes, scores, sizes[-1] * times) for times in TIMES]
    hidden = chosen_law(sizes[:-1], scores[:-1])
    guess = foretold(hidden, sizes[:-1], scores[:-1], sizes[-1])
    return {
        "sizes": list(sizes),
        "scores": [list(each) for each in scores],
        "form": law.form,
        "constants": law.constants,
        "missed_by": law.missed_by,
        "curve": [[rows, law.at(rows)] for rows in curve_points(sizes[0], more[-1].rows)],
        "hidden_largest": {**asdict(guess), "form": hidden.form, "error": guess.value - now},
        "forecast": [
            {**asdict(each), "gain": each.value - now, "cost": cost_of(run, each.rows, sizes[-1])}
            for each in more
        ],
        "advice": advice(more[0], now),
    }


def advice(twice: Forecast95, now: float) -> str:
    """Whether to make more rows, by what twice as many are foretold to score."""
    if twice.low is None:
        return "unknown: one seed tells no interval"
    return "continue" if twice.value - now >= LEAST_GAIN and twice.low > now else "stop"


def curve_points(low: int, high: int, count: int = 40) -> Iterator[float]:
    """Numbers of rows, evenly apart on a scale of powers."""
    for place in range(count):
        yield low * (high / low) ** (place / (count - 1))


def cost_of(run: Run, rows: int, there: int) -> dict[str, float | None]:
    """What rows beyond those that are there take: seconds of the generators, as the ledger has it.

    The teacher is paid once, whatever the number of rows; `dollars_so_far` is what it took.
    """
    stages = {record["name"]: record for record in stage_records(run)}
    written = stages.get("synthesize", {}).get("seconds")
    spent = [_dollars(record) for record in stages.values() if record.get("teacher")]
    return {
        "more_rows": rows - there,
        "generator_seconds": None if written is None else (rows - there) * written / there,
        "dollars_so_far": sum(spent) if spent else None,
    }


def _dollars(record: Mapping[str, Any]) -> float:
    return float(record["teacher"].get("dollars") or 0)


def lines_of(found: Mapping[str, Any]) -> Iterator[str]:
    """The study as lines of text."""
    for size, scores in zip(found["sizes"], found["scores"], strict=True):
        ends = f"{min(scores):.3f} to {max(scores):.3f}"
        yield f"{size:8} rows  {sum(scores) / len(scores):.3f}  ({ends}, {len(scores)} seeds)"
    missed = ", ".join(f"{form} {error:+.3f}" for form, error in found["missed_by"].items())
    yield f"form: {found['form']} (largest size hidden: {missed or 'too few sizes'})"
    hidden = found["hidden_largest"]
    told = f"{hidden['value']:.3f}, off by {hidden['error']:+.3f}"
    yield f"largest size hidden: {hidden['rows']} rows foretold {told}"
    for each in found["forecast"]:
        seconds = each["cost"]["generator_seconds"]
        cost = "cost unknown" if seconds is None else f"{seconds / 3600:.2f} h of the generators"
        told = "no interval"
        if each["low"] is not None:
            told = f"{each['low']:.3f} to {each['high']:.3f}"
        yield (
            f"{each['rows']:8} rows  {each['value']:.3f}  ({told})"
            f"  {each['gain']:+.3f} for {each['cost']['more_rows']} more rows, {cost}"
        )
    yield f"advice: {found['advice']}"
