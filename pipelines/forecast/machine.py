"""What computes a run, and how fast: GPUs, or the cores of this machine for small models."""

from dataclasses import dataclass

from pipelines.forecast import assumptions as known
from pipelines.forecast.assumptions import Assumption, parameters_of, told
from pipelines.training.rates import ASSUMED, Doing, Rates

SHIPPED = "shipped:"


@dataclass(frozen=True, slots=True)
class Machine:
    """What computes: `gpu_count` H100s, or this machine's cores for the small shipped models."""

    gpu_count: float
    rates: Rates = ASSUMED
    decode: Assumption = known.GPU_DECODE
    """Tokens a second that one GPU writes, times parameters."""
    small_decode: Assumption | None = None
    """The same of this machine's cores, where a sweep has measured it."""

    def work(self, model: str, amount: float, doing: Doing) -> tuple[float | None, float | None]:
        """GPU hours and seconds for tokens written, or for operations a parameter."""
        size = parameters_of(model)
        if size is None:
            return None, None
        if is_small(model):
            starts, share = BESIDE[doing]
            if doing == "write" and self.small_decode:
                return 0.0, self.start(model, starts) + amount * size / self.small_decode.value
            rate = share.value * self.rates.operations.of(doing)
            operations = amount * size * (known.READ_OPERATIONS.value if doing == "write" else 1)
            return 0.0, self.start(model, starts) + operations / rate
        rate = (self.decode if doing == "write" else known.GPU_FLOPS).value
        seconds = amount * size / rate
        return seconds / 3600, seconds / self.gpu_count

    def start(self, model: str, starts: Assumption) -> float:
        """Seconds until a process has begun with a small model; a GPU's are not counted."""
        return starts.value * self.rates.start_s if is_small(model) else 0.0

    def told(self, model: str, doing: Doing) -> tuple[str, ...]:
        """What that takes for granted."""
        if is_small(model) and doing == "write" and self.small_decode:
            return told(BESIDE[doing][0], self.small_decode)
        if is_small(model):
            return (*told(*BESIDE[doing]), f"this machine's rates: {self.rates}")
        return told(self.decode if doing == "write" else known.GPU_FLOPS)


BESIDE = {
    "write": (known.ENGINE_STARTS, known.ENGINE_SHARE),
    "train": (known.TRAINING_STARTS, known.TRAINING_SHARE),
    "read": (known.READING_STARTS, known.READING_SHARE),
}
"""How long each begins, in starts of torch, and its share of the rate that was measured."""


def is_small(model: str) -> bool:
    """Whether a model needs no GPU."""
    return model.startswith(SHIPPED)
