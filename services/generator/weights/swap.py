"""The weight swap in a running engine: the new are checked and warmed, or the old ones serve on."""

import asyncio
from pathlib import Path
from typing import Any

from littlegiants.adapters import CONFIG
from littlegiants.errors import BadInput, LittleGiantsError, Unavailable
from littlegiants.tensors import tensor_digests
from services.generator.engine.model_shape import read_config
from services.generator.engine.protocol import Engine
from services.generator.engine.self_check import (
    IN_COMPANY,
    TOLERANCE,
    Marks,
    are_equal,
    marks_of,
)
from services.generator.engine.warmup import warm
from services.generator.settings import GeneratorSettings
from services.generator.weights.source import Weights

SCALE = ("r", "lora_alpha", "use_rslora", "rank_pattern", "alpha_pattern")
"""What an adapter's configuration does to its tensors."""


class Lost(Unavailable):
    """Nobody knows any more which weights the engine holds: the server must end."""


class WeightSwap:
    """Puts weights in each other's place; nothing else of this engine may be under way."""

    def __init__(self, engine: Engine, settings: GeneratorSettings) -> None:
        self._engine = engine
        self._settings = settings
        self._marks: dict[str, Marks] = {}
        self._tolerance = IN_COMPANY if len(settings.role_names) > 1 else TOLERANCE

    async def check_in(self, weights: Weights) -> None:
        """Check and warm the engine's present weights.

        Raises BadInput when they are broken, or are not those that had this digest before.
        """
        found = await marks_of(self._engine)
        known = self._marks.setdefault(weights.tensors_digest, found)
        if not are_equal(found, known, tolerance=self._tolerance):
            raise BadInput(f"self-check: {weights.digest} gave {known} before and gives {found}")
        await warm(self._engine, self._settings)

    async def replace(self, old: Weights, new: Weights) -> None:
        """Have the engine serve `new`.

        Raises BadInput when it cannot: then `old` is served. Raises Lost when neither is.
        """
        before = await marks_of(self._engine)
        try:
            await self._engine.reload(new.folder, new.digest)
        except BadInput as error:
            await self._expect(old, before)
            raise BadInput(f"{error}; weights {old.digest} serve on") from error
        except LittleGiantsError as error:
            raise Lost(f"weights {new.digest} are half loaded: {error}") from error
        try:
            await self._check_differs(old, new, before)
            await self.check_in(new)
        except LittleGiantsError as error:
            await self._put_back(old, before)
            raise BadInput(f"{error}; weights {old.digest} serve on") from error

    async def _check_differs(self, old: Weights, new: Weights, before: Marks) -> None:
        if old.tensors_digest == new.tensors_digest or await marks_of(self._engine) != before:
            return
        ones = await asyncio.to_thread(contents, old.folder)
        if ones != await asyncio.to_thread(contents, new.folder):
            raise BadInput(
                f"self-check: {new.digest} answers exactly as {old.digest} does, but has other "
                "tensors; they have not reached the model"
            )

    async def _put_back(self, old: Weights, before: Marks) -> None:
        try:
            await self._engine.reload(old.folder, old.digest)
        except LittleGiantsError as error:
            raise Lost(f"weights {old.digest} cannot be put back: {error}") from error
        await self._expect(old, before)

    async def _expect(self, old: Weights, before: Marks) -> None:
        try:
            found = await marks_of(self._engine)
        except LittleGiantsError as error:
            raise Lost(f"weights {old.digest} do not answer any more: {error}") from error
        if not are_equal(found, before, tolerance=self._tolerance):
            raise Lost(f"weights {old.digest} gave {before} before and give {found} now")


def contents(folder: Path) -> dict[str, Any]:
    """A digest of each tensor, and how far an adapter reaches; equal where weights are the same.

    Raises BadInput when there are no tensors.
    """
    found: dict[str, Any] = dict(tensor_digests(folder))
    if (folder / CONFIG).exists():
        config = read_config(folder / CONFIG)
        found |= {name: config.get(name) for name in SCALE}
    return found
