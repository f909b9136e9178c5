"""A run's summary in, one self-contained page out: no script, no network, all text escaped."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from littlegiants.errors import BadInput
from pipelines.report import format as form
from pipelines.report.costs import cost_view
from pipelines.report.curves import Curve, curve, scaling_view
from pipelines.report.figures import (
    alignment_view,
    bars,
    compared_view,
    dataset_rows,
    flows,
    headline,
    yields,
)
from pipelines.report.forecast import forecast_rows
from pipelines.report.format import items, number, part
from pipelines.report.promotions import agreement_of, trial_rows
from pipelines.report.sample_galleries import galleries
from pipelines.report.score_means import score_means, table_of
from pipelines.report.score_rows import control_names, interval, scores
from pipelines.report.spend import judges, spending, stage_spends

TEMPLATES = Path(__file__).parent / "templates"
MODELS = ("junior", "senior", "revisor", "embedder")
MEASURES = {"loss": MODELS, "margin": ("senior",), "accuracy": ("senior",)}
"""What each model's log is expected to hold."""

FACTS = (
    *("run", "not_done", "attempts", "started", "finished", "seconds"),
    *("peak_memory_bytes", "seed"),
)
SECTIONS = (
    ("flow", "From topics to data set"),
    ("teacher", "What the teacher cost"),
    ("costs", "Teacher and GPUs together"),
    ("forecast", "Forecast and what came of it"),
    ("judges", "Who judged"),
    ("yields", "Valid samples"),
    ("profile", "What the rows are like"),
    ("training", "Training"),
    ("scores", "Scores"),
    ("samples", "Samples"),
    ("run", "Settings and machine"),
)
"""Anchor and title of each section, in the page's order."""


def render_report(summary: Mapping[str, Any]) -> str:
    """The whole report as HTML; what `summary` lacks is said to be missing.

    Raises BadInput when `run` or `stages` is missing: without them there is no run to report on.
    """
    if not isinstance(summary.get("run"), str):
        raise BadInput("summary.run: name the run's folder")
    if not isinstance(summary.get("stages"), list | tuple):
        raise BadInput("summary.stages: list the run's stages, each with a name")
    return (
        _environment().get_template("report.html.j2").render(_view(part(form.printable(summary))))
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = ("count", "score", "signed", "percent", "duration", "size", "moment")
    environment.filters.update({name: getattr(form, name) for name in filters})
    environment.globals.update(missing=form.MISSING, sections=SECTIONS, zip=zip)
    return environment


def _view(summary: Mapping[str, Any]) -> dict[str, Any]:
    stages, teacher = items(summary["stages"]), part(summary, "teacher")
    rows, calls = dataset_rows(stages), number(teacher.get("calls"))
    return {
        **{fact: summary.get(fact) for fact in FACTS},
        "title": headline(rows, calls),
        "row_count": rows,
        "stages": stages,
        "flows": flows(stages),
        "teacher": spending(teacher, rows),
        "costs": cost_view(part(summary, "costs")),
        "stage_spends": stage_spends(stages),
        "forecasts": forecast_rows(part(summary, "forecast")),
        **_judged(summary),
        **_rows(summary),
        **_studies(summary),
        "training": _training(part(summary, "training")),
        "scores": (scored := scores(summary.get("scores"))),
        "controls": control_names(scored),
        "score_means": [table_of(each) for each in score_means(items(summary.get("scores")))],
        "galleries": galleries(summary),
        **_settings(summary),
        **_stages(stages),
    }


def _judged(summary: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "judges": judges(part(summary, "judges")),
        "agreement": agreement_of(part(summary, "judge_agreement")),
        "trials": trial_rows(items(summary.get("promotions"))),
    }


def _stages(stages: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    named = [(str(stage.get("name")), stage) for stage in stages]
    seconds = bars(number(stage.get("seconds")) for stage in stages)
    return {
        "clock": list(zip(stages, seconds, strict=True)),
        "failed": [(name, each) for name, stage in named for each in items(stage.get("failed"))],
        "details": {name: tuple(form.flat(part(stage, "detail"))) for name, stage in named},
    }


def _settings(summary: Mapping[str, Any]) -> dict[str, Any]:
    versions = tuple(form.flat(part(summary, "versions")))
    return {"recipe": _grouped(part(summary, "recipe")), "versions": versions}


def _training(logs: Mapping[str, Any]) -> list[tuple[str, str, Curve | None]]:
    return [
        (model, measure, curve(items(logs.get(model)), measure))
        for measure, models in MEASURES.items()
        for model in models
    ]


def _rows(summary: Mapping[str, Any]) -> dict[str, Any]:
    profile, names = part(summary, "profile"), ("diversity", "lengths")
    figures = {name: items(profile.get(name)) for name in names}
    return {"yields": yields(part(summary, "yields")), **figures}


def _studies(summary: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "scaling": scaling_view(part(summary, "scaling")),
        "ablation_embedders": _ablation_embedders(part(summary, "ablation")),
        "alignment": alignment_view(part(summary, "alignment")),
        "choices": compared_view(part(summary, "choices")),
    }


def _ablation_embedders(ablation: Mapping[str, Any]) -> dict[str, Any]:
    rows = items(ablation.get("embedders"))
    tasks = dict.fromkeys(task for row in rows for task in part(row, "scores"))
    best = {
        task: max(
            (v for row in rows if (v := number(part(row, "scores").get(task))) is not None),
            default=None,
        )
        for task in tasks
    }
    return {"rows": rows, "tasks": tuple(tasks), "best": best, "less": list(_less(rows))}


def _less(rows: Iterable[Mapping[str, Any]]) -> Iterator[tuple[Any, ...]]:
    """By how much the data set's embedder is better than each other one, task by task."""
    for row in rows:
        for task, found in part(row, "less").items():
            mean, *ends = found if isinstance(found, list) else (None,)
            yield row.get("trained_on"), task, number(mean), interval(ends)


def _grouped(recipe: Mapping[str, Any]) -> dict[str, tuple[tuple[str, str], ...]]:
    single = {key: value for key, value in recipe.items() if not isinstance(value, Mapping)}
    groups = {key: value for key, value in recipe.items() if isinstance(value, Mapping)}
    return {
        name: tuple(form.flat(group))
        for name, group in {"recipe": single, **groups}.items()
        if group
    }
