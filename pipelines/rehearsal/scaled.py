"""A recipe scaled down: every count as small as its stages allow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.cli.step_flags import RECORDED
from pipelines.data.examples import read_examples
from pipelines.data.records import Correction, Seed
from pipelines.recipe.recipe import Recipe
from pipelines.recipe.synthesis_section import OWN_WRITERS
from pipelines.recipe.training_sections import EmbedSettings, FinetuneSettings
from pipelines.rehearsal.short_texts import shortened

TOPICS, SEEDS, PROPOSED, CANDIDATES, CORRECTED, RAW, SHARDS = 20, 10, 10, 3, 8, 40, 2
"""Enough for a task of each kind, and for two batches of the kinds that are asked for most."""
CHILDREN, SAME_NAME = 4, 0.9999
"""Of grown topics: asked for in one call, and the cosine of two names that count as one."""
STEPS = 2
"""Of each training: the second one reads what the first one wrote."""
TRAINED_TOKENS, LEAST_TOKENS = 2048, 1024
"""A training's longest row: a random model's texts fall into more tokens than a taught one's."""
HELD_ROWS, EMBEDDED_ROWS = 1, 4
"""The most that a device holds at a time: logits of a large vocabulary are what fills memory."""
SHARED_ROWS = 12
"""An embedder's batch: one, two, three or four processes divide it."""
MOST_PROCESSES = 4


@dataclass(frozen=True, slots=True)
class Stand:
    """What stands in for what the recipe names: models by role, tasks of the evaluation."""

    models: Mapping[str, str]
    tasks: Sequence[str]
    roots: str = ""
    """File of topics; empty where none grow."""


def processes_for(devices: int) -> int:
    """How many processes rehearse a training on so many devices."""
    return min(devices, MOST_PROCESSES)


def shared(batch: int, devices: int) -> int:
    """About `batch`; the rehearsal's processes divide it just when `devices` divide `batch`."""
    processes = processes_for(devices)
    if batch % devices:
        return batch if batch % processes else batch + 1
    return max(batch - batch % processes, processes)


def scaled(recipe: Recipe, stand: Stand, *, devices: int = 1) -> Recipe:
    """`recipe` at the least size; what `devices` cannot divide, their rehearsal cannot either."""
    changes = {
        "models": dict(stand.models),
        "teacher": _asked(recipe),
        "serving": _served(recipe),
        "evaluate": _evaluated(recipe, stand.tasks),
        "curate": _curated(recipe),
        "embedder": _embedded(recipe.embedder, devices) | _guided(recipe, stand),
        "topics": _topics(recipe, stand.roots),
        "tracking": {"to": ()},
        **_counts(recipe),
        **_trainings(recipe, devices),
    }
    fields = recipe.model_dump(mode="json") | {"slots": shortened(recipe)}
    for section, changed in changes.items():
        fields[section] = fields[section] | changed
    return Recipe.model_validate(fields)


def _topics(recipe: Recipe, roots: str) -> dict[str, Any]:
    """Few; to a random scorer all names are alike, so that only equal ones go."""
    topics = recipe.topics
    found = {
        "count": min(topics.count, TOPICS),
        "children": min(topics.children, CHILDREN),
        "most_alike": max(topics.most_alike, SAME_NAME),
    }
    return found | ({"roots": roots} if roots else {})


def _counts(recipe: Recipe) -> dict[str, dict[str, Any]]:
    proposed = min(recipe.propose.count, PROPOSED)
    candidates = min(recipe.propose.candidate_count, CANDIDATES)
    shards = min(recipe.synthesize.shard_count, SHARDS)
    return {
        "seeds": {"count": min(recipe.seeds.count, SEEDS)},
        "propose": {"count": proposed, "candidate_count": candidates},
        "judge": {"teacher_count": _judged(recipe, proposed)},
        "correct": {"count": min(recipe.correct.count, CORRECTED)},
        "synthesize": {
            "count": min(recipe.synthesize.count, RAW),
            "shard_count": shards,
            **_writers(recipe),
        },
    }


def _writers(recipe: Recipe) -> dict[str, dict[str, Any]]:
    """Those of this run: what another run serves is not asked."""
    active = recipe.synthesize.active_writers
    own = {name: active[name] for name in OWN_WRITERS if name in active}
    return {"writers": own or {"senior": 1.0}, "others": {}}


def _guided(recipe: Recipe, stand: Stand) -> dict[str, str]:
    """The scorer's stand-in guides."""
    return {"guide": stand.models["scorer"]} if recipe.embedder.guide else {}


def _trainings(recipe: Recipe, devices: int) -> dict[str, dict[str, Any]]:
    seeds, corrections = recipe.examples.seeds, recipe.examples.corrections
    rows = {
        "junior": min(recipe.seeds.count, SEEDS) + len(read_examples(Seed, seeds)),
        "senior": min(recipe.propose.count, PROPOSED),
        "revisor": min(recipe.correct.count, CORRECTED)
        + len(read_examples(Correction, corrections)),
    }
    return {role: _trained(getattr(recipe, role), count, devices) for role, count in rows.items()}


def _evaluated(recipe: Recipe, tasks: Sequence[str]) -> dict[str, Any]:
    return {
        "tasks": list(tasks),
        "query_count": min(recipe.evaluate.query_count, 20),
        "document_count": min(recipe.evaluate.document_count, 60),
        "max_length": min(recipe.evaluate.max_length, 64),
        "shard_count": min(recipe.evaluate.shard_count, 2),
    }


def _curated(recipe: Recipe) -> dict[str, Any]:
    """To a random scorer made-up words say nothing: it looks at their content and drops no row."""
    return {"round_trip": RAW if recipe.curate.round_trip else 0, "fair_negatives": False}


def _judged(recipe: Recipe, proposed: int) -> int:
    """The teacher's share of the prompts; a recorded one knows none of the junior's."""
    if recipe.teacher.place == RECORDED:
        return proposed // 2
    judged = recipe.judge.teacher_count
    return min(proposed, judged, max(1, judged * proposed // max(1, recipe.propose.count)))


def _asked(recipe: Recipe) -> dict[str, Any]:
    """Caps and prices stay; a cache that runs share must not learn a scripted teacher's answers."""
    return {
        "concurrency": min(recipe.teacher.concurrency, 8),
        "rpm": None,
        "tpm": None,
        "cache": "",
        "batch_poll_s": min(recipe.teacher.batch_poll_s, 0.2),
        "length_in_schema": True,  # the script reads there how long a text shall be
    }


def _served(recipe: Recipe) -> dict[str, Any]:
    """The longest prompt stays: a model that has fewer positions refuses it here too."""
    serving = recipe.serving
    return {
        "max_seqs": min(serving.max_seqs, 16),
        "max_tokens": min(serving.max_tokens, 300),
        "kv_cache_gib": min(serving.kv_cache_gib, 0.25),
    }


def _trained(settings: FinetuneSettings, rows: int, devices: int) -> dict[str, Any]:
    """Few steps on `rows`, each as large as the recipe's where there are rows enough."""
    batch = shared(settings.batch_size, devices)
    return {
        "batch_size": batch,
        "micro_batch_size": min(settings.micro_batch_size, HELD_ROWS),
        "epochs": STEPS * min(1.0, batch / max(rows, 1)),
        "max_length": max(LEAST_TOKENS, min(settings.max_length, TRAINED_TOKENS)),
        "checkpoint_steps": 1,
    }


def _embedded(settings: EmbedSettings, devices: int) -> dict[str, Any]:
    is_cached = settings.mini_batch_size < settings.batch_size
    batch = SHARED_ROWS if settings.batch_size % devices == 0 else SHARED_ROWS + 1
    return {
        "batch_size": batch,
        "mini_batch_size": EMBEDDED_ROWS if is_cached else batch,
        "epochs": 1,
        "max_length": min(settings.max_length, 64),
        "checkpoint_steps": 1,
    }
