"""`make bench`: ours against its peers in one run; a table and bench/latest.json."""

import argparse
import json
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import psutil

from pipelines.models.model_folders import resolve_model
from pipelines.models.tiny_models import tiny_of_family
from tests.bench.drawn_lengths import PAPER, lengths_of
from tests.bench.journal import journal
from tests.bench.parsing import parsing
from tests.bench.peers import Bare, OpenAiServer, Service, process
from tests.bench.roles import roles
from tests.bench.table import Row, row, show
from tests.bench.teacher import teacher
from tests.bench.training import training
from tests.integration.tiny_model import make_tiny_model

OUT = Path("bench/latest.json")
BLOCK = 2000
"""Items of one batch where memory is watched."""


def main() -> None:
    """Measure what is named, or everything."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(MEASURES)}; default all")
    parser.add_argument("--repeats", type=int, default=3, help="of each measurement")
    parser.add_argument("--items", type=int, default=100_000, help="where memory is watched")
    parser.add_argument("--model", default="", help="that `training` trains; default a tiny one")
    parser.add_argument(
        "--lengths",
        default=PAPER,
        help="of texts that `training` trains on: a recipe, or a range of tokens such as 100-400",
    )
    options = parser.parse_args()
    rows: list[Row] = []
    for name in options.names or MEASURES:
        print(f"measuring {name} ...", flush=True)
        found = MEASURES[name](options)
        show(found)
        rows += found
        OUT.parent.mkdir(exist_ok=True)
        written = json.dumps([asdict(row) for row in rows], indent=1)
        OUT.write_text(written + "\n", encoding="utf-8")


@cache
def smollm2() -> Path:
    """The model of most measurements."""
    return resolve_model("shipped:smollm2-135m-instruct", Path("models"))


def throughput(options: argparse.Namespace) -> list[Row]:
    """Tokens a second, rounds of ours and both peers in turn."""
    model = smollm2()
    rivals: list[Any] = [Service(model), Bare(model), OpenAiServer(model)]
    speeds: dict[str, list[float]] = {rival.name: [] for rival in rivals}
    with ExitStack() as running:
        started = [running.enter_context(_process(rival)) for rival in rivals]
        for number in range(options.repeats + 1):
            for rival, process_ in zip(rivals, started, strict=True):
                found = rival.measure(process_, count=96)
                if number:  # the first round warms caches
                    speeds[rival.name].append(found["tokens"] / found["seconds"])
    ours = speeds[Service.name]
    return [
        row("output tokens", ours, speeds[peer], (peer, "tokens/s"), bar)
        for peer, bar in ((Bare.name, ">= 0.97"), (OpenAiServer.name, ">= 1"))
    ]


def overhead(options: argparse.Namespace) -> list[Row]:
    """CPU of the front a item, on a model so small that the front is what counts."""
    tiny = make_tiny_model(smollm2(), Path(mkdtemp()))
    rivals: list[Any] = [Service(tiny), Bare(tiny)]
    job = {"count": 400, "constrained": False, "max_tokens": 16}
    cpu: dict[str, list[float]] = {rival.name: [] for rival in rivals}
    with ExitStack() as running:
        started = [running.enter_context(_process(rival)) for rival in rivals]
        for number in range(options.repeats + 1):
            for rival, process_ in zip(rivals, started, strict=True):
                found = rival.measure(process_, **job)
                if number:
                    cpu[rival.name].append(1000 * found["cpu_s"] / job["count"])
    added = [ours - bare for ours, bare in zip(cpu[Service.name], cpu[Bare.name], strict=True)]
    value = round(statistics.median(added), 3)
    spread = round((max(added) - min(added)) / 2, 3)
    return [Row("added CPU an item", value, "ms", Bare.name, None, spread, "<= 1.2")]


def memory(options: argparse.Namespace) -> list[Row]:
    """What the front's memory grows by from a tenth of the items to all of them."""
    tiny = make_tiny_model(smollm2(), Path(mkdtemp()))
    service = Service(tiny)
    job = {"count": BLOCK, "constrained": False, "max_tokens": 2}
    sizes: list[int] = []
    with _process(service) as started:
        front = psutil.Process(started.pid)
        for _ in range(options.items // BLOCK):
            service.measure(started, **job)
            sizes.append(front.memory_info().rss)
    early, late = sizes[len(sizes) // 10], sizes[-1]
    grown = (late - early) / 2**20
    peer = f"its own size after {options.items // 10} items"
    name = f"memory after {options.items} items"
    return [Row(name, round(late / 2**20), "MiB", peer, late / early, round(grown, 1), "<= 1.05")]


def start(options: argparse.Namespace) -> list[Row]:
    """Seconds from the process's start to ready, in turn."""
    model = smollm2()
    seconds: dict[str, list[float]] = {Service.name: [], Bare.name: []}
    for number in range(options.repeats + 1):
        for rival in (Service(model), Bare(model)):
            began = time.perf_counter()
            with _process(rival):
                if number:
                    seconds[rival.name].append(time.perf_counter() - began)
    wanted = (Bare.name, "s")
    return [row("start to ready", seconds[Service.name], seconds[Bare.name], wanted, "<= 1.15")]


@contextmanager
def _process(rival: Any) -> Iterator[Any]:
    """A rival that is ready."""
    with process(*rival.command, log=Path(mkdtemp()) / "log") as started:
        rival.ready(started)
        yield started


MEASURES: dict[str, Callable[[argparse.Namespace], list[Row]]] = {
    "throughput": throughput,
    "overhead": overhead,
    "start": start,
    "memory": memory,
    "roles": lambda options: roles(smollm2(), options.repeats),
    "teacher": lambda options: teacher(options.repeats),
    "parsing": lambda options: parsing(options.repeats),
    "journal": lambda options: journal(options.repeats),
    "training": lambda options: training(
        resolve_model(options.model, Path("models"))
        if options.model
        else tiny_of_family("llama-3", Path(mkdtemp())),
        lengths_of(options.lengths),
        options.repeats,
    ),
}

if __name__ == "__main__":
    main()
