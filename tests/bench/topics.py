"""What growing topics and brainstorming over them takes of this machine, beside a teacher's time.

    .venv/bin/python -m tests.bench.topics 1000 10000 150000

A scripted teacher answers at once, with `--batch` files of questions, as its batch API would;
`--most-alike 1` leaves the embedder out.
"""

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from typing import Any

from upath import UPath

from pipelines.recipe.recipe import load_recipe
from pipelines.rehearsal.script import vocabulary
from pipelines.run.folder import Run
from pipelines.run.step import Work
from pipelines.scripted_teacher.server import scripted_teacher
from pipelines.steps.brainstorm import STEP, BrainstormSettings, topics_of
from tests.bench.journal import peak_mb

CONCURRENCY = 64


def main() -> int:
    """Measure each number of topics in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("counts", nargs="*", type=int, default=[1_000, 10_000])
    parser.add_argument("--most-alike", type=float, default=0.9, help="topics.most_alike")
    parser.add_argument("--batch", action="store_true", help="teacher.batch")
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        folder, url = given.measure
        changes = changes_of(given.counts[0], given.most_alike, is_batch=given.batch)
        print(json.dumps(measured(folder, url, changes)))
        return 0
    print(f"{'':12} {'topics':>8} {'calls':>8} {'minutes':>8} {'CPU s':>7} {'peak MB':>8}")
    for count in given.counts:
        with tempfile.TemporaryDirectory() as folder, scripted_teacher(answer) as teacher:
            command = [sys.executable, "-m", "tests.bench.topics", str(count), "--most-alike"]
            command += [str(given.most_alike), "--measure", folder, teacher.url]
            command += ["--batch"] if given.batch else []
            environment = os.environ | {"OPENAI_API_KEY": "scripted"}
            output = subprocess.check_output(command, text=True, env=environment)
            for what, found in json.loads(output.splitlines()[-1]).items():
                print("{:12} {:8} {:8} {:8.1f} {:7.0f} {:8.0f}".format(what, *found), flush=True)
    return 0


def changes_of(count: int, most_alike: float, *, is_batch: bool) -> list[str]:
    """Of the laptop recipe."""
    return [
        f"topics={{source: grown, count: {count}, most_alike: {most_alike}}}",
        f"teacher.concurrency={CONCURRENCY}",
        f"teacher.batch={is_batch}",
        "teacher.batch_poll_s=0.1",
        "teacher.caps={}",
        "brainstorm={list_length: 5}",
    ]


def measured(folder: str, url: str, changes: list[str]) -> dict[str, Any]:
    """Topics, calls, minutes, CPU seconds and peak MB of growing, then of brainstorming."""
    settings = BrainstormSettings(run=folder, set=changes, teacher=url)
    run = Run(UPath(folder), load_recipe("laptop", changes))
    began, spent = time.perf_counter(), time.process_time()
    topics = asyncio.run(topics_of(Work("brainstorm", run, settings)))
    found = {"grow": _row(run, "topics", len(topics), (began, spent))}
    began, spent = time.perf_counter(), time.process_time()
    STEP(settings)
    found["brainstorm"] = _row(run, "brainstorm", len(topics), (began, spent))
    return found


def _row(run: Run, stage: str, count: int, began: tuple[float, float]) -> list[float]:
    minutes, cpu = (time.perf_counter() - began[0]) / 60, time.process_time() - began[1]
    calls = (run.stage(stage) or {})["teacher"]["calls"]
    return [count, calls, minutes, cpu, peak_mb()]


def answer(request: dict[str, Any]) -> str:
    """As many names, or tasks, as are asked for: real words, the same for the same question."""
    rng = random.Random(request["messages"][-1]["content"])
    ((key, schema),) = request["response_format"]["json_schema"]["schema"]["properties"].items()
    said = [" ".join(rng.sample(vocabulary(), 3)) for _ in range(schema["maxItems"])]
    if key == "tasks":
        said = [f"Given a note on {each}, retrieve what explains it." for each in said]
    return json.dumps({key: said})


if __name__ == "__main__":
    sys.exit(main())
