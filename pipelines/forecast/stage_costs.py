"""What one stage of a recipe will take, by what it does: ask, write, train; with assumptions."""

from dataclasses import dataclass, replace
from typing import Any

from pipelines.budget.usage import usage_of
from pipelines.chat_api.thinking_room import room_of
from pipelines.cli.step_flags import LOCAL, OWN_TEACHERS, RECORDED
from pipelines.distributed.devices import Devices
from pipelines.forecast import assumptions as known
from pipelines.forecast.assumptions import Assumption, parameters_of, told
from pipelines.forecast.machine import Machine
from pipelines.recipe.prices import Price
from pipelines.recipe.recipe import Recipe
from pipelines.teacher.recordings import Recording, read_recording


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

    def beside(self, seconds: float, *used: Assumption) -> "Forecast":
        """With so many seconds more."""
        total = None if self.seconds is None else self.seconds + seconds
        return replace(self, seconds=total, assumptions=(*self.assumptions, *told(*used)))


@dataclass(frozen=True, slots=True)
class Planner:
    """Forecasts of a recipe with its teacher at `place`."""

    recipe: Recipe
    place: str
    machine: Machine
    price: Price | None

    def asked(self, stage: str, calls: float, prompt: float, completion: float) -> Forecast:
        """A stage that asks the teacher; tokens are those of one call."""
        count, thinking = round(calls), self._thinking()
        answer = min(completion, self.recipe.teacher.max_tokens)
        batch = self.recipe.teacher.batch and self.place not in OWN_TEACHERS
        written = answer + thinking.value
        total = usage_of(self.price, round(count * prompt), round(count * written), batch=batch)
        gpu_hours, seconds = self._asking(count, prompt, written)
        used = (known.CHARACTERS_PER_TOKEN, known.TOKENS_PER_WORD, known.WRITTEN_SHARE, thinking)
        price = f"price: {self.price.source}" if self.price else "price: none is known"
        return Forecast(
            stage,
            count,
            count,
            total.prompt_tokens,
            total.completion_tokens,
            total.dollars,
            gpu_hours,
            bytes_of(count, count * answer),
            seconds,
            (*told(*used), *self._pace(), price),
        )

    def _thinking(self) -> Assumption:
        room = 0 if self.place == RECORDED else room_of(self.recipe.teacher)
        return replace(known.THINKING, value=room)

    @property
    def recording(self) -> Recording | None:
        """What a recorded teacher answers from."""
        return read_recording(self.recipe.teacher.recording) if self.place == RECORDED else None

    def _pace(self) -> tuple[str, ...]:
        if self.place == RECORDED:
            return told(known.STEP_S, known.RECORDED_S)
        if self.place == LOCAL:
            return self.machine.told(self.recipe.models.teacher, "write")
        if self.recipe.teacher.batch:
            return told(known.BATCH_S)
        return told(known.CALL_START_S, known.CALL_TOKENS_PER_S)

    def _asking(
        self, calls: int, prompt: float, answer: float
    ) -> tuple[float | None, float | None]:
        teacher = self.recipe.teacher
        if self.place == RECORDED:
            return 0.0, known.STEP_S.value + calls * known.RECORDED_S.value
        if self.place == LOCAL:
            return self.machine.work(self.recipe.models.teacher, calls * answer, "write")
        if teacher.batch:
            return 0.0, known.BATCH_S.value
        each = known.CALL_START_S.value + answer / known.CALL_TOKENS_PER_S.value
        waits = [calls * each / teacher.concurrency]
        waits += [60 * calls / teacher.rpm] if teacher.rpm else []
        longest = prompt + teacher.max_tokens + self._thinking().value
        waits += [60 * calls * longest / teacher.tpm] if teacher.tpm else []
        return 0.0, max(waits)

    def written(self, stage: str, count: float, tokens: float) -> Forecast:
        """A stage in which a generator writes `count` texts of `tokens` each."""
        model = self.recipe.models.generator
        gpu_hours, seconds = self.machine.work(model, count * tokens, "write")
        return Forecast(
            stage,
            round(count),
            gpu_hours=gpu_hours,
            bytes=bytes_of(count, count * tokens),
            seconds=seconds,
            assumptions=(
                *told(known.TOKENS_PER_WORD, known.WRITTEN_SHARE),
                *self.machine.told(model, "write"),
            ),
        )

    def trained(
        self, stage: str, rows: float, tokens: float, operations: Assumption, **more: Any
    ) -> Forecast:
        """A stage that trains a model on `rows`, `tokens` in all, in batches of `batch_size`."""
        model = more.get("model", self.recipe.models.generator)
        used = Devices(max(1, int(self.machine.gpu_count))).used(more["batch_size"])
        machine = replace(self.machine, gpu_count=used)
        gpu_hours, seconds = machine.work(model, operations.value * tokens, "train")
        return Forecast(
            stage,
            round(rows),
            gpu_hours=gpu_hours,
            bytes=weights_of(model),
            seconds=seconds,
            assumptions=(*told(operations, known.WEIGHT_BYTES), *machine.told(model, "train")),
        )


def bytes_of(count: float, tokens: float) -> int:
    """Bytes of written texts in the run's folder."""
    texts = tokens * known.CHARACTERS_PER_TOKEN.value
    return round(known.COPIES.value * (texts + count * known.RECORD_BYTES.value))


def weights_of(model: str) -> int:
    """Bytes of a model's weights; 0 when its size is not known."""
    return round((parameters_of(model) or 0) * known.WEIGHT_BYTES.value)
