"""Models that a run makes: folders under `models/`, on this disk while trained or read."""

import shutil
from pathlib import Path

from littlegiants.errors import BadInput
from littlegiants.heartbeat import doing
from pipelines.distributed.world import first_on_node
from pipelines.run.step import Work
from pipelines.step_progress import copying
from pipelines.storage.store import is_local


def trained_path(work: Work, name: str) -> Path:
    """Local folder into which `name` is trained."""
    root = Path(str(work.run.folder)) if is_local(work.run.folder) else work.folder
    return root / "models" / name


def keep_model(work: Work, name: str) -> None:
    """Put a trained model into the run, where the run is not on this machine."""
    if not is_local(work.run.folder):
        target = work.run.folder / "models" / name
        with doing(f"copying models/{name} into the run"):
            target.fs.put(f"{trained_path(work, name)}/", f"{target.path}/", recursive=True)


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
