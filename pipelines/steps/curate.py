"""Drafts in, the data set out: valid rows, each once; every drop counted by reason."""

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from littlegiants.checks import CHECKS, failed_checks
from littlegiants.heartbeat import doing
from littlegiants.records import record_line
from littlegiants.samples import Sample
from littlegiants.tasks import Prompt
from pipelines.cli.step_flags import StepSettings
from pipelines.curation.deduplication import fingerprint, with_twins
from pipelines.curation.languages import language_is_as_asked
from pipelines.curation.profile import Drawn, Written, profile_of
from pipelines.data.examples import read_examples
from pipelines.data.records import Draft, Row, Seed
from pipelines.models.model_folders import resolve_model
from pipelines.recipe.quality_sections import Curate
from pipelines.run.folder import Run
from pipelines.run.step import Step, Work, main
from pipelines.run.tally import Tally
from pipelines.storage.atomic_writes import whole_file

if TYPE_CHECKING:
    from pipelines.curation.content import Seen, TextVectors

Valid = tuple[Draft, list[Sample]]
Kept = tuple[Draft, Sample]
SEEDS = "examples/seeds.jsonl"
BLOCK = 2000
"""Drafts whose content is looked at together: their vectors are in memory, each other's foil."""


class CurateSettings(StepSettings):
    """Keep valid samples, each once: exact duplicates and near-duplicates (MinHash) go.

    Where the recipe says so, `models.scorer` looks at their content as well.

    python -m pipelines.steps.curate --run runs/demo --set curate.near_duplicate=0.9
    """


def curate(work: Work) -> Tally:
    """Write `data/dataset.jsonl` while the drafts are read, once: they need not fit in memory."""
    run, tally = work.run, Tally()
    rules, scorer, drawn = run.recipe.curate, Scorer(work), Drawn(random.Random(run.recipe.seed))
    kinds, revised = Counter[str](), 0
    valid = valid_samples(run, scorer, tally)
    with whole_file(run.path("dataset")) as stream:
        for draft, sample in once(valid, tally, threshold=rules.near_duplicate):
            row = row_of(draft, sample)
            kinds[row.kind] += 1
            revised += row.revised
            drawn.see(draft.prompt, sample)
            stream.write(record_line(row))
    tally.out_count = kinds.total()
    reference = scorer() if rules.reads_content and drawn.rows else None
    tally.detail |= {"kinds": dict(sorted(kinds.items())), "revised": revised}
    tally.detail["profile"] = profile_of(drawn.rows, hand_written(), reference)
    return tally


class Scorer:
    """`models.scorer`, loaded when it is first asked for."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._loaded: TextVectors | None = None

    def __call__(self) -> "TextVectors":
        from pipelines.curation.content import scorer_of

        model = self._work.run.recipe.models.scorer
        self._loaded = self._loaded or scorer_of(resolve_model(model, self._work.models))
        return self._loaded


def reference_of(work: Work) -> "TextVectors":
    """The scorer, as texts' vectors."""
    return Scorer(work)()


def hand_written() -> list[Written]:
    """The shipped seeds, which the rows are measured against."""
    return [(each.prompt, each.sample) for each in read_examples(Seed, [SEEDS])]


def once(rows: Iterable[Kept], tally: Tally, *, threshold: float) -> Iterator[Kept]:
    """The rows that say what none before them says, each id once; the others are counted."""
    ids = set[int]()
    texts = ((row, f"{row[1].query}\n{row[1].positive}") for row in rows)
    for row, twin in with_twins(texts, threshold=threshold):
        id = fingerprint(row[0].prompt.id)
        if twin or id in ids:
            tally.drop(twin.reason if twin else "repeated_id")
        else:
            ids.add(id)
            yield row


def valid_samples(run: Run, scorer: Scorer, tally: Tally) -> Iterator[Kept]:
    """The sample of each draft of all shards that stays; drops are counted."""
    rules, drafts = run.recipe.curate, valid_drafts(run, tally)
    if not rules.reads_content:
        yield from ((draft, samples[0]) for draft, samples in drafts)
        return
    while block := list(islice(drafts, BLOCK)):
        yield from looked_at(block, scorer(), rules, tally)


def valid_drafts(run: Run, tally: Tally) -> Iterator[Valid]:
    """Each draft with its samples that pass the checks, the revision first; none is a drop."""
    checks = (*CHECKS, language_is_as_asked) if run.recipe.curate.language else CHECKS
    for shard in range(run.recipe.synthesize.shard_count):
        for draft in run.rows(Draft, f"drafts-{shard}"):
            tally.in_count += 1
            samples = [each for each in (draft.revision, draft.sample) if each]
            faults = [failed_checks(each, draft.prompt, checks) for each in samples]
            if valid := [each for each, fault in zip(samples, faults, strict=True) if not fault]:
                yield draft, valid
            else:
                tally.drop(faults[-1][0])


def looked_at(
    block: Sequence[Valid], reference: "TextVectors", rules: Curate, tally: Tally
) -> Iterator[Kept]:
    """The samples of a block whose content is as it should be; drops are counted."""
    from pipelines.curation.content import Seen, content_faults

    every = [sample for draft, valid in block for sample in (draft.sample, *valid)]
    with doing(f"reading the content of {len(block)} drafts"):
        seen = Seen.by(reference, every)
    chosen = [(each[0], kept) for each in block if (kept := better_of(each, seen, rules, tally))]
    faults = content_faults(
        [sample for _, sample in chosen],
        seen,
        round_trip=rules.round_trip,
        fair_negatives=rules.fair_negatives,
    )
    for row, fault in zip(chosen, faults, strict=True):
        if fault:
            tally.drop(fault)
        else:
            yield row


def better_of(valid: Valid, seen: "Seen", rules: Curate, tally: Tally) -> Sample | None:
    """The revision, or the draft where that is valid and the revision no better (counted).

    None, a drop, where a field has moved and the draft, being cut say, is not valid.
    """
    from pipelines.curation.content import FIELD_MOVED, why_not_revised

    draft, (sample, *others) = valid
    if not rules.better_revisions or sample is not draft.revision:
        return sample
    why = why_not_revised(draft.sample, sample, seen)
    if not others and why == FIELD_MOVED:
        tally.drop(why)
        return None
    if not (others and why):
        return sample
    set_aside = tally.detail.setdefault("revisions_set_aside", {})
    set_aside[why] = set_aside.get(why, 0) + 1
    return others[0]


def row_of(draft: Draft, sample: Sample) -> Row:
    """A row of the data set with where it comes from."""
    prompt: Prompt = draft.prompt
    return Row(
        id=prompt.id,
        kind=sample.kind,
        task=prompt.task.text,
        query=sample.query,
        positive=sample.positive,
        negative=sample.negative,
        language=prompt.task.language,
        revised=sample is draft.revision,
        senior=draft.senior,
        revisor=draft.revisor if sample is draft.revision else {},
    )


STEP = Step(
    title=lambda settings: "curate",
    settings=CurateSettings,
    sections=lambda settings: ("curate", "synthesize.shard_count", "models.scorer"),
    reads=lambda settings: ("data/drafts-*.jsonl",),
    writes=lambda settings: ("data/dataset.jsonl",),
    body=curate,
)

if __name__ == "__main__":
    main(STEP)
