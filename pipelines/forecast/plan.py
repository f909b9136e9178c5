"""The plan of a run, stage by stage, before it starts: calls, tokens, money, hours, bytes."""

from collections.abc import Collection
from dataclasses import replace

from littlegiants.heartbeat import doing
from littlegiants.kinds import SPECS
from pipelines.data.examples import example_count
from pipelines.forecast import assumptions as known
from pipelines.forecast.assumptions import told
from pipelines.forecast.evaluation import evaluated
from pipelines.forecast.machine import Machine, is_small
from pipelines.forecast.scorer_reading import with_content
from pipelines.forecast.stage_costs import Forecast, Planner, bytes_of, weights_of
from pipelines.forecast.token_lengths import Texts
from pipelines.forecast.trials import with_trial
from pipelines.models.model_folders import CONVERTED, is_packed, models_needed
from pipelines.recipe.recipe import Recipe
from pipelines.teacher.endpoint import teacher_price
from pipelines.topics.topics import given_topics, is_grown
from pipelines.training.rates import ASSUMED, rates_here

GPUS, PAIR = 8, 2
MACHINE = Machine(GPUS)


def plan(
    recipe: Recipe, place: str, machine: Machine = MACHINE, *, is_local: bool = True
) -> list[Forecast]:
    """A forecast for each stage of the loop, in its order.

    `is_local`: the run's folder is on the machine of its stages, where `prepare` fetches for all.
    """
    planner = Planner(recipe, place, machine, teacher_price(recipe, place))
    texts = Texts(recipe)
    return [
        *_beginnings(planner, texts, is_local=is_local),
        *_junior(planner, texts),
        *_senior(planner, texts),
        *_revisor(planner, texts),
        *_data_set(planner, texts),
        *_embedder(planner, texts),
    ]


def _beginnings(planner: Planner, texts: Texts, *, is_local: bool) -> list[Forecast]:
    recipe = planner.recipe
    models = models_needed(recipe, planner.place)
    size = sum(map(weights_of, models)) if is_local else 0
    asked = {kind: share for kind, share in recipe.shares.items() if not SPECS[kind].fixed_task}
    calls = recipe.topics.count * sum(asked.values()) / sum(recipe.shares.values())
    prompt = texts.prompt + texts.shot(texts.prompt, texts.sample)
    return [
        _prepared(planner, models, size),
        *([_grown(planner, texts)] if is_grown(recipe) else []),
        planner.asked("brainstorm", calls, texts.brainstorm_prompt, texts.tasks),
        planner.asked("seed", recipe.seeds.count, prompt, texts.sample),
    ]


def _prepared(planner: Planner, models: Collection[str], size: int) -> Forecast:
    found = Forecast("prepare", len(models), bytes=size, assumptions=told(known.WEIGHT_BYTES))
    found = found.beside(known.STEP_S.value, known.STEP_S)
    packed = [each for each in models if size and is_packed(each, CONVERTED)]
    for model in packed:
        found = found.beside(
            planner.machine.start(model, known.CONVERSION_STARTS), known.CONVERSION_STARTS
        )
    return found


def _grown(planner: Planner, texts: Texts) -> Forecast:
    """Each call puts its topics in the place of one."""
    topics = planner.recipe.topics
    missing = max(0, topics.count - len(given_topics(planner.recipe)))
    calls = missing / (known.NEW_SHARE.value * topics.children - 1)
    asked = planner.asked("topics", calls, texts.widen_prompt, texts.subtopics)
    return replace(
        asked, items=topics.count, assumptions=(*asked.assumptions, str(known.NEW_SHARE))
    )


def _junior(planner: Planner, texts: Texts) -> list[Forecast]:
    recipe = planner.recipe
    rows = recipe.seeds.count + example_count(recipe.examples.seeds)
    tokens = rows * (texts.prompt + texts.sample) * recipe.junior.epochs
    written = recipe.propose.count * recipe.propose.candidate_count
    return [
        planner.trained(
            "finetune-junior",
            rows,
            tokens,
            known.TRAIN_OPERATIONS,
            batch_size=recipe.junior.batch_size,
        ),
        _promoted(planner, texts, "junior"),
        planner.written("propose", written, texts.sample),
    ]


def _senior(planner: Planner, texts: Texts) -> list[Forecast]:
    recipe, recording = planner.recipe, planner.recording
    most = len(recording.judged) if recording else recipe.propose.count
    count = PAIR if recording else recipe.propose.candidate_count
    judged = min(recipe.judge.teacher_count, most)
    by_scorer = recipe.propose.count - (0 if recording else judged)
    pairs = judged + by_scorer * (2 if recipe.judge.valid_pairs else 1)
    tokens = 2 * pairs * (texts.prompt + texts.sample) * recipe.senior.epochs
    scorer = planner.machine.start(recipe.models.scorer, known.SCORER_STARTS)
    swapped = 0 if recording else int(recipe.judge.swapped_share * judged)
    asked = planner.asked("judge", judged + swapped, texts.judge_prompt(count), texts.judgement)
    return [
        asked.beside(scorer, known.SCORER_STARTS) if pairs > judged else asked,
        planner.trained(
            "align",
            pairs,
            tokens,
            known.DPO_OPERATIONS,
            batch_size=recipe.senior.batch_size,
        ),
        _promoted(planner, texts, "senior"),
    ]


def _revisor(planner: Planner, texts: Texts) -> list[Forecast]:
    recipe, recording = planner.recipe, planner.recording
    most = len(recording.corrections) if recording else recipe.propose.count
    calls = min(recipe.correct.count, most)
    rows = calls + example_count(recipe.examples.corrections)
    prompt = texts.correct_prompt + texts.shot(texts.correct_prompt, texts.revision)
    tokens = rows * (texts.correct_prompt + texts.revision) * recipe.revisor.epochs
    return [
        planner.asked("correct", calls, prompt, texts.revision),
        planner.trained(
            "finetune-revisor",
            rows,
            tokens,
            known.TRAIN_OPERATIONS,
            batch_size=recipe.revisor.batch_size,
        ),
        _promoted(planner, texts, "revisor"),
    ]


def _data_set(planner: Planner, texts: Texts) -> list[Forecast]:
    count = planner.recipe.synthesize.count
    second = planner.machine.start(planner.recipe.models.generator, known.ENGINE_STARTS)
    drafted = planner.recipe.synthesize.candidate_count * texts.sample
    both = planner.written("synthesize", count, drafted + texts.revision)
    for _ in planner.recipe.synthesize.active_writers:  # the revisor after them
        both = both.beside(second)
    if drafted > texts.sample:
        both = with_content(both, planner, count * drafted)
    size = bytes_of(count, count * texts.sample) / known.COPIES.value * known.KEPT_SHARE.value
    used = told(known.KEPT_SHARE, known.RECORD_BYTES)
    curated = Forecast("curate", count, bytes=round(size), assumptions=used)
    curated = curated.beside(count * known.CURATED_S.value, known.CURATED_S)
    if planner.recipe.curate.language:
        told_s = count * (texts.sample + texts.revision) / known.TOLD_TOKENS_PER_S.value
        curated = curated.beside(told_s, known.TOLD_TOKENS_PER_S)
    if planner.recipe.curate.reads_content:
        curated = with_content(curated, planner, count * (2 * texts.sample + texts.revision))
    return [both, curated]


def _embedder(planner: Planner, texts: Texts) -> list[Forecast]:
    recipe, embedder = planner.recipe, planner.recipe.embedder
    rows = recipe.synthesize.count * known.KEPT_SHARE.value
    text = min(texts.sample / texts.text_count, embedder.max_length)
    is_cached = embedder.mini_batch_size < embedder.batch_size
    operations = known.CACHED_OPERATIONS if is_cached else known.TRAIN_OPERATIONS
    model = recipe.models.embedder
    read = rows * texts.text_count * text
    how = {"model": model, "batch_size": embedder.batch_size}
    trained = planner.trained("embed", rows, read * embedder.epochs, operations, **how)
    if embedder.guide:
        alone = replace(planner, machine=replace(planner.machine, gpu_count=1))
        trained = with_content(trained, alone, read, model=embedder.guide)
    return [trained, evaluated(planner)]


def _promoted(planner: Planner, texts: Texts, role: str) -> Forecast:
    size = weights_of(planner.recipe.models.generator)
    found = Forecast(f"promote-{role}", 1, bytes=size, assumptions=told(known.WEIGHT_BYTES))
    found = found.beside(size / known.COPIED_BYTES_PER_S.value, known.COPIED_BYTES_PER_S)
    return with_trial(found, planner, texts, role)


@doing("measuring how fast this machine is")
def machine_here(recipe: Recipe, gpu_count: int = GPUS) -> Machine:
    """This machine, measured where one of the recipe's models needs no GPU."""
    models = (*recipe.models.model_dump().values(), recipe.embedder.guide)
    return Machine(gpu_count, rates_here() if any(map(is_small, models)) else ASSUMED)
