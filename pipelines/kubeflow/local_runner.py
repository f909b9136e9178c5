"""Runs the compiled pipeline on this machine: each task is a process of its own."""

import contextlib
import json
import re
import signal
import sys
import threading
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType

import psutil
from filelock import FileLock, Timeout
from kfp import components, local
from kfp.local import logging_utils
from upath import UPath

from littlegiants.errors import BadInput, LittleGiantsError, Unavailable
from littlegiants.heartbeat import SILENCE_S, Heartbeat
from pipelines.cli.exits import PAUSED, forget_stop, noted_stop
from pipelines.kubeflow.console import Console
from pipelines.kubeflow.graph import GraphOptions, compile_graph
from pipelines.kubeflow.placement import Placement
from pipelines.run.resource_usage import memory_of_tree
from pipelines.step_progress import say

SAMPLE_INTERVAL_S = 1.0
STOP_LIMIT_S = 20.0
SLOWER = 1.4
"""Than a step's own heartbeat, so that a step speaks for itself."""


def run_locally(
    arguments: Mapping[str, str], folder: Path, *, pause_after: Sequence[str] = ()
) -> None:
    """Compile the graph into `folder` and run it there; started again, it goes on where it was.

    Raises what a step failed with, as OverBudget, or Unavailable when that is not known; then its
    message stands above in the output. Raises BadInput when another process runs there. Exits with
    PAUSED where a person is waited for.
    """
    with alone_in(folder):
        one_by_one = Placement(shards_at_once=1)  # kfp 2.17 runs two at most, in this memory
        _run_alone(arguments, folder, GraphOptions(one_by_one, pause_after))


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keeps others out of a run's folder; the system lets go when this process ends, or is killed.

    Raises BadInput when another process is in it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / "run.lock", timeout=0):
            yield
    except Timeout as error:
        raise BadInput(
            f"run: another process is at work in {folder}; wait for it, or name another --run"
        ) from error


def _run_alone(arguments: Mapping[str, str], folder: Path, options: GraphOptions) -> None:
    forget_stop(UPath(folder))
    compiled = folder / "pipeline.yaml"
    compile_graph(compiled, options)
    warnings.filterwarnings("ignore", module="kfp")  # of what has no effect without a cluster
    # kfp indents by patching print() for each task without a lock: in a loop, lines multiply
    logging_utils.indented_print = contextlib.nullcontext
    local.init(local.SubprocessRunner(use_venv=False), pipeline_root=str(folder / "kfp"))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE):
        signal.signal(number, _end_children)
    opened = contextlib.closing(Console(sys.stdout, folder / "pipeline.log"))
    with attempt(folder), opened as console, contextlib.redirect_stdout(console), waited(console):
        pipeline = components.load_component_from_file(str(compiled))
        try:
            pipeline(**arguments)
        except RuntimeError as error:
            if waits_for_a_person(str(error)):
                say("run", "waits for a person, see above; approved, the same command goes on")
                sys.exit(PAUSED)
            raise stop_of(folder, console) from error
        except SystemExit:
            say("run", "stopping; the same command goes on where it was")
            _wait_for_children()
            raise


def waited(console: Console) -> Heartbeat:
    """Within, it is told that no step has spoken for a while: the next one starts, say."""
    told = "[run] no step has said anything for a while; pipeline.log has all that was said"
    return Heartbeat(lambda _: console.tell(told), SILENCE_S * SLOWER)


def stop_of(folder: Path, console: Console) -> LittleGiantsError:
    """What a step of this start failed with; the end of its output where it did not say."""
    if stop := noted_stop(UPath(folder)):
        return stop
    console.show_tail()
    return Unavailable("a step failed, see above; the same command goes on")


def waits_for_a_person(failure: str) -> bool:
    """Whether gates are all that failed; kfp's message ends with the names of what did."""
    failed = re.findall(r"'([^']+)'", failure.partition("Inner task failed:")[2])
    return bool(failed) and all(re.fullmatch(r"review(-\d+)?", name) for name in failed)


@contextlib.contextmanager
def attempt(folder: Path) -> Iterator[None]:
    """Keeps when this attempt began, when it was last alive, and the most memory it took."""
    started, began = time.time(), time.monotonic()
    path = folder / "attempts" / f"{int(started)}.json"
    path.parent.mkdir(exist_ok=True)
    ended = threading.Event()

    def watch() -> None:
        peak = 0
        while not ended.wait(SAMPLE_INTERVAL_S):
            peak = max(peak, memory_of_tree(psutil.Process()))
            last = started + time.monotonic() - began
            seen = {"started": started, "last": last, "peak_memory_bytes": peak}
            path.write_text(json.dumps(seen), encoding="utf-8")

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


def _end_children(number: int, frame: FrameType | None) -> None:
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            process.terminate()
    raise SystemExit(128 + number)


def _wait_for_children() -> None:
    """Nothing that a run started goes on after it."""
    left = psutil.wait_procs(psutil.Process().children(recursive=True), timeout=STOP_LIMIT_S)[1]
    for process in left:
        with contextlib.suppress(psutil.Error):
            process.kill()
