"""What it takes to go on after many finished items: seconds and peak memory, by their number.

python -m tests.bench.journal            the journal, 10^3 and 10^6 answers
python -m tests.bench.journal --step     the whole step synthesize, everything answered before
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from upath import UPath

from littlegiants.kinds import SPECS, Kind
from littlegiants.samples import Sample
from littlegiants.tasks import Task
from pipelines.data.records import Candidate, plain
from pipelines.generators.ask import MANY, ONE
from pipelines.generators.journal_keys import revising_key, writing_key
from pipelines.generators.promotion import current_digest, promote_weights
from pipelines.journal import Journal
from pipelines.recipe.recipe import load_recipe
from pipelines.run.folder import Run
from pipelines.steps.synthesize import STEP, AskedShard, options
from tests.bench.table import Row, row

COUNTS = (1_000, 1_000_000)
FEW, MANY_ANSWERS = 100_000, 1_000_000
WORDS = "the quick brown fox jumps over a lazy dog while nobody looks at it "
PROVENANCE = {"weights_digest": "0" * 16, "prompt_digest": "0" * 12, "seed": 1, "tokens": 300}


def main() -> int:
    """Fill, then go on in a process of its own; a line for each number of items."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.journal", description=__doc__)
    parser.add_argument("--items", type=int, nargs="*", default=COUNTS)
    parser.add_argument("--step", action="store_true", help="the step, not the journal alone")
    parser.add_argument("--folder", type=Path, help="where; default: a temporary one")
    parser.add_argument("--measure", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure is not None:
        print(json.dumps(measured(given.folder, given.measure, is_step=given.step)))
        return 0
    name = "synthesize" if given.step else "journal"
    print(f"{name:12} {'items':>9} {'MB on disk':>10} {'seconds':>9} {'CPU s':>7} {'peak MB':>8}")
    for count in given.items:
        with tempfile.TemporaryDirectory(dir=given.folder) as place:
            (fill_step if given.step else fill_journal)(Path(place), count)
            found = went_on(place, count, is_step=given.step)
            size = sum(path.stat().st_size for path in Path(place).rglob("*.jsonl")) / 1e6
            for what, (seconds, cpu, peak) in found.items():
                print(f"{what:12} {count:9} {size:10.0f} {seconds:9.1f} {cpu:7.1f} {peak:8.0f}")
    return 0


def journal(repeats: int) -> list[Row]:
    """Rows of what an answer takes to be found, and read, among many: beside a tenth of them."""
    few, many = (_rounds(count, repeats) for count in (FEW, MANY_ANSWERS))
    peer, rows = f"{FEW:,} answers", []
    for what, rounds in many.items():
        ours, theirs = zip(*rounds, strict=True), zip(*few[what], strict=True)
        for unit, left, right in zip(("CPU us", "bytes"), ours, theirs, strict=True):
            rows.append(row(f"{what}, an answer", list(left), list(right), (peer, unit), "<= 1.5"))
    return rows


def _rounds(count: int, repeats: int) -> dict[str, list[tuple[float, float]]]:
    """CPU microseconds and bytes at the peak for each of so many answers, by what was done."""
    found: dict[str, list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as place:
        fill_journal(Path(place), count)
        for _ in range(repeats):
            for what, (_, cpu, peak) in went_on(place, count).items():
                found.setdefault(what, []).append((1e6 * cpu / count, 1e6 * peak / count))
    return found


def went_on(place: str, count: int, *, is_step: bool = False) -> Mapping[str, Sequence[float]]:
    """What `measured` gives, of a process of its own."""
    command = [sys.executable, "-m", "tests.bench.journal", "--measure", str(count)]
    command += ["--folder", place, *(["--step"] if is_step else [])]
    found: Mapping[str, Sequence[float]] = json.loads(
        subprocess.check_output(command, text=True).splitlines()[-1]
    )
    return found


def measured(folder: Path, count: int, *, is_step: bool) -> dict[str, tuple[float, float, float]]:
    """Seconds, CPU seconds and peak MB of this process, which goes on where another ended."""
    began, found = (time.perf_counter(), time.process_time()), {}

    def note(what: str) -> None:
        seconds, cpu = time.perf_counter() - began[0], time.process_time() - began[1]
        found[what] = (seconds, cpu, peak_mb())

    if is_step:
        STEP.call(run=str(folder / "run"), recipe=recipe_file(folder, count))
        note("synthesize")
        return found
    keys = (f"{number:016x}" for number in range(count))
    with Journal(UPath(folder)) as journal:
        assert all(key in journal for key in keys)
        note("find all")
        assert all(journal.get(f"{number:016x}") for number in range(count))
        note("and read all")
    return found


def peak_mb() -> float:
    """The most memory that this process had."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    kib = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    return kib * 1024 / 1e6


def fill_journal(folder: Path, count: int) -> None:
    """As many answers as a senior gives."""
    with Journal(UPath(folder)) as journal:
        for number in range(count):
            journal.append(f"{number:016x}", {MANY: [candidate(sample_of(Kind.RETRIEVAL, number))]})


def fill_step(folder: Path, count: int) -> None:
    """A run in which senior and revisor have answered everything, and the step died after that."""
    run = Run(UPath(folder / "run"), load_recipe(recipe_file(folder, count)))
    tasks = [Task(kind, f"A/{n}", f"Find {n} things.") for n in range(20) for kind in Kind]
    run.write("tasks", tasks)
    (folder / "model").mkdir()
    (folder / "model" / "model.safetensors").write_bytes(b"weights")
    for role in ("senior", "revisor"):
        promote_weights(run, role, folder / "model")
    senior, revisor = current_digest(run, "senior"), current_digest(run, "revisor")
    limit, how = run.recipe.serving.max_tokens, options(run.recipe)
    with (
        run.journal("synthesize-0-senior") as written,
        run.journal("synthesize-0-revisor") as revised,
    ):
        for number, (prompt, asked) in enumerate(AskedShard(tasks, run.recipe, 0)):
            sample = sample_of(prompt.task.kind, number)
            key = writing_key(prompt, asked, senior, limit=limit)
            written.append(key, {MANY: [candidate(sample)]})
            key = revising_key(prompt, sample, how, revisor, limit=limit)
            revised.append(key, {ONE: candidate(sample, reason="it was short")})


def recipe_file(folder: Path, count: int) -> str:
    """The recipe of the laptop with so many samples."""
    changed = load_recipe("laptop", [f"synthesize.count={count}", "synthesize.shard_count=1"])
    path = folder / "recipe.yaml"
    path.write_text(changed.model_dump_json(), encoding="utf-8")
    return str(path)


def sample_of(kind: Kind, number: int) -> Sample:
    """Texts of a usual length."""
    texts = [f"{number} {WORDS}", f"{number} {WORDS * 6}", f"no {number} {WORDS * 6}"]
    return Sample(kind, *texts[: len(SPECS[kind].fields)])


def candidate(sample: Sample, *, reason: str = "") -> Any:
    """What a generator answers: a sample, or with a reason a revision."""
    fields: Any = sample.to_fields()
    text = json.dumps({"reason": reason, "revision": fields} if reason else fields)
    return plain(Candidate(text, sample, "", PROVENANCE))


if __name__ == "__main__":
    sys.exit(main())
