"""What an evaluation will take: texts to read, by so many models, in parts side by side."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipelines.evaluation.presets import BEIR, BUILTIN, are_read_by_base, without_presets
from pipelines.forecast import assumptions as known
from pipelines.forecast.assumptions import Assumption, parameters_of, told
from pipelines.forecast.machine import is_small
from pipelines.forecast.stage_costs import Forecast, Planner
from pipelines.recipe.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Amount:
    """Tokens of so many tasks, and the share of the largest, which no two GPUs can divide."""

    tasks: int
    tokens: Assumption
    largest: Assumption | None = None

    @property
    def most(self) -> float:
        """Tokens of the largest task."""
        whole = self.tokens.value
        return whole * self.largest.value if self.largest else whole


BENCHMARKS: Mapping[str, Amount] = {
    "MTEB(eng, v1)": Amount(56, known.PAPER_TOKENS, known.PAPER_LARGEST),
    "MTEB(eng, v2)": Amount(41, known.ENGLISH_TOKENS, known.ENGLISH_LARGEST),
    "NanoBEIR": Amount(13, known.NANO_TOKENS, known.NANO_LARGEST),
}


def evaluated(planner: Planner) -> Forecast:
    """The time is that of the part which reads longest."""
    recipe, machine, model = planner.recipe, planner.machine, planner.recipe.models.embedder
    settings = recipe.evaluate
    amounts = list(_amounts(recipe))
    tokens = sum(each.tokens.value for each in amounts)
    operations = _readers(recipe) * tokens * known.READ_OPERATIONS.value
    gpu_hours, seconds = machine.work(model, operations, "read")
    if is_small(model) and seconds is not None:
        seconds += (settings.shard_count - 1) * machine.start(model, known.READING_STARTS)
    elif gpu_hours is not None and tokens:
        side_by_side = min(settings.shard_count, machine.gpu_count)
        longest = max(1 / side_by_side, *(each.most / tokens for each in amounts))
        seconds = 3600 * gpu_hours * longest
    used = [each for amount in amounts for each in (amount.tokens, amount.largest) if each]
    return Forecast(
        "evaluate",
        sum(each.tasks for each in amounts),
        gpu_hours=gpu_hours,
        seconds=seconds,
        assumptions=(
            *told(known.READ_OPERATIONS, *dict.fromkeys(used)),
            *machine.told(model, "read"),
        ),
    )


def _readers(recipe: Recipe) -> float:
    """How many times the embedder's size reads all texts; words and input vectors are no layers."""
    settings, models = recipe.evaluate, recipe.models
    found = 1.0 + are_read_by_base(settings.tasks, settings.base)
    found += "mean_pooled" in settings.controls
    own, scorer = (parameters_of(each) for each in (models.embedder, models.scorer))
    # a small machine's measured rate of reading has its controls in it
    if "scorer" in settings.controls and own and scorer and not is_small(models.embedder):
        found += scorer / own
    return found


def _amounts(recipe: Recipe) -> Iterator[Amount]:
    texts = recipe.evaluate.query_count + recipe.evaluate.document_count
    each = known.DOCUMENT_TOKENS
    small = Assumption(f"tokens of a set of {texts} texts", texts * each.value, f"{each}")
    for name in without_presets(recipe.evaluate.tasks):
        if name in BENCHMARKS:
            yield BENCHMARKS[name]
        elif name in BUILTIN or name.startswith(BEIR):
            yield Amount(1, small)
        else:
            yield Amount(1, known.TASK_TOKENS)
