"""The card of a trained embedder: its use, data, recipe, scores and licences, as README.md."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import yaml
from huggingface_hub import EvalResult, ModelCardData
from jinja2 import Environment, StrictUndefined, Template

import littlegiants
from pipelines.recipe.recipe import Recipe
from pipelines.report.score_means import score_means, table_of
from pipelines.run.folder import Run
from pipelines.storage.atomic_writes import write_whole
from pipelines.storage.digests import CARD
from pipelines.training.embedder_prompts import GENERAL, prompts_of

TEMPLATE = Path(__file__).parent / "templates" / "model_card.md.j2"
UNKNOWN = "unknown"
Scores: TypeAlias = Sequence[Mapping[str, Any]]
"""Rows of a task each, as `collected_scores` gives them."""
SHIPPED_LICENCES = {
    "shipped:smollm2-135m-instruct": "apache-2.0",
    "shipped:all-minilm-l6-v2": "apache-2.0",
}
"""As their makers state them."""


def write_card(run: Run, embedded: Mapping[str, Any], scores: Scores = ()) -> None:
    """Write the card beside the run's embedder; `embedded` is the record of its training.

    It is no part of the model's digest, so that it may be written again, with `scores`.
    """
    card = model_card(run.recipe, {"embed": embedded, **_records(run)}, scores)
    write_whole(run.folder / "models/embedder" / CARD, card)


def model_card(
    recipe: Recipe, records: Mapping[str, Mapping[str, Any]], scores: Scores = ()
) -> str:
    """The card from the records of the stages by name; `embed` is needed."""
    details = {name: record.get("detail", {}) for name, record in records.items()}
    kinds = details.get("curate", {}).get("kinds", {})
    licences = details["embed"].get("licences", {})
    head = card_data(recipe, scores, licence=licences.get(recipe.models.embedder, UNKNOWN))
    return _template().render(
        head=head.to_yaml(),
        recipe=recipe,
        settings=recipe.embedder,
        version=littlegiants.__version__,
        general=GENERAL,
        prompts=prompts_of(kinds),
        kinds=kinds,
        row_count=records["embed"]["out"],
        revised=details.get("curate", {}).get("revised", 0),
        made={name: details.get(name, {}).get("valid", 0) for name in ("seed", "correct")},
        judged=records.get("judge", {}).get("out", 0),
        teacher=details.get("seed", {}).get("model"),
        **_trained(details["embed"]),
        **_scored(scores),
        licences=licences,
    )


def _trained(detail: Mapping[str, Any]) -> dict[str, Any]:
    return {"steps": detail.get("training", []), "averaged": detail.get("averaged")}


def _scored(scores: Scores) -> dict[str, Any]:
    names = dict.fromkeys(name for row in scores for name in row.get("controls", {}))
    means = [table_of(each) for each in score_means(scores)]
    return {"scores": scores, "means": means, "controls": list(names)}


def _template() -> Template:
    environment = Environment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    return environment.from_string(TEMPLATE.read_text("utf-8"))


def card_data(recipe: Recipe, scores: Scores, *, licence: str) -> ModelCardData:
    """The head of the card, which the hub reads."""
    origin, _, name = recipe.models.embedder.partition(":")
    return ModelCardData(
        language="en" if recipe.language == "English" else None,
        library_name="sentence-transformers",
        pipeline_tag="sentence-similarity",
        tags=["sentence-transformers", "feature-extraction", "synthetic"],
        license=None if licence == UNKNOWN else licence,
        base_model=name if origin == "hf" else None,
        model_name=recipe.name,
        eval_results=[
            EvalResult(
                task_type=row.get("kind", "Retrieval"),
                dataset_type=row["task"],
                dataset_name=row["task"],
                metric_type=row["metric"],
                metric_value=row["trained"],
            )
            for row in scores
        ],
        ignore_metadata_errors=True,
    )


def licences_of(recipe: Recipe, base: Path) -> dict[str, str]:
    """Licences of the embedder's base, which lies in `base`, and of the generators' base."""
    models = recipe.models
    return {
        models.generator: SHIPPED_LICENCES.get(models.generator, _on_page(models.generator)),
        models.embedder: SHIPPED_LICENCES.get(models.embedder) or _stated(base),
    }


def _stated(folder: Path) -> str:
    """What the head of a model's own card says."""
    card = folder / CARD
    head = card.read_text("utf-8", errors="replace").split("---") if card.is_file() else []
    try:
        fields = yaml.safe_load(head[1]) if len(head) > 2 and not head[0].strip() else {}
    except yaml.YAMLError:
        fields = {}
    licence = fields.get("license") if isinstance(fields, dict) else None
    return str(licence or UNKNOWN)


def _on_page(reference: str) -> str:
    origin, _, name = reference.partition(":")
    return f"see https://huggingface.co/{name}" if origin == "hf" else UNKNOWN


def _records(run: Run) -> dict[str, Any]:
    found = {name: run.stage(name) for name in ("seed", "judge", "correct", "curate")}
    return {name: record for name, record in found.items() if record}
