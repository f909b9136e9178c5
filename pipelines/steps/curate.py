"""Drafts in, the data set out: valid rows, each once; every drop counted by reason."""

from collections.abc import Sequence

from littlegiants.checks import failed_checks, words
from littlegiants.samples import Sample
from littlegiants.tasks import Prompt
from pipelines.deduplication import duplicates
from pipelines.nouns import Draft, Row
from pipelines.run import Tally
from pipelines.stage import Step, StepSettings, Work, main


class CurateSettings(StepSettings):
    """Keep valid samples, each once: exact duplicates and near-duplicates (MinHash) go."""


def curate(work: Work) -> Tally:
    """Write `data/dataset.jsonl`."""
    recipe = work.run.recipe
    drafts = [
        draft
        for shard in range(recipe.synthesize.shard_count)
        for draft in work.run.read(Draft, f"drafts-{shard}")
    ]
    tally = Tally(in_count=len(drafts))
    rows = [row for draft in drafts if (row := valid_row(draft, tally))]
    texts = {row.id: f"{row.query}\n{row.positive}" for row in rows}
    copies = duplicates(texts.items(), threshold=recipe.curate.near_duplicate)
    for copy, first in copies.items():
        is_exact = words(texts[copy]) == words(texts[first])
        tally.drop("exact_duplicate" if is_exact else "near_duplicate")
    kept = [row for row in rows if row.id not in copies]
    tally.out_count = len(kept)
    tally.detail["kinds"] = kinds_of(kept)
    tally.detail["revised"] = sum(row.revised for row in kept)
    work.run.write("dataset", kept)
    return tally


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


def kinds_of(rows: Sequence[Row]) -> dict[str, int]:
    """Rows of each kind."""
    return {
        kind: sum(row.kind == kind for row in rows) for kind in sorted({row.kind for row in rows})
    }


STEP = Step(
    title=lambda settings: "curate",
    settings=CurateSettings,
    sections=lambda settings: ("curate", "synthesize"),
    reads=lambda settings: ("data/drafts-*.jsonl",),
    writes=lambda settings: ("data/dataset.jsonl",),
    body=curate,
)

if __name__ == "__main__":
    main(STEP)
