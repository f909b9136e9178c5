"""What one stage of a recipe will take, by what it does: ask, write, train; with assumptions."""

from dataclasses import dataclass
from typing import Any

from pipelines import assumptions as known
from pipelines.assumptions import Assumption, parameters_of
from pipelines.prices import Price, usage_of
from pipelines.recipe import Recipe
from pipelines.recordings import Recording, read_recording
from pipelines.step_flags import LOCAL, OWN_TEACHERS, RECORDED

SHIPPED = "shipped:"


@dataclass(frozen=True, slots=True)
class Forecast:
    """What one stage will take; None is what nobody can tell (a price, a model's size)."""

    stage: str
    items: int
    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    dollars: float | None = None
    gpu_hours: float | None = 0.0
    bytes: int = 0
    seconds: float | None = 0.0
    assumptions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Machine:
    """What computes: `gpu_count` H100s, or two cores for the small models that are shipped."""

    gpu_count: int

    def work(self, model: str, amount: float, *, writes: bool) -> tuple[float | None, float | None]:
        """GPU hours and seconds for tokens written, or for operations a parameter."""
        size = parameters_of(model)
        if size is None:
            return None, None
        on_cpu = model.startswith(SHIPPED)
        if writes:
            rate = (known.CPU_DECODE if on_cpu else known.GPU_DECODE).value / size
        else:
            rate = (known.CPU_FLOPS if on_cpu else known.GPU_FLOPS).value / size
        seconds = amount / rate
        return (0.0, seconds) if on_cpu else (seconds / 3600, seconds / self.gpu_count)


@dataclass(frozen=True, slots=True)
class Planner:
    """Forecasts of a recipe with its teacher at `place`."""

    recipe: Recipe
    place: str
    machine: Machine
    price: Price | None

    def asked(self, stage: str, calls: float, prompt: float, completion: float) -> Forecast:
        """A stage that asks the teacher; tokens are those of one call."""
        count, answer = round(calls), min(completion, self.recipe.teacher.max_tokens)
        batch = self.recipe.teacher.batch and self.place not in OWN_TEACHERS
        total = usage_of(self.price, round(count * prompt), round(count * answer), batch=batch)
        gpu_hours, seconds = self._asking(count, prompt, answer)
        used = (known.CHARACTERS_PER_TOKEN, known.TOKENS_PER_WORD, known.WRITTEN_SHARE)
        price = f"price: {self.price.source}" if self.price else "price: none is known"
        return Forecast(
            stage,
            count,
            count,
            total.prompt_tokens,
            total.completion_tokens,
            total.dollars,
            gpu_hours,
            bytes_of(count, total.completion_tokens),
            seconds,
            (*told(*used, *self._pace()), price),
        )

    @property
    def recording(self) -> Recording | None:
        """What a recorded teacher answers from."""
        is_recorded = self.place == RECORDED
        return read_recording(self.recipe.teacher.recording) if is_recorded else None

    def _pace(self) -> tuple[Assumption, ...]:
        if self.place == RECORDED:
            return ()
        if self.place == LOCAL:
            is_small = self.recipe.models.teacher.startswith(SHIPPED)
            return (known.CPU_DECODE,) if is_small else (known.GPU_DECODE,)
        if self.recipe.teacher.batch:
            return (known.BATCH_S,)
        return known.CALL_START_S, known.CALL_TOKENS_PER_S

    def _asking(
        self, calls: int, prompt: float, answer: float
    ) -> tuple[float | None, float | None]:
        teacher = self.recipe.teacher
        if self.place == RECORDED:
            return 0.0, 0.0
        if self.place == LOCAL:
            return self.machine.work(self.recipe.models.teacher, calls * answer, writes=True)
        if teacher.batch:
            return 0.0, known.BATCH_S.value
        each = known.CALL_START_S.value + answer / known.CALL_TOKENS_PER_S.value
        waits = [calls * each / teacher.concurrency]
        waits += [60 * calls / teacher.rpm] if teacher.rpm else []
        waits += [60 * calls * (prompt + teacher.max_tokens) / teacher.tpm] if teacher.tpm else []
        return 0.0, max(waits)

    def written(self, stage: str, count: float, tokens: float) -> Forecast:
        """A stage in which a generator writes `count` texts of `tokens` each."""
        model = self.recipe.models.generator
        gpu_hours, seconds = self.machine.work(model, count * tokens, writes=True)
        decode = known.CPU_DECODE if model.startswith(SHIPPED) else known.GPU_DECODE
        return Forecast(
            stage,
            round(count),
            gpu_hours=gpu_hours,
            bytes=bytes_of(count, count * tokens),
            seconds=seconds,
            assumptions=told(known.TOKENS_PER_WORD, known.WRITTEN_SHARE, decode),
        )

    def trained(
        self, stage: str, rows: float, tokens: float, operations: Assumption, **more: Any
    ) -> Forecast:
        """A stage that trains a model on `rows`, `tokens` in all."""
        model = more.get("model", self.recipe.models.generator)
        gpu_hours, seconds = self.machine.work(model, operations.value * tokens, writes=False)
        flops = known.CPU_FLOPS if model.startswith(SHIPPED) else known.GPU_FLOPS
        return Forecast(
            stage,
            round(rows),
            gpu_hours=gpu_hours,
            bytes=weights_of(model),
            seconds=seconds,
            assumptions=told(operations, flops, known.WEIGHT_BYTES),
        )


def told(*used: Assumption) -> tuple[str, ...]:
    """Assumptions as text."""
    return tuple(str(each) for each in used)


def bytes_of(count: float, tokens: float) -> int:
    """Bytes of written texts in the run's folder."""
    texts = tokens * known.CHARACTERS_PER_TOKEN.value
    return round(known.COPIES.value * (texts + count * known.RECORD_BYTES.value))


def weights_of(model: str) -> int:
    """Bytes of a model's weights; 0 when its size is not known."""
    return round((parameters_of(model) or 0) * known.WEIGHT_BYTES.value)
