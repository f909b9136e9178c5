"""Trackio is told of an entry: its folder here, or the server or Space that its variables name."""

from pathlib import Path

from pipelines.tracking.entries import Entry


def bounded(limit_s: int, place: Path) -> dict[str, str]:
    """Nothing: it writes to this machine, and sends from a thread."""
    return {}


def curves(entry: Entry, told_id: str) -> dict[str, str]:
    """Nothing: the trainers' own callback goes by a training's arguments."""
    return {}


def put(entry: Entry) -> str:
    """Tell it; a run goes by its name there, stages stand in its group."""
    import trackio

    trackio.init(
        project=entry.project,
        name=entry.id,
        group=entry.parent or entry.id,
        config={**entry.params, **entry.tags, "state": entry.state},
        resume="allow",
        private=True,  # a Space would be open to all (trackio 0.43)
        embed=False,
        auto_log_cpu=False,
        auto_log_gpu=False,
    )
    if entry.metrics:
        trackio.log(dict(entry.metrics))
    for file in entry.files:
        trackio.log({Path(file).stem: trackio.Html(Path(file).read_text(encoding="utf-8"))})
    trackio.finish()
    return entry.id


def close() -> None:
    """Nothing: the trainers' callback ends its run."""
