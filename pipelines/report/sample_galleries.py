"""Samples as a reader compares them: draft beside revision, changed words marked, their making."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from littlegiants.kinds import SPECS, Kind
from pipelines.report.format import MISSING, items, part, plain

Span = tuple[bool, str]
"""Is this stretch of words changed, and the stretch."""

SAMPLES_SHOWN = 10
CHARS_SHOWN = 6000
"""A longer text is cut, and the page says by how much."""
WORDS_COMPARED = 1500
"""Word by word comparison is quadratic: longer texts stand side by side unmarked."""
OPENING_CHARS = 200
TEXTS = ("query", "positive", "negative")


@dataclass(frozen=True, slots=True)
class Text:
    """One text of a sample; no spans means that it was not recorded."""

    spans: tuple[Span, ...]
    cut_count: int = 0


@dataclass(frozen=True, slots=True)
class FieldPair:
    """The same field before and after the revisor; `revision` is None when the draft was kept."""

    name: str
    draft: Text
    revision: Text | None

    @property
    def is_changed(self) -> bool:
        """Whether the revisor wrote something else here."""
        return self.revision is not None and self.revision != self.draft


@dataclass(frozen=True, slots=True)
class SampleView:
    """One sample with everything known about its making."""

    id: str
    opening: str
    task: str
    topic: str
    attributes: tuple[tuple[str, str], ...]
    pairs: tuple[FieldPair, ...]
    revised: bool
    reason: str
    authors: tuple[str, ...]
    provenance: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Gallery:
    """The samples of one kind that are shown, out of `recorded_count`."""

    kind: str
    title: str
    samples: tuple[SampleView, ...]
    recorded_count: int


def galleries(summary: Mapping[str, Any]) -> tuple[Gallery, ...]:
    """One gallery for each kind, also for a kind of which nothing was recorded."""
    recorded = part(summary, "samples")
    kinds = [*Kind, *(kind for kind in recorded if kind not in list(Kind))]
    found = {str(kind): items(recorded.get(kind)) for kind in kinds}
    return tuple(
        Gallery(
            kind, _title(kind), tuple(_view(kind, raw) for raw in raws[:SAMPLES_SHOWN]), len(raws)
        )
        for kind, raws in found.items()
    )


def _view(kind: str, raw: Mapping[str, Any]) -> SampleView:
    makers = part(raw, "provenance")
    authors = tuple(name for name in makers if part(makers, name))
    facts = dict.fromkeys(fact for name in authors for fact in part(makers, name))
    return SampleView(
        id=_said(raw, "id"),
        opening=_opening(part(raw, "revision"), part(raw, "draft")),
        task=_said(raw, "task"),
        topic=_said(raw, "topic"),
        attributes=tuple((name, plain(value)) for name, value in part(raw, "attributes").items()),
        pairs=tuple(_pairs(kind, part(raw, "draft"), part(raw, "revision"))),
        revised=bool(part(raw, "revision")),
        reason=_said(raw, "reason"),
        authors=authors,
        provenance=tuple(
            (fact, tuple(_said(part(makers, name), fact) for name in authors)) for fact in facts
        ),
    )


def _title(kind: str) -> str:
    return "Semantic similarity (STS)" if kind == Kind.STS else kind.replace("_", " ").capitalize()


def _opening(*versions: Mapping[str, Any]) -> str:
    said = (_said(version, "query") for version in versions)
    return next((query[:OPENING_CHARS] for query in said if query != MISSING), MISSING)


def _said(raw: Mapping[str, Any], key: str) -> str:
    return plain(raw[key]) if raw.get(key) not in (None, "") else MISSING


def _pairs(kind: str, draft: Mapping[str, Any], revision: Mapping[str, Any]) -> list[FieldPair]:
    names = TEXTS[: len(SPECS[Kind(kind)].fields)] if kind in list(Kind) else TEXTS
    return [_pair(name, draft.get(name), revision.get(name), bool(revision)) for name in names]


def _pair(name: str, draft: object, revision: object, revised: bool) -> FieldPair:
    before, after = _text_of(draft), _text_of(revision)
    if not revised:
        return FieldPair(name, Text(_spans(before[:CHARS_SHOWN]), _cut(before)), None)
    old, new = marked(before[:CHARS_SHOWN], after[:CHARS_SHOWN])
    return FieldPair(name, Text(old, _cut(before)), Text(new, _cut(after)))


def _text_of(value: object) -> str:
    return value if isinstance(value, str) else ""


def _cut(text: str) -> int:
    return max(0, len(text) - CHARS_SHOWN)


def _spans(text: str) -> tuple[Span, ...]:
    return ((False, text),) if text else ()


def marked(before: str, after: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Both texts in stretches of words, those that the other lacks marked as changed."""
    old, new = re.findall(r"\s*\S+|\s+$", before), re.findall(r"\s*\S+|\s+$", after)
    if not old or not new or max(len(old), len(new)) > WORDS_COMPARED:
        return _spans(before), _spans(after)
    compared = SequenceMatcher(
        None, [w.strip() for w in old], [w.strip() for w in new], autojunk=False
    )
    left: list[Span] = []
    right: list[Span] = []
    for verdict, a, b, c, d in compared.get_opcodes():
        left.append((verdict != "equal", "".join(old[a:b])))
        right.append((verdict != "equal", "".join(new[c:d])))
    return tuple(span for span in left if span[1]), tuple(span for span in right if span[1])
