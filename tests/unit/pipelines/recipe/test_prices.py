"""Money is known or null, never guessed."""

import pytest

from littlegiants.errors import BadInput
from pipelines.budget.usage import Usage, usage_of
from pipelines.recipe.prices import price_of, table
from pipelines.recipe.recipe import load_recipe
from pipelines.recipe.teacher_section import Prices


def test_the_table_says_when_and_where_its_prices_were_read() -> None:
    assert {"version", "date", "source", "batch"} <= table().keys()
    assert all(entry["source"] for entry in table()["models"].values())


def test_a_model_that_nobody_priced_has_tokens_and_no_money() -> None:
    assert usage_of(price_of("gpt-unheard-of", None), 10, 5) == Usage(1, 10, 5, None)


def test_the_recipes_own_prices_win() -> None:
    price = price_of("gpt-4o", Prices(prompt=1, completion=2))
    assert usage_of(price, 1_000_000, 1_000_000).dollars == 3


def test_a_batch_costs_its_share() -> None:
    price = price_of("gpt-4o", None)
    assert usage_of(price, 1_000_000, 0).dollars == 2.5
    assert usage_of(price, 1_000_000, 0, batch=True).dollars == 1.25


def test_a_cap_in_dollars_takes_the_tables_price() -> None:
    assert load_recipe("laptop", ["teacher.caps.dollars=5"]).teacher.caps.dollars == 5


def test_a_stages_cap_in_dollars_needs_a_price_too() -> None:
    changes = ["teacher.model=gpt-unheard-of", "teacher.stage_caps.judge.dollars=5"]
    with pytest.raises(BadInput, match=r"give teacher\.prices as well"):
        load_recipe("laptop", changes)


def test_a_snapshot_costs_what_its_model_does_unless_it_has_an_entry() -> None:
    assert price_of("gpt-5-mini-2025-08-07", None) == price_of("gpt-5-mini", None)
    assert price_of("gpt-4o-2024-05-13", None) != price_of("gpt-4o", None)
    assert price_of("gpt-unheard-of-2025-08-07", None) is None
