"""Whether the models that a run loads are there: asked of the hub, not fetched from it."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from littlegiants.errors import BadInput
from littlegiants.tensors import check_whole
from littlegiants.weights import SAFETENSORS
from pipelines.models.model_folders import SHIPPED, models_needed, package_of
from pipelines.preflight.findings import Finding, Note, Problem, Start, problem_of

CONFIG = "config.json"
TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt", "tekken.json")
ANSWER_S = 10.0


def models_are_there(start: Start) -> Iterator[Finding]:
    """Every model that the run loads itself, with the licence that the hub tells of it."""
    for reference, field in models_needed(start.recipe, start.work.teacher).items():
        origin, _, name = reference.partition(":")
        if origin == "hf":
            yield from _on_the_hub(field, name)
        elif origin == "shipped":
            yield from _shipped(field, name)
        else:
            yield from _in_a_folder(field, Path(reference))


def _shipped(field: str, name: str) -> Iterator[Finding]:
    if name in SHIPPED and find_spec("transformers") is None:
        yield Note(f"{field}: shipped:{name} is looked at where models are loaded", is_open=True)
        return
    try:
        package_of(name)
    except BadInput as error:
        yield problem_of(error, field)


def _in_a_folder(field: str, folder: Path) -> Iterator[Finding]:
    if not (folder / CONFIG).is_file():
        known = ", ".join(f"shipped:{name}" for name in SHIPPED)
        yield Problem(
            f"{field}: {folder} is no folder with a {CONFIG}; give a model folder, hf:org/name or "
            f"one of {known}"
        )
        return
    if not any((folder / name).is_file() for name in TOKENIZERS):
        yield Problem(f"{field}: {folder} holds no tokenizer ({', '.join(TOKENIZERS)}); add it")
    try:
        check_whole(folder)
    except BadInput as error:
        yield problem_of(error, f"{field}: {folder}")


def _on_the_hub(field: str, name: str) -> Iterator[Finding]:
    from huggingface_hub import HfApi, errors, get_hf_file_metadata, hf_hub_url

    api, page = HfApi(), f"https://huggingface.co/{name}"
    try:
        info = api.model_info(name, timeout=ANSWER_S)
        # told of a gated repository too, whose files are not given
        get_hf_file_metadata(hf_hub_url(name, CONFIG), timeout=ANSWER_S)
    except errors.GatedRepoError:
        yield Problem(
            f"{field}: hf:{name} is gated; accept its licence at {page} and set HF_TOKEN to a "
            "token of that account"
        )
    except (errors.RepositoryNotFoundError, errors.HFValidationError):
        yield Problem(
            f"{field}: hf:{name} is no repository that HF_TOKEN may read; see {page}, mend the "
            "name or the token"
        )
    except errors.RemoteEntryNotFoundError:
        yield Problem(f"{field}: hf:{name} has no {CONFIG}; name a repository of a model")
    except (errors.HTTPError, OSError) as error:  # the first is of whatever client it uses
        yield _in_the_cache(field, name, error)
    else:
        yield from _told(field, name, info)


def _told(field: str, name: str, info: Any) -> Iterator[Finding]:
    if not any(file.rfilename.endswith(SAFETENSORS) for file in info.siblings or ()):
        yield Problem(
            f"{field}: hf:{name} holds no {SAFETENSORS} file; choose another, or save this one as "
            "safetensors and give its folder"
        )
    licences = [tag.removeprefix("license:") for tag in info.tags or () if "license:" in tag]
    yield Note(f"{field}: hf:{name}, licence {', '.join(licences) or 'unknown: see its page'}")


def _in_the_cache(field: str, name: str, error: Exception) -> Finding:
    """What to say of a model when the hub does not answer."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(name, CONFIG)
    if isinstance(found, str) and any(Path(found).parent.glob(f"*{SAFETENSORS}")):
        return Note(f"{field}: hf:{name} is taken from the cache; the hub does not answer")
    return Problem(
        f"{field}: hf:{name} is not in the cache and the hub does not answer ({error}); go online, "
        "set HF_ENDPOINT to a mirror or give a model folder",
        is_passing=True,
    )
