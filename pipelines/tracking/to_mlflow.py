"""MLflow is told of an entry; the server's address and keys are its own environment variables'."""

import os
import time
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from pipelines.tracking.entries import Entry

ID = "littlegiants.id"
"""Tag under which an entry is found again, for MLflow draws its own ids."""
STATES = {"running": "RUNNING", "finished": "FINISHED", "failed": "FAILED"}
MOST = 100
"""Parameters of one request (mlflow 3.17)."""


def bounded(limit_s: int, place: Path) -> dict[str, str]:
    """Environment in which a server that is away costs little (mlflow 3.17 would take minutes)."""
    limits = {"TIMEOUT": str(max(1, limit_s // 3)), "MAX_RETRIES": "1"}
    return {f"MLFLOW_HTTP_REQUEST_{name}": value for name, value in limits.items()}


def curves(entry: Entry, told_id: str) -> dict[str, str]:
    """Environment in which the trainers' own callback adds to the entry's run."""
    return {"MLFLOW_RUN_ID": told_id}


def put(entry: Entry) -> str:
    """Tell it; gives MLflow's id of its run."""
    import mlflow

    client: Any = mlflow.MlflowClient()
    experiment = mlflow.set_experiment(entry.project).experiment_id
    run = _found(client, experiment, entry.id) or _created(client, experiment, entry)
    known = client.get_run(run).data.params  # which cannot change
    params = {name: each for name, each in entry.params.items() if name not in known}
    for part in _parts(params):
        client.log_batch(run, params=[mlflow.entities.Param(*each) for each in part.items()])
    now = int(time.time() * 1000)
    client.log_batch(
        run,
        metrics=[mlflow.entities.Metric(*each, now, 0) for each in entry.metrics.items()],
        tags=[mlflow.entities.RunTag(*each) for each in entry.tags.items()],
    )
    for file in entry.files:
        client.log_artifact(run, file)
    client.update_run(run, status="RUNNING")
    if entry.state != "running":
        client.set_terminated(run, STATES[entry.state])
    return run


def close() -> None:
    """Nothing: the trainers' callback ends its run."""
    os.environ.pop("MLFLOW_RUN_ID", None)


def _found(client: Any, experiment: str, name: str) -> str:
    """Of several that began at once, the first."""
    order = ["attributes.start_time ASC", "attributes.run_id ASC"]
    wanted = f"tags.`{ID}` = '{name}'"
    found = client.search_runs([experiment], wanted, max_results=1, order_by=order)
    return str(found[0].info.run_id) if found else ""


def _created(client: Any, experiment: str, entry: Entry) -> str:
    tags = {ID: entry.id}
    if entry.parent:
        tags["mlflow.parentRunId"] = _found(client, experiment, entry.parent)
    ours = client.create_run(experiment, tags=tags, run_name=entry.id).info.run_id
    first = _found(client, experiment, entry.id)
    if first != ours:  # another stage of the same run was quicker
        client.delete_run(ours)
    return first


def _parts(values: Mapping[str, str]) -> list[dict[str, str]]:
    left = iter(values.items())
    return list(iter(lambda: dict(islice(left, MOST)), {}))
