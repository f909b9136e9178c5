"""Rates that a sweep of the engine has measured, in place of those that a forecast assumes."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, ValidationError

from littlegiants.errors import BadInput
from pipelines.forecast.assumptions import Assumption, parameters_of
from pipelines.forecast.machine import is_small


class SweptRates(BaseModel):
    """What `python -m services.generator.sweep` writes, as far as a forecast needs it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    model: str
    parameters: int = Field(ge=0)
    """0 where the sweep did not know: of a repository of the hub."""
    gpu: str
    gpus: int = Field(ge=0)
    """That the model was split over; 0: none."""
    tokens_per_s: PositiveFloat
    max_seqs: int
    measured: str
    """Day."""

    def assumption(self) -> Assumption:
        """Tokens a second of one GPU, or of the machine's cores, times parameters.

        Raises BadInput when nobody knows the model's size.
        """
        size = self.parameters or parameters_of(self.model)
        if not size:
            raise BadInput(f"rates: the size of {self.model} is not known; sweep a folder of it")
        each = self.tokens_per_s / max(self.gpus, 1)
        where = f"one {self.gpu}" if self.gpus else "this machine's cores"
        name = f"tokens a second that are written by {where}, times parameters"
        told = f"{each:,.0f} of {self.model}, {self.max_seqs} side by side, swept {self.measured}"
        return Assumption(name, each * size, told)


def swept(file: str, model: str) -> dict[str, Any]:
    """Fields of a `Machine` that writes as fast as the sweep in `file` found; none without a file.

    `model` is the generators'. Raises BadInput when it is no such file, or of another kind of
    machine than writes the model.
    """
    if not file:
        return {}
    try:
        rates = SweptRates.model_validate_json(Path(file).read_text("utf-8"))
    except OSError as error:
        raise BadInput(f"rates: {file}: {error.strerror}; `make sweep` writes it") from error
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        place = ".".join(map(str, fault["loc"]))
        raise BadInput(f"rates: {file}: {place}: {fault['msg']}; `make sweep` writes it") from error
    if is_small(model) == bool(rates.gpus):
        needed = "on cores" if is_small(model) else "on a GPU"
        raise BadInput(f"rates: {file}: {model} is written {needed}; sweep it there")
    return {"small_decode" if is_small(model) else "decode": rates.assumption()}
