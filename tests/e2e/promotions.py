"""Weights that are a little different each time, put into a run and promoted from a pod."""

from tests.e2e.cluster import Cluster
from tests.e2e.objects import HOME, MODEL, container, job, on_models, pod, s3_environment
from tests.e2e.release import RUN, address

CHANGE = """
import shutil, sys
from pathlib import Path
from safetensors.torch import load_file, save_file
from upath import UPath
change, run = float(sys.argv[1]), UPath(sys.argv[2])
folder = Path("/tmp/changed")
shutil.copytree(Path("models") / sys.argv[3], folder)
tensors = load_file(folder / "model.safetensors")
tensors["model.norm.weight"] *= change
save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
(folder / "README.md").write_text("." * int(100 * change))
target = run / "models/junior"
if target.exists():
    target.fs.rm(target.path, recursive=True)
target.fs.put(f"{folder}/", f"{target.path}/", recursive=True)
"""


def put_changed_model(cluster: Cluster, *, change: float) -> None:
    """The model with one tensor times `change`, as the run's trained junior."""
    name = f"e2e-change-{change}".replace(".", "-")
    command = ["python", "-c", CHANGE, str(change), RUN, MODEL]
    main = container("trainer", (), command=command, env=s3_environment())
    cluster.apply(job(name, pod(main, home=on_models())))
    cluster.await_job(name)


def start_promotion(cluster: Cluster, name: str) -> None:
    """Promote the run's junior, and wait until the generators serve it, in a Job."""
    flags = ("--role=junior", f"--run={RUN}", f"--generators={address('{role}')}")
    main = container(
        "pipeline", ("pipelines.steps.promote", *flags, f"--work={HOME}/work"), env=s3_environment()
    )
    cluster.apply(job(f"e2e-promote-{name}", pod(main)))


def await_promoted(cluster: Cluster, name: str) -> None:
    """Wait for the end of such a Job."""
    cluster.await_job(f"e2e-promote-{name}")
