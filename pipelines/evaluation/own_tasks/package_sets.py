"""Retrieval sets from texts in installed packages, which nobody of this project wrote.

Each pairs a short text with the longer one that it belongs to: `module:FILE#NAME` names one, as any
task of one's own. A package that is not installed is named with the command that installs it.
"""

import html
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, distributions, version
from importlib.util import find_spec
from pathlib import Path

from mteb.abstasks.task_metadata import TaskMetadata

from littlegiants.errors import BadInput
from littlegiants.tasks import digest
from littlegiants.weights import file_digest
from pipelines.evaluation.beir import Document, RetrievalSet
from pipelines.evaluation.own_tasks.local_tasks import LocalRetrieval, local_metadata

Pairs = Iterable[tuple[str, str]]
QUERIES, DOCUMENTS, LONGEST = 250, 600, 600
"""Most queries and documents of a set, and characters of a document."""
LEAST_WORDS = 4
EVERY = 16
"""Of the cloud's services, in the order of their names, one in so many."""
SENTENCE = re.compile(r"(.{20,200}?[.!?])\s+(?=[A-Z])(.{60,})", re.DOTALL)
TITLE = re.compile(r"\btitle\s*=\s*[{\"]+(.+?)[}\"]+,?\s*\n")
VERSION_NOTE = re.compile(r"\s*This version (corrects|is|fixes).*", re.DOTALL)
MARKUP = re.compile(r"<[^>]+>|!?\[[^\]]*\]\([^)]*\)|https?://\S+|[`*#=~|_-]{2,}|:\w+:")


def set_of(pairs: Pairs) -> RetrievalSet:
    """Some of the pairs, drawn by a digest of their texts; no text is there twice."""
    found, seen = [], set[str]()
    for query, text in sorted(pairs, key=lambda pair: sha256(repr(pair).encode()).digest()):
        if len(query.split()) >= LEAST_WORDS and not {query, text[:LONGEST]} & seen:
            seen |= {query, text[:LONGEST]}
            found.append((query, text[:LONGEST]))
    found = found[:DOCUMENTS]
    names = [sha256(text.encode()).hexdigest()[:12] for _, text in found]
    corpus = {name: Document(name, "", text) for name, (_, text) in zip(names, found, strict=True)}
    asked = list(zip(names, found, strict=True))[:QUERIES]
    return RetrievalSet(
        {name: query for name, (query, _) in asked},
        dict(sorted(corpus.items())),  # no query's own document wins a tie by standing first
        {name: {name: 1} for name, _ in asked},
    )


def plain_text(text: str) -> str:
    """Without markup, links and runs of signs; one blank between words."""
    return " ".join(MARKUP.sub(" ", html.unescape(text)).split())


def first_sentence(text: str) -> Iterator[tuple[str, str]]:
    """The first sentence with the rest, where there are both."""
    if found := SENTENCE.match(plain_text(text)):
        yield found[1], found[2]


def readmes() -> Pairs:
    """A package's one-line summary, and its description without that line."""
    for package in distributions():
        summary = plain_text(package.metadata["Summary"] or "")
        about = package.metadata["Description"] or ""
        text = plain_text(about).replace(summary, " ").strip()
        if summary and len(text) > LONGEST // 4:
            yield summary, text


def papers() -> Pairs:
    """The title of the paper on a data set, and what mteb says of the data set."""
    import mteb

    for task in mteb.get_tasks(languages=["eng"]):
        title = TITLE.search(task.metadata.bibtex_citation or "")
        text = VERSION_NOTE.sub("", plain_text(task.metadata.description))
        name = re.sub(r"[{}]", "", title[1]) if title else ""
        if len(text) > LONGEST // 10 and name.casefold() not in text.casefold():
            yield name, text


def cloud_operations() -> Pairs:
    """The first sentence on an operation of a cloud service, and the rest (botocore's models)."""
    from botocore.loaders import Loader

    loader = Loader()
    for service in loader.list_available_services("service-2")[::EVERY]:
        for operation in loader.load_service_model(service, "service-2")["operations"].values():
            yield from first_sentence(operation.get("documentation", ""))


def lee_news() -> Pairs:
    """The first sentence of a news report, and the rest (Lee corpus, among gensim's test data).

    Raises BadInput where gensim is not installed.
    """
    found = find_spec("gensim")
    if not found or not found.submodule_search_locations:
        raise BadInput("tasks: LeeNews reads gensim's test data; pip install gensim==4.4.0")
    folder = Path(found.submodule_search_locations[0], "test/test_data")
    for name in ("lee_background.cor", "lee.cor"):
        for line in (folder / name).read_text("latin-1").splitlines():
            yield from first_sentence(line)


@cache
def set_from(source: Callable[[], Pairs]) -> RetrievalSet:
    """The set of one source, read once."""
    return set_of(source())


def _metadata(name: str, package: str, revision: str = "") -> TaskMetadata:
    try:
        revision = revision or version(package)
    except PackageNotFoundError:
        revision = "not installed"
    told = digest([revision, file_digest(Path(__file__))])
    return local_metadata(name, "Retrieval", "ndcg_at_10", path=Path(package), revision=told)


def _installed() -> str:
    return digest(sorted(f"{each.name} {each.version}" for each in distributions()))


class Readmes(LocalRetrieval):
    """Summaries to descriptions of the packages that are installed."""

    metadata = _metadata("Readmes", "installed packages", _installed())
    abstask_prompt = "Given a summary of a package, retrieve its description"

    def __init__(self) -> None:
        super().__init__(self.metadata, partial(set_from, readmes))


class Papers(LocalRetrieval):
    """Titles of papers to descriptions of the data sets that they are on."""

    metadata = _metadata("Papers", "mteb")
    abstask_prompt = "Given the title of a paper, retrieve the description of its data set"

    def __init__(self) -> None:
        super().__init__(self.metadata, partial(set_from, papers))


class CloudOperations(LocalRetrieval):
    """What an operation does to the details of it."""

    metadata = _metadata("CloudOperations", "botocore")
    abstask_prompt = "Given what an operation does, retrieve the documentation of its details"

    def __init__(self) -> None:
        super().__init__(self.metadata, partial(set_from, cloud_operations))


class LeeNews(LocalRetrieval):
    """First sentences of news reports to the rest of them."""

    metadata = _metadata("LeeNews", "gensim")
    abstask_prompt = "Given the first sentence of a news report, retrieve the rest of it"

    def __init__(self) -> None:
        super().__init__(self.metadata, partial(set_from, lee_news))
