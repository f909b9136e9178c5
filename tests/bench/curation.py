"""What it takes to tell duplicates apart: CPU seconds and memory, by the number of texts.

python -m tests.bench.curation            10^3, 10^4 and 10^5 drafts of 120 words
python -m tests.bench.curation --step     the whole step curate
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

from upath import UPath

from littlegiants.kinds import Kind
from littlegiants.samples import Sample
from littlegiants.tasks import Prompt, Task
from pipelines.cli.step_flags import StepSettings
from pipelines.curation.deduplication import with_twins
from pipelines.data.records import Draft
from pipelines.recipe.recipe import load_recipe
from pipelines.run.folder import Run
from pipelines.run.step import Work
from pipelines.steps.curate import curate
from tests.bench.journal import peak_mb

COUNTS = (1_000, 10_000, 100_000)
VOCABULARY = tuple(f"w{number}" for number in range(20_000))
WORDS, QUERY_WORDS = 120, 12
TASK = Task(Kind.MATCHING_LONG, "Food", "Match a dish to a drink.")


def main() -> int:
    """A process and a line for each number."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.curation", description=__doc__)
    parser.add_argument("--texts", type=int, nargs="*", default=COUNTS)
    parser.add_argument("--step", action="store_true", help="the step, not the duplicates alone")
    parser.add_argument("--measure", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure is not None:
        (measure_step if given.step else measure)(given.measure)
        return 0
    print(f"{'texts':>9} {'kept':>9} {'CPU s':>7} {'peak MB':>8} {'bytes a text':>13}", flush=True)
    for count in given.texts:
        command = [sys.executable, "-m", "tests.bench.curation", "--measure", str(count)]
        subprocess.run([*command, *(["--step"] if given.step else [])], check=True)
    return 0


def measure(count: int) -> None:
    """The duplicates of so many texts, of which one in ten is a near copy."""
    for _ in with_twins(texts(1_000)):  # what the libraries take, once
        pass
    before, began = peak_mb(), time.process_time()
    show(count, sum(twin is None for _, twin in with_twins(texts(count))), before, began)


def measure_step(count: int) -> None:
    """The step over so many drafts."""
    with tempfile.TemporaryDirectory() as place:
        run = Run(UPath(place), load_recipe("laptop", ["synthesize.shard_count=1"]))
        run.write("drafts-0", drafts(1_000))
        work = Work("curate", run, StepSettings(_cli_parse_args=False))
        curate(work)
        run.write("drafts-0", drafts(count))
        before, began = peak_mb(), time.process_time()
        show(count, curate(work).out_count, before, began)


def show(count: int, kept: int, before: float, began: float) -> None:
    """One line."""
    seconds, peak = time.process_time() - began, peak_mb()
    growth = 1e6 * (peak - before) / count
    print(f"{count:9} {kept:9} {seconds:7.1f} {peak:8.0f} {growth:13.0f}", flush=True)


def texts(count: int) -> Iterator[tuple[int, str]]:
    """Random texts."""
    rng, words = random.Random(1), list[str]()
    for number in range(count):
        is_copy = words and number % 10 == 0
        words = [*words[1:], "end"] if is_copy else rng.choices(VOCABULARY, k=WORDS)
        yield number, " ".join(words)


def drafts(count: int) -> Iterator[Draft]:
    """The same as drafts."""
    for number, text in texts(count):
        words = text.split()
        query, positive = (" ".join(part) for part in (words[:QUERY_WORDS], words[QUERY_WORDS:]))
        sample = Sample(Kind.MATCHING_LONG, query, positive)
        yield Draft(Prompt(TASK, {}, number), sample, None, "", {"role": "senior"}, {})


if __name__ == "__main__":
    sys.exit(main())
