"""Models that a run makes: folders under `models/`, on this disk while trained or read."""

import json
import shutil
from pathlib import Path
from typing import Any

from upath import UPath

from littlegiants.errors import BadInput
from littlegiants.heartbeat import doing
from littlegiants.weights import Manifest, manifest_of
from pipelines.distributed.world import first_on_node
from pipelines.run.step import Work
from pipelines.step_progress import copying
from pipelines.storage.atomic_writes import write_whole
from pipelines.storage.digests import told_by_store
from pipelines.storage.store import is_local

FILES = "models/{name}.files.json"
"""Beside a model: its files' digests, and what the store told of each when it was put there."""


def trained_path(work: Work, name: str) -> Path:
    """Local folder into which `name` is trained."""
    root = Path(str(work.run.folder)) if is_local(work.run.folder) else work.folder
    return root / "models" / name


def keep_model(work: Work, name: str) -> None:
    """Put a trained model into the run, where the run is not on this machine."""
    if not is_local(work.run.folder):
        target = work.run.folder / "models" / name
        with doing(f"copying models/{name} into the run"):
            manifest = manifest_of(trained_path(work, name))
            target.fs.put(f"{trained_path(work, name)}/", f"{target.path}/", recursive=True)
            kept = {"files": manifest.files, "told": _told(target, manifest)}
            write_whole(work.run.folder / FILES.format(name=name), json.dumps(kept, indent=1))


def kept_manifest(work: Work, name: str) -> Manifest | None:
    """The files of the model `name` in the run, without reading them; None when nobody noted them.

    Nor when one was written again since then.
    """
    path = work.run.folder / FILES.format(name=name)
    if is_local(path) or not path.exists():
        return None
    kept = json.loads(path.read_text(encoding="utf-8"))
    manifest = Manifest(files=kept["files"])
    present = _told(work.run.folder / "models" / name, manifest)
    return manifest if present == kept["told"] and all(present.values()) else None


def _told(folder: UPath, manifest: Manifest) -> dict[str, list[Any]]:
    """What the store says of each file's content; nothing of one that is gone."""
    paths = {name: folder / name for name in manifest.files}
    return {name: told_by_store(path) if path.exists() else [] for name, path in paths.items()}


def local_model(work: Work, name: str) -> Path:
    """A local folder with the run's model `name`, fetched if need be.

    Raises BadInput when no step has made it yet.
    """
    kept, path = work.run.folder / "models" / name, trained_path(work, name)
    if not kept.exists():
        raise BadInput(f"{kept}: not there; run the step that trains {name} first")
    if not is_local(work.run.folder):
        path.parent.mkdir(parents=True, exist_ok=True)
        with first_on_node(path.parent / f"{name}.fetched") as is_ours:
            if is_ours:
                shutil.rmtree(path, ignore_errors=True)
                with copying(f"fetching models/{name} from the run", path):
                    kept.fs.get(f"{kept.path}/", f"{path}/", recursive=True)
    return path
