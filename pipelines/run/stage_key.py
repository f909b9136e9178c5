"""What a stage's outcome depends on, as one key: another key, and the stage runs again."""

from collections.abc import Mapping, Sequence
from typing import Any

import littlegiants
from littlegiants.tasks import digest
from pipelines.recipe.recipe import Recipe

EVERYWHERE = ("seed", "language", "slots", "templates")
"""Fields that decide every stage."""
TEACHER_PACE = (
    *("place", "concurrency", "rpm", "tpm", "retries", "timeout_s", "deadline_s", "failing_share"),
    *("failing_s", "useless_share", "key_variable", "headers", "cache", "prices", "caps"),
    *("stage_caps", "batch", "batch_poll_s", "batch_requests", "batch_bytes", "batch_deadline_s"),
)
NOT_DECIDING: Mapping[str, Sequence[str]] = {
    "teacher": TEACHER_PACE,
    "serving": ("max_seqs", "kv_cache_gib"),
    "evaluate": ("batch_size", "base_cache"),
    **dict.fromkeys(("junior", "senior", "revisor", "embedder"), ("checkpoint_steps",)),
}
"""Fields that say how fast, how dearly or how safely something is made, but not what."""


def stage_key(name: str, recipe: Recipe, sections: Sequence[str], inputs: Mapping[str, str]) -> str:
    """Key of product version, the recipe's sections or fields (as `models.scorer`), and inputs."""
    plain = recipe.model_dump(mode="json")
    chosen = {section: _chosen(plain, section) for section in {*sections, *EVERYWHERE}}
    return digest([littlegiants.__version__, name, chosen, dict(inputs)])


def _chosen(plain: Mapping[str, Any], section: str) -> Any:
    value: Any = plain
    for field in section.split("."):
        value = value[field]
    if not isinstance(value, dict):
        return value
    if value.get("averaged_checkpoints", 1) > 1:  # and so where they are decides
        return value
    return {key: value[key] for key in value if key not in NOT_DECIDING.get(section, ())}
