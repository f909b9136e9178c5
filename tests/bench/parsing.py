"""What reading an answer takes: over three decades of length by `python -m tests.bench.parsing`."""

import json
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import json_repair

from littlegiants.errors import Unparsable
from littlegiants.kinds import Kind
from littlegiants.parsing import parse_sample
from tests.bench.table import Row, row

SIZES = (1_400, 14_000, 140_000, 1_400_000)
LONGEST_S = 1.0
"""What took longer is not tried with a longer text."""
SENTENCE = 'Set the cloves point up, a hand apart; "hard" necks \\alpha like it\'s said. '
SHORT, LONG = 14_000, 140_000
"""Characters of the two texts whose times tell how time grows."""
FENCED = "<= 6"
"""Valid JSON in a fence is read in C by both, but json-repair looks for nothing in it."""
HOSTILE = ('["', '[{"', '{"a":', '{"a":"b"}', '", "', "<think>", "\\", "[")


def main() -> None:
    """Print microseconds for a thousand characters, ours and json-repair's, and what came of it."""
    print(f"{'text':22}{'reader':13}" + "".join(f"{size:>18,}" for size in SIZES))
    for name, text_of in (damaged() | hostile()).items():
        for reader, read in (("ours", ours), ("json-repair", theirs)):
            print(f"{name:22}{reader:13}" + "".join(f"{cell:>18}" for cell in cells(text_of, read)))


def parsing(repeats: int) -> list[Row]:
    """Rows for each text: how its time grows, and beside json-repair where that reads the same."""
    rows = []
    for name, text_of in (damaged() | hostile()).items():
        rounds = [(speed(text_of, SHORT, ours), speed(text_of, LONG, ours)) for _ in range(repeats)]
        short, long = (list(each) for each in zip(*rounds, strict=True))
        wanted = (f"a text of {SHORT:,} characters", "us/1,000")
        rows.append(row(f"reads: {name}", long, short, wanted, "<= 2"))
        if name in damaged() and theirs(text_of(SHORT)) == sample(SHORT):
            peer = [speed(text_of, SHORT, theirs) for _ in range(repeats)]
            bar = FENCED if name == "in a fence" else "<= 1"
            rows.append(row(f"reads: {name}", short, peer, ("json-repair", "us/1,000"), bar))
    return rows


def speed(text_of: Callable[[int], str], size: int, read: Callable[[str], Any]) -> float:
    """CPU microseconds for a thousand characters of texts of about this size, LONG in all."""
    text, count = text_of(size), LONG // size
    began = time.thread_time()
    for _ in range(count):
        read(text)
    return 1e9 * (time.thread_time() - began) / len(text) / count


def damaged() -> dict[str, Callable[[int], str]]:
    """A sample, whole and damaged, of about so many characters."""
    damages: dict[str, Callable[[str], str]] = {
        "whole": lambda text: text,
        "in a fence": lambda text: f"Here:\n```json\n{text}\n```",
        "trailing comma": lambda text: f"{text[:-1]},}}",
        "missing comma": lambda text: text.replace('", "hard', '" "hard'),
        "inner quotes": lambda text: text.replace('\\"', '"'),
        "bare backslashes": lambda text: text.replace("\\\\", "\\"),
        "Python's quotes": lambda text: repr(json.loads(text)),
        "two texts for a key": lambda text: text.replace(" Set", '", "Set', 1),
        "a sum of strings": lambda text: text.replace(" Set", '" + "Set', 1),
        "cut": lambda text: text[:-9],
    }
    return {name: partial(_damaged, damage) for name, damage in damages.items()}


def hostile() -> dict[str, Callable[[int], str]]:
    """What no model should write, of so many characters."""
    return {f"{piece} again": partial(_repeated, piece) for piece in HOSTILE}


def _damaged(damage: Callable[[str], str], size: int) -> str:
    return damage(json.dumps(sample(size)))


def _repeated(piece: str, size: int) -> str:
    return (piece * size)[:size]


def sample(size: int) -> dict[str, str]:
    """A sample whose texts have `size` characters."""
    document = (SENTENCE * max(1, size // len(SENTENCE) // 2)).strip()
    return {"user_query": "when", "positive_document": document, "hard_negative_document": document}


def cells(text_of: Callable[[int], str], read: Callable[[str], Any]) -> Iterator[str]:
    """A cell for each size, until one took too long."""
    taken = 0.0
    read(text_of(140))  # patterns are compiled
    for size in SIZES:
        if taken > LONGEST_S:
            yield "-"
            continue
        text = text_of(size)
        began = time.thread_time()
        outcome = read(text)
        taken = time.thread_time() - began
        is_same = isinstance(outcome, dict) and outcome == sample(size)
        yield f"{1e9 * taken / size:,.0f} {'same' if is_same else outcome_name(outcome)}"


def outcome_name(outcome: Any) -> str:
    """Whether another text came back, or none."""
    return "other" if isinstance(outcome, dict) and outcome else "none"


def ours(text: str) -> Any:
    """The fields that the product reads."""
    try:
        return parse_sample(Kind.RETRIEVAL, text).to_fields()
    except Unparsable as error:
        return error.reason


def theirs(text: str) -> Any:
    """What json-repair reads."""
    try:
        return json_repair.loads(text, skip_json_loads=True)
    except (ValueError, RecursionError) as error:
        return str(error)


if __name__ == "__main__":
    main()
