"""Whether this machine has the disk and the memory that its stages need at the least."""

import os
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

import psutil

from pipelines.cli.step_flags import LOCAL
from pipelines.distributed.devices import visible_devices
from pipelines.forecast.stage_costs import weights_of
from pipelines.forecast.table import size
from pipelines.models.model_folders import models_needed
from pipelines.preflight.findings import Finding, Note, Problem, Start, is_pod
from pipelines.preflight.layer_checks import TRAINED
from pipelines.preflight.recipe_checks import forecast_of
from pipelines.storage.store import is_local

FLASH, FLASH_PACKAGE = "flash_attention_2", "flash_attn"
GIB = 2**30
CGROUP = Path("/sys/fs/cgroup/memory.max")


def machine_is_large_enough(start: Start) -> Iterator[Finding]:
    """Disk and memory against the forecast, where the run's stages run on this machine."""
    if start.is_elsewhere or not is_local(start.work.run.folder) or is_pod():
        return
    for reference, field in models_needed(start.recipe, start.work.teacher).items():
        if not weights_of(reference):
            yield Note(f"{field}: {reference} does not tell its size; disk and memory leave it out")
    yield from _disk(start)
    yield from _memory(start)


def trainings_suit_the_machine(start: Start) -> Iterator[Finding]:
    """What a recipe insists on can be computed here, where the run's trainings run here."""
    if start.is_elsewhere or is_pod():
        return
    has_gpu, has_flash = bool(visible_devices()), find_spec(FLASH_PACKAGE) is not None
    for role in TRAINED:
        settings = getattr(start.recipe, role)
        if settings.dtype == "float16" and not has_gpu:
            yield Problem(f"{role}.dtype: float16 is trained on GPUs only; leave it `auto`")
        if settings.attn_implementation == FLASH and not (has_gpu and has_flash):
            yield Problem(
                f"{role}.attn_implementation: {FLASH} needs a GPU and the package flash-attn, "
                "which are not here; leave it `auto`"
            )


def _disk(start: Start) -> Iterator[Finding]:
    for folder, needed in disk_needed(start).items():
        free = shutil.disk_usage(folder).free
        if needed > free:
            yield Problem(
                f"disk: {size(needed)} are forecast for {folder}, {size(free)} are free; free some "
                "space, or name a folder on a larger disk"
            )


def disk_needed(start: Start) -> Mapping[Path, int]:
    """Bytes still to be written, by a folder of each disk; of the finished stages none."""
    run, needed = start.work.run, Counter[int]()
    places: dict[int, Path] = {}
    for each in forecast_of(start):
        if run.stage(each.stage) is None:
            folder = _there(model_cache() if each.stage == "prepare" else Path(str(run.folder)))
            device = folder.stat().st_dev
            needed[device] += each.bytes
            places[device] = folder
    return {places[device]: count for device, count in needed.items()}


def model_cache() -> Path:
    """Where fetched models lie."""
    from huggingface_hub.constants import HF_HUB_CACHE

    return Path(HF_HUB_CACHE)


def _there(folder: Path) -> Path:
    folder = folder.absolute()
    return next(each for each in (folder, *folder.parents) if each.exists())


def _memory(start: Start) -> Iterator[Finding]:
    if shutil.which("nvidia-smi"):
        yield Note("memory: models are on the GPU; whether they fit is not looked at")
        return
    needed, total = memory_needed(start), memory_limit()
    free = min(psutil.virtual_memory().available, total)
    said = f"memory: one stage takes {size(needed)} at the least"
    remedy = "take smaller models, or lower serving.kv_cache_gib"
    if needed > total:
        yield Problem(f"{said}, this machine has {size(total)}; {remedy}")
    elif needed > free:
        yield Problem(f"{said}, {size(free)} are free; end what holds the rest", is_passing=True)


def memory_needed(start: Start) -> int:
    """A lower bound: a stage has one model in memory, and a local engine its cache too."""
    recipe = start.recipe
    cache = round(recipe.serving.kv_cache_gib * GIB)
    engines = [recipe.models.teacher] if start.work.teacher == LOCAL else []
    engines += [recipe.models.generator] if start.generators == LOCAL else []
    trained = (recipe.models.generator, recipe.models.embedder)
    return max(*(weights_of(each) + cache for each in engines), *map(weights_of, trained))


def memory_limit() -> int:
    """Bytes that this machine, or its container, may use."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    said = CGROUP.read_text(encoding="utf-8").strip() if CGROUP.is_file() else "max"
    return total if said == "max" else min(total, int(said))
