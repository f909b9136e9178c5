"""The report says what the summary says, says what it lacks, and lets no text become markup."""

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest

from littlegiants.errors import BadInput
from littlegiants.kinds import Kind
from pipelines.report.page import SECTIONS, render_report

SUMMARY = Path(__file__).with_name("report_summary.json")
OPTIONAL = (
    *("started", "finished", "seconds", "peak_memory_bytes", "seed", "recipe", "versions"),
    *("teacher", "yields", "judges", "training", "scores", "samples", "ablation", "alignment"),
    "choices",
)
BARE: dict[str, Any] = {"run": "runs/bare", "stages": []}


@pytest.fixture
def summary() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(SUMMARY.read_text("utf-8"))
    return found


def text_of(page: str) -> str:
    body = re.sub(r"<style>.*?</style>", "", page, flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body))


def test_says_what_was_made_and_what_it_cost(summary: dict[str, Any]) -> None:
    said = text_of(render_report(summary))
    assert "318 rows of training data from 102 teacher calls" in said
    assert "102 calls where writing the same data set with the teacher alone takes 318" in said
    assert "beyond 102 rows the teacher alone takes more" in said
    assert "no price known" in said
    assert "+0.171" in said
    assert "2 of 3 tasks better" in said
    assert "embedder.guide= over the recipe's own" in said.replace("&#39;", "'")
    assert "80 of 100 rows: Readmes +0.013" in said


@pytest.mark.parametrize("section", [id for id, _ in SECTIONS])
def test_has_each_section(summary: dict[str, Any], section: str) -> None:
    assert f'<section id="{section}"' in render_report(summary)


@pytest.mark.parametrize("key", ["run", "stages"])
def test_names_the_key_without_which_there_is_no_report(key: str) -> None:
    with pytest.raises(BadInput, match=rf"summary\.{key}"):
        render_report({name: value for name, value in BARE.items() if name != key})


def test_says_that_everything_is_missing_and_shows_no_zero() -> None:
    said = text_of(render_report(BARE))
    assert said.count("not recorded") > 15
    assert not re.search(r"(?<![\w.])0(?![\w.])", said)


@pytest.mark.parametrize("key", OPTIONAL)
@pytest.mark.parametrize("value", ["absent", None, "a string", 3, []])
def test_any_other_key_may_be_missing_or_of_another_shape(
    summary: dict[str, Any], key: str, value: object
) -> None:
    del summary[key]
    whole = summary if value == "absent" else summary | {key: value}
    assert "</html>" in render_report(whole)


def test_any_part_of_the_summary_may_be_missing(summary: dict[str, Any]) -> None:
    summary["samples"] = {"retrieval": summary["samples"]["retrieval"][:1]}
    summary["training"] = {model: log[:3] for model, log in summary["training"].items()}
    summary |= {"recipe": {"sft": {"epochs": 1}}, "versions": {"python": "3.11"}}
    for path in paths_of(summary):
        if path not in (("run",), ("stages",)):
            assert "</html>" in render_report(without(summary, path))


def paths_of(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The first element of each list stands for all of them."""
    if isinstance(value, list):
        return paths_of(value[0], (*path, 0)) if value else []
    if not isinstance(value, dict):
        return [path]
    found = [(*path, key) for key in value if isinstance(value[key], dict)]
    return found + [deep for key, item in value.items() for deep in paths_of(item, (*path, key))]


def without(summary: dict[str, Any], path: tuple[Any, ...]) -> dict[str, Any]:
    whole: Any = copy.deepcopy(summary)
    part = whole
    for key in path[:-1]:
        part = part[key]
    del part[path[-1]]
    return dict(whole)


ATTACK = "<script>alert(1)</script><img src=x onerror=alert(2)>\" onmouseover='alert(3)' {{ 7*7 }}"


def attacked(value: Any) -> Any:
    """The same shape, every key that a model or a user may choose and every text hostile."""
    if isinstance(value, dict):
        return {key: attacked(item) for key, item in value.items()} | {ATTACK: ATTACK}
    if isinstance(value, list):
        return [attacked(item) for item in value]
    return ATTACK if isinstance(value, str) else value


def test_no_text_becomes_markup(summary: dict[str, Any]) -> None:
    page = render_report(attacked(summary))
    assert "&lt;script&gt;alert(1)" in page
    assert "{{ 7*7 }}" in page
    for tag in re.findall(r"<[^>]*>", page):
        assert not re.match(r"</?(script|img)\b", tag)
        unquoted = re.sub(r'"[^"]*"', "", tag)
        assert not re.search(r"\bon\w+\s*=", unquoted)


def test_a_policy_forbids_scripts_and_the_network(summary: dict[str, Any]) -> None:
    page = render_report(summary)
    assert "default-src 'none'" in page
    assert not re.search(r"<(script|link(?! rel=\"icon\" href=\"data:,\")|iframe|img)\b", page)
    assert not re.search(r"https?://|@import", page)


def test_text_from_right_to_left_is_isolated(summary: dict[str, Any]) -> None:
    page = render_report(summary)
    assert '<p class="text" dir="auto">الكتاب' in page


def test_a_very_long_text_is_cut_and_says_by_how_much(summary: dict[str, Any]) -> None:
    summary["samples"]["retrieval"][0]["draft"]["positive"] = "word " * 200_000
    page = render_report(summary)
    assert "994,000 more characters" in page
    assert len(page) < 1_000_000


def test_what_no_page_may_hold_is_replaced(summary: dict[str, Any]) -> None:
    summary["samples"]["sts"][0]["draft"]["query"] = "a\x00b\ud800c\x1b[31m"
    page = render_report(summary)
    assert "a�b�c�[31m" in page
    assert page.encode("utf-8")


def test_at_most_ten_samples_of_a_kind_are_shown(summary: dict[str, Any]) -> None:
    summary["samples"] = {"retrieval": summary["samples"]["retrieval"] * 2}
    page = render_report(summary)
    assert page.count('<details class="sample"') == 10
    assert "10 of 20" in text_of(page)
    assert text_of(page).count("No sample of this kind was recorded.") == len(Kind) - 1


def test_a_sample_shows_draft_revision_reason_and_provenance(summary: dict[str, Any]) -> None:
    sample = summary["samples"]["classification"][1]
    said = text_of(render_report(summary))
    assert sample["reason"] in said
    for maker in sample["provenance"].values():
        assert maker["weights_digest"] in said
        assert str(maker["seed"]) in said


def test_values_that_are_not_finite_are_left_out_of_a_line_and_counted() -> None:
    log = [{"step": 1, "loss": 2.0}, {"step": 2, "loss": float("nan")}, {"step": 3, "loss": 1.0}]
    page = render_report(BARE | {"training": {"junior": log}})
    assert "1 logged value not finite" in text_of(page)
    assert not re.search(r"\bnan\b", page)


def test_the_whole_recipe_and_the_versions_are_shown(summary: dict[str, Any]) -> None:
    said = text_of(render_report(summary))
    assert "lora.targets q_proj, v_proj" in said
    assert "budget.tokens null" in said
    for version in summary["versions"].values():
        assert version in said


def test_tells_of_the_attempts_that_failed() -> None:
    failed = {"attempt": 1, "outcome": "failed", "error": "Unavailable", "message": "store is away"}
    stage = {"name": "seed", "failed": [failed]}
    page = render_report({**BARE, "stages": [stage]})
    assert "Unavailable: store is away" in page
    assert "Attempts that failed" not in render_report({**BARE, "stages": [{"name": "seed"}]})
