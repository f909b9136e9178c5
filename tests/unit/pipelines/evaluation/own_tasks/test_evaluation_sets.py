"""Development and final sets are apart, and what they are made of is told."""

import pytest

from pipelines.evaluation.own_tasks.evaluation_sets import DEVELOPMENT, FINAL, sets_of
from pipelines.evaluation.own_tasks.package_sets import first_sentence, set_of
from pipelines.evaluation.own_tasks.task_modules import tasks_in


def test_no_set_is_tuned_on_and_told_of() -> None:
    assert not set(DEVELOPMENT) & set(FINAL)
    assert (len(DEVELOPMENT), len(FINAL)) == (2, 3)
    assert (sets_of(final=False), sets_of(final=True)) == (DEVELOPMENT, FINAL)


@pytest.mark.parametrize("reference", [*DEVELOPMENT[1:], *FINAL])
def test_every_set_from_packages_is_a_task(reference: str) -> None:
    assert tasks_in(reference) == [reference]


def test_a_pair_is_a_query_and_the_document_that_answers_it() -> None:
    pairs = [(f"what is thing number {n}", f"thing {n} is long") for n in range(3)]
    found = set_of([*pairs, *pairs, ("too short", "never asked")])
    assert sorted(found.queries.values()) == [query for query, _ in pairs]
    for name, grades in found.qrels.items():
        (document,) = grades
        assert (found.queries[name], found.corpus[document].text) in pairs


def test_the_first_sentence_asks_for_the_rest() -> None:
    text = "<p>Deletes a <b>table</b> with its rows. </p>" + "<p>What was deleted is gone. </p>" * 4
    ((query, document),) = first_sentence(text)
    assert query == "Deletes a table with its rows."
    assert document.startswith("What was deleted")
    assert not list(first_sentence("One sentence only, however long it may be."))
