"""The data set has valid rows, each once; every drop has a reason."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from upath import UPath

from littlegiants.kinds import Kind
from littlegiants.samples import Sample
from littlegiants.tasks import Prompt, Task
from pipelines.cli.step_flags import StepSettings
from pipelines.curation.content import Vectors
from pipelines.data.records import Draft, Row
from pipelines.recipe.recipe import load_recipe
from pipelines.run.folder import Run
from pipelines.run.step import Work
from pipelines.run.tally import Tally
from pipelines.steps.curate import Valid, curate, looked_at

TASK = Task(Kind.MATCHING_SHORT, "Food", "Match a dish to a drink.")
SOUP = Sample(Kind.MATCHING_SHORT, "onion soup with toasted bread", "a glass of dry cider")
CAKE = Sample(Kind.MATCHING_SHORT, "walnut cake", "black tea in a thin cup")
CAKE_AGAIN = Sample(Kind.MATCHING_SHORT, "lemon cake", "green tea in a tall glass")
EMPTY = Sample(Kind.MATCHING_SHORT, "...", "black tea")


RUSSIAN = Sample(Kind.MATCHING_SHORT, "луковый суп с сухим хлебом", "стакан сухого сидра")
TEA_IN_RUSSIAN = Sample(Kind.MATCHING_SHORT, "ореховый торт на тёмном меду", "чёрный чай")


def curated(
    folder: Path, *pairs: tuple[Sample, Sample | None], rules: str = "{}"
) -> tuple[list[Row], Tally]:
    """Rows and tally of these drafts with their revisions."""
    changes = ["synthesize.shard_count=1", f"curate={rules}"]
    run = Run(UPath(folder), load_recipe("laptop", changes))
    prompts = [Prompt(TASK, {}, seed=number) for number in range(len(pairs))]
    drafts = [
        Draft(prompt, sample, revision, "", {"by": "senior"}, {"by": "revisor"})
        for prompt, (sample, revision) in zip(prompts, pairs, strict=True)
    ]
    run.write("drafts-0", drafts)
    settings = StepSettings(_cli_parse_args=False)
    tally = curate(Work("curate", run, settings))
    return run.read(Row, "dataset"), tally


def test_a_valid_revision_takes_the_drafts_place(tmp_path: Path) -> None:
    ((row,), _) = curated(tmp_path, (SOUP, CAKE))
    assert (row.query, row.revised, row.revisor) == (CAKE.query, True, {"by": "revisor"})


def test_a_draft_stays_where_its_revision_is_not_valid(tmp_path: Path) -> None:
    ((row,), _) = curated(tmp_path, (SOUP, EMPTY))
    assert (row.query, row.revised, row.revisor) == (SOUP.query, False, {})


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        ((EMPTY, None), "has_text"),
        ((SOUP, None), "exact_duplicate"),
    ],
    ids=["not valid", "twice"],
)
def test_a_drop_is_counted_by_its_reason(
    second: tuple[Sample, Sample | None], reason: str, tmp_path: Path
) -> None:
    rows, tally = curated(tmp_path, (SOUP, None), second)
    assert len(rows) == 1
    assert (tally.in_count, tally.out_count, dict(tally.dropped)) == (2, 1, {reason: 1})


@pytest.mark.parametrize(
    ("rules", "query", "dropped"),
    [
        ("{}", RUSSIAN.query, {}),
        ("{language: true}", SOUP.query, {"language_is_as_asked": 1}),
    ],
    ids=["any", "as asked"],
)
def test_texts_in_another_script_go_where_the_recipe_says_so(
    rules: str, query: str, dropped: dict[str, int], tmp_path: Path
) -> None:
    alone = (TEA_IN_RUSSIAN, None)
    rows, tally = curated(tmp_path, (SOUP, RUSSIAN), alone, rules=rules)
    assert rows[0].query == query
    assert dict(tally.dropped) == dropped


def test_a_row_that_stands_twice_is_kept_once(tmp_path: Path) -> None:
    run = Run(UPath(tmp_path), load_recipe("laptop", ["synthesize.shard_count=2", "curate={}"]))
    twice, other = (
        Draft(Prompt(TASK, {}, n), s, None, "", {}, {}) for n, s in enumerate((SOUP, CAKE))
    )
    renewed = Draft(Prompt(TASK, {}, 0), CAKE_AGAIN, None, "", {}, {})
    run.write("drafts-0", [twice, twice])
    run.write("drafts-1", [other, renewed])
    tally = curate(Work("curate", run, StepSettings(_cli_parse_args=False)))
    ids = [row.id for row in run.read(Row, "dataset")]
    assert ids == [twice.prompt.id, other.prompt.id]
    assert dict(tally.dropped) == {"exact_duplicate": 1, "repeated_id": 1}


@pytest.mark.parametrize(("threshold", "count"), [("1", 1), ("0.99", 1), ("0.5", 1)])
def test_equal_wordings_are_dropped_at_any_threshold(
    threshold: str, count: int, tmp_path: Path
) -> None:
    shouted = Sample(Kind.MATCHING_SHORT, SOUP.query.upper() + "?", SOUP.positive.title())
    change = f"curate.near_duplicate={threshold}"
    run = Run(UPath(tmp_path), load_recipe("laptop", ["synthesize.shard_count=1", change]))
    samples = enumerate((SOUP, shouted))
    run.write("drafts-0", [Draft(Prompt(TASK, {}, n), s, None, "", {}, {}) for n, s in samples])
    tally = curate(Work("curate", run, StepSettings(_cli_parse_args=False)))
    assert (len(run.read(Row, "dataset")), dict(tally.dropped)) == (count, {"exact_duplicate": 1})


class Named:
    """A double of the scorer: a text is the drinks and dishes that it names."""

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """One axis a name."""
        names = ("soup", "cider", "cake", "tea")
        found = np.array([[0.1 + text.count(name) for name in names] for text in texts])
        return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


MOVED = Sample(Kind.MATCHING_SHORT, SOUP.positive, SOUP.query)


@pytest.mark.parametrize(
    ("revision", "is_draft_valid", "kept", "dropped", "set_aside"),
    [
        pytest.param(MOVED, True, SOUP, {}, {"field_moved": 1}, id="moved"),
        pytest.param(MOVED, False, None, {"field_moved": 1}, {}, id="moved, the draft cut"),
        pytest.param(CAKE, False, CAKE, {}, {}, id="mended, the draft cut"),
    ],
)
def test_no_revision_that_moved_a_field_is_kept(
    revision: Sample,
    is_draft_valid: bool,
    kept: Sample | None,
    dropped: dict[str, int],
    set_aside: dict[str, int],
) -> None:
    draft = Draft(Prompt(TASK, {}, 0), SOUP, revision, "", {}, {})
    valid: Valid = (draft, [revision, SOUP][: 1 + is_draft_valid])
    rules, tally = load_recipe("laptop", ["curate={better_revisions: true}"]).curate, Tally()
    assert [row[1] for row in looked_at([valid], Named(), rules, tally)] == [kept] * bool(kept)
    assert dict(tally.dropped) == dropped
    assert tally.detail.get("revisions_set_aside", {}) == set_aside
