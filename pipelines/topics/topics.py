"""Topics: paths such as Science/Astronomy/Comets, shipped or from a file; which a recipe uses."""

import random
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path

import regex

from littlegiants.compression import plain_reader
from littlegiants.errors import BadInput
from littlegiants.tasks import digest
from littlegiants.topic_names import CONTROL
from pipelines.recipe.recipe import Recipe
from pipelines.topics.odp_dump import directory_topics

SHIPPED, GROWN = "shipped", "grown"
DIRECTORY_SUFFIXES = (".rdf", ".u8", ".xml")
DEPTH = 4
"""Deeper paths keep their first two and last two segments (SPEED, arXiv 2410.18634)."""
LONGEST = 300
"""Characters; a longer line is not a path but a mistake."""
BLANK: re.Pattern[str] = regex.compile(r"\p{Zs}+")
"""No-break and wide blanks are blanks like any other."""


def read_topics(source: str | Path | Iterable[str], *, name: str = "topics") -> list[str]:
    """Topic paths in the order of `source`, each once.

    `source` is a file (one path a line, or an ODP/DMOZ content RDF dump: `.rdf`, `.u8`, `.xml`;
    `.gz` and `.zst` of either) or lines. Blank lines and `#` comments are skipped.

    Raises BadInput naming file, line and remedy.
    """
    if not isinstance(source, str | Path):
        return list(dict.fromkeys(_paths(source, name)))
    try:
        with Path(source).open("rb") as stream, plain_reader(stream, str(source)) as plain:
            if (
                Path(source)
                .name.removesuffix(".gz")
                .removesuffix(".zst")
                .endswith(DIRECTORY_SUFFIXES)
            ):
                found = list(dict.fromkeys(directory_topics(plain, str(source))))
            else:
                found = list(dict.fromkeys(_paths(_decoded(plain, str(source)), str(source))))
    except OSError as error:
        raise BadInput(f"{source}: cannot be read ({error.strerror}); name a file") from error
    return found


def shipped_topics() -> list[str]:
    """The topics that come with the product."""
    text = files("pipelines.topics").joinpath("topics.txt").read_text("utf-8")
    return read_topics(text.split("\n"), name="pipelines/topics/topics.txt")


def truncate(path: str) -> str:
    """`path`, or its first two and last two segments when it is deeper than four."""
    segments = path.split("/")
    half = DEPTH // 2
    return path if len(segments) <= DEPTH else "/".join(segments[:half] + segments[-half:])


def choose_topics(paths: Iterable[str], count: int, seed: int) -> list[str]:
    """`count` different truncated topics, dealt evenly over the top-level areas.

    The same set of paths and the same seed choose the same topics in the same order, and a larger
    count begins with the smaller one's choice. One task is written for each topic.

    Raises BadInput when there are fewer topics than `count`.
    """
    areas: dict[str, list[str]] = defaultdict(list)
    for topic in sorted({truncate(path) for path in paths}):
        areas[topic.partition("/")[0]].append(topic)
    found = sum(map(len, areas.values()))
    if not 0 < count <= found:
        raise BadInput(f"topics.count: {count} of {found}; ask for 1 to {found} or add paths")
    rng = random.Random(digest([seed, "topics"]))
    for topics in areas.values():
        rng.shuffle(topics)
    rounds = list(areas.values())
    rng.shuffle(rounds)
    deepest = max(map(len, rounds))
    dealt = (topics[turn] for turn in range(deepest) for topics in rounds if turn < len(topics))
    return [topic for topic, _ in zip(dealt, range(count), strict=False)]


def is_grown(recipe: Recipe) -> bool:
    """Whether the teacher names the topics."""
    return recipe.topics.source == GROWN


def topics_field(recipe: Recipe) -> str:
    """The field that names where given topics are: chosen from, or what others grow from."""
    return "roots" if is_grown(recipe) else "source"


def given_topics(recipe: Recipe) -> list[str]:
    """Every topic there, as it is used: deep paths cut, each once.

    Raises BadInput naming file, line and remedy.
    """
    source = getattr(recipe.topics, topics_field(recipe))
    paths = shipped_topics() if source == SHIPPED else read_topics(source)
    return list(dict.fromkeys(map(truncate, paths)))


def unused_topics(recipe: Recipe) -> set[str]:
    """Topics that the run did not choose; where it grew its topics, what they grew from."""
    given = set(given_topics(recipe))
    if is_grown(recipe):
        return given
    return given - set(choose_topics(given, recipe.topics.count, recipe.seed))


def _decoded(lines: Iterable[bytes], name: str) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise BadInput(f"{name}:{number}: not UTF-8; save the file as UTF-8") from error


def _paths(lines: Iterable[str], name: str) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        path = unicodedata.normalize("NFC", BLANK.sub(" ", line).strip())
        if not path or path.startswith("#"):
            continue
        segments = path.split("/")
        if not all(segment.strip() for segment in segments):
            raise BadInput(f"{name}:{number}: {path!r} has an empty segment; write A/B/C")
        if found := CONTROL.search(path):
            raise BadInput(
                f"{name}:{number}: has the control character U+{ord(found[0]):04X}; take it out "
                "and write one path such as A/B/C a line"
            )
        if len(path) > LONGEST:
            raise BadInput(
                f"{name}:{number}: {len(path)} characters are no topic path; write one path such "
                "as A/B/C a line"
            )
        yield "/".join(segment.strip() for segment in segments)
