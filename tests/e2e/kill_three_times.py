"""Kills the demo three times, lets it go on, and compares what it made with an undisturbed run.

python -m tests.e2e.kill_three_times --reference runs/demo --run runs/killed
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

KILL_AT = (
    ("junior is trained", "work/training/junior/training.jsonl"),
    ("junior writes candidates", "journal/propose-junior"),
    ("senior writes drafts", "journal/synthesize-0-senior"),
)
"""What is under way, and the file or folder that tells: the kill comes when half of it is there."""
END = "stages/curate.json"
LOOK_INTERVAL_S = 0.2


def main() -> int:
    """Print what was killed when and what is the same; exit code 0 when everything is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reference", type=Path, required=True, help="an undisturbed run")
    parser.add_argument("--run", type=Path, required=True, help="a folder that is not there yet")
    parser.add_argument("--set", action="append", default=[], help="as for the reference")
    arguments = parser.parse_args()
    run: Path = arguments.run
    for what, place in KILL_AT:
        count = lines(arguments.reference / place) // 2
        process = start(run, arguments.set)
        wait(process, partial(has_lines, run / place, count))
        kill(process)
        print(f"killed while the {what}: {lines(run / place)} lines in {place}", flush=True)
    process = start(run, arguments.set)
    wait(process, (run / END).exists)
    kill(process)
    return report(run, arguments.reference)


def start(run: Path, changes: list[str]) -> subprocess.Popen[bytes]:
    """The demo's command as the leader of a process group of its own."""
    command = [sys.executable, "-m", "pipelines", "run", "--recipe", "laptop", "--run", str(run)]
    command += [f"--set={change}" for change in changes]
    return subprocess.Popen(command, start_new_session=True)


def wait(process: subprocess.Popen[bytes], is_there: Callable[[], bool]) -> None:
    """Wait until it is there; an end of the process before that is an error."""
    while not is_there():
        if process.poll() is not None:
            raise SystemExit(f"the run ended with {process.returncode} before it was to be killed")
        time.sleep(LOOK_INTERVAL_S)


def has_lines(path: Path, count: int) -> bool:
    """Whether so many lines are there."""
    return lines(path) >= count


def kill(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL to the whole process group."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def lines(path: Path) -> int:
    """Lines of a file, or of all files of a folder."""
    paths = sorted(path.glob("*.jsonl")) if path.is_dir() else [path] if path.exists() else []
    return sum(each.read_bytes().count(b"\n") for each in paths)


def report(run: Path, reference: Path) -> int:
    """Compare the data sets and count the teacher's answered requests."""
    data = {each: (each / "data" / "dataset.jsonl").read_bytes() for each in (run, reference)}
    is_same = data[run] == data[reference]
    rows = data[run].count(b"\n")
    print(f"data set: {rows} rows, {'the same bytes' if is_same else 'DIFFERENT'} in {reference}")
    repeated = 0
    for stage in ("brainstorm", "seed", "judge", "correct"):
        answers = Counter(keys(run / "journal" / stage))
        repeated += answers.total() - len(answers)
    ledger = Counter(keys(run / "ledger"))
    settled = sum(name.endswith("/settled") for name in ledger)
    reserved = len(ledger) - settled
    print(f"teacher: {settled} requests answered, {repeated} of them asked again")
    print(f"teacher: {reserved - settled} requests without an answer when the kill came")
    return 0 if is_same and not repeated else 1


def keys(folder: Path) -> Iterator[str]:
    """Keys in a journal, headers and torn last lines left out."""
    for path in folder.glob("*.jsonl"):
        for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
            if line.endswith("\n") and "key" in (record := json.loads(line)):
                yield record["key"]


if __name__ == "__main__":
    sys.exit(main())
