"""Drafts in, the data set out: valid rows, each once; every drop counted by reason."""

from collections import Counter
from collections.abc import Iterable, Iterator

from littlegiants.checks import failed_checks
from littlegiants.records import record_line
from littlegiants.samples import Sample
from littlegiants.tasks import Prompt
from pipelines.cli.step_flags import StepSettings
from pipelines.curation.deduplication import fingerprint, with_twins
from pipelines.data.records import Draft, Row
from pipelines.run.folder import Run
from pipelines.run.step import Step, Work, main
from pipelines.run.tally import Tally
from pipelines.storage.atomic_writes import whole_file


class CurateSettings(StepSettings):
    """Keep valid samples, each once: exact duplicates and near-duplicates (MinHash) go.

    python -m pipelines.steps.curate --run runs/demo --set curate.near_duplicate=0.9
    """


def curate(work: Work) -> Tally:
    """Write `data/dataset.jsonl` while the drafts are read, once: they need not fit in memory."""
    run, tally = work.run, Tally()
    kinds, revised = Counter[str](), 0
    with whole_file(run.path("dataset")) as stream:
        for row in once(valid_rows(run, tally), tally, threshold=run.recipe.curate.near_duplicate):
            kinds[row.kind] += 1
            revised += row.revised
            stream.write(record_line(row))
    tally.out_count = kinds.total()
    tally.detail |= {"kinds": dict(sorted(kinds.items())), "revised": revised}
    return tally


def once(rows: Iterable[Row], tally: Tally, *, threshold: float) -> Iterator[Row]:
    """The rows that say what none before them says, each id once; the others are counted."""
    ids = set[int]()
    texts = ((row, f"{row.query}\n{row.positive}") for row in rows)
    for row, twin in with_twins(texts, threshold=threshold):
        id = fingerprint(row.id)
        if twin or id in ids:
            tally.drop(twin.reason if twin else "repeated_id")
        else:
            ids.add(id)
            yield row


def valid_rows(run: Run, tally: Tally) -> Iterator[Row]:
    """The rows of all shards' drafts, one after another; drops are counted."""
    for shard in range(run.recipe.synthesize.shard_count):
        for draft in run.rows(Draft, f"drafts-{shard}"):
            tally.in_count += 1
            if row := valid_row(draft, tally):
                yield row


def valid_row(draft: Draft, tally: Tally) -> Row | None:
    """The revision if it passes the checks, else the draft if that does, else a counted drop."""
    for sample in (draft.revision, draft.sample):
        if sample and not failed_checks(sample, draft.prompt):
            return row_of(draft, sample)
    tally.drop(failed_checks(draft.sample, draft.prompt)[0])
    return None


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
    sections=lambda settings: ("curate", "synthesize.shard_count"),
    reads=lambda settings: ("data/drafts-*.jsonl",),
    writes=lambda settings: ("data/dataset.jsonl",),
    body=curate,
)

if __name__ == "__main__":
    main(STEP)
