"""Dashboard and alerts ask for nothing that a server does not export, and leave nothing out."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric
from upath import UPath

from pipelines.recipe.recipe import load_recipe
from pipelines.step_progress import StepProgress
from pipelines.tracking.pushgateway import StageMetrics
from services.generator.telemetry.metrics import Meters
from tests.contract.sources import ROOT

FILES = ROOT / "charts" / "littlegiants" / "files"
DASHBOARD = json.loads((FILES / "dashboard.json").read_text("utf-8"))
ALERTS = yaml.safe_load((FILES / "alerts.yaml").read_text("utf-8"))
RULES = [rule for group in ALERTS["groups"] for rule in group["rules"]]
NAME = re.compile(r"\b(?:littlegiants_|vllm:)\w+")
SELECTED = re.compile(r"\blittlegiants_\w+|\bvllm:\w+|__name__=~\"[^\"]*\"")
"""Series of a name, or of several."""
SELECTOR = re.compile(r"\b(littlegiants_\w+)\{([^}]*)\}")
OF_SERIES = {
    "counter": ("_total",),
    "gauge": ("",),
    "histogram": ("_bucket", "_count", "_sum"),
}
OF_TARGETS = {"namespace", "release", "job", "instance", "le"}
ASKED_FOR = {
    "GeneratorDown",
    "GeneratorNotReady",
    "GeneratorHighErrorRate",
    "GeneratorLowYield",
    "GeneratorStalled",
    "GeneratorReloadFailing",
    "GeneratorWeightsDiffer",
    "GeneratorSlow",
}


def families() -> list[Metric]:
    """What a server exports of its own, every instrument used once."""
    registry = CollectorRegistry()
    meters = Meters(registry)
    meters.item("Generate", "no_json", 1.0)
    meters.call("method", "OK")
    meters.weights.served = ("junior", "digest")
    return [*registry.collect(), *pushed()]


def pushed() -> list[Metric]:
    """What a stage pushes."""
    with TemporaryDirectory() as folder, StepProgress("seed", 2):
        run = StageMetrics(UPath(folder), load_recipe("laptop", ["teacher.caps.calls=3"]), "seed")
        return list(run.measured(is_running=True).collect())


FAMILIES = families()
OURS = {
    family.name + suffix: {label for sample in family.samples for label in sample.labels}
    for family in FAMILIES
    for suffix in OF_SERIES[family.type]
}


def engines() -> set[str]:
    """Names that the installed vLLM registers, as its source has them."""
    found = find_spec("vllm")
    assert found is not None
    assert found.origin
    source = Path(found.origin).parent / "v1" / "metrics" / "loggers.py"
    return set(re.findall(r'name="(vllm:\w+)"', source.read_text("utf-8")))


def panels() -> Iterator[dict[str, Any]]:
    """Panels that show something."""
    yield from (panel for panel in DASHBOARD["panels"] if panel["type"] != "row")


def expressions() -> dict[str, str]:
    """Every expression by the panel or the alert that it belongs to."""
    shown = {
        f"{panel['title']} {target['refId']}": target["expr"]
        for panel in panels()
        for target in panel["targets"]
    }
    noted = {each["name"]: each["expr"] for each in DASHBOARD["annotations"]["list"]}
    listed = {
        each["name"]: each["query"] for each in DASHBOARD["templating"]["list"] if "refresh" in each
    }
    return shown | noted | listed | {rule["alert"]: rule["expr"] for rule in RULES}


EXPRESSIONS = expressions()


@pytest.mark.parametrize("place", EXPRESSIONS)
def test_an_expression_asks_for_what_a_server_exports(place: str) -> None:
    names = set(NAME.findall(EXPRESSIONS[place]))
    ours = {name for name in names if name.startswith("littlegiants_")}
    assert names
    assert ours <= OURS.keys()
    bare = {re.sub(r"_(total|bucket|count|sum)$", "", name) for name in names - ours}
    assert bare <= engines()


@pytest.mark.parametrize("place", EXPRESSIONS)
def test_an_expression_selects_by_labels_that_there_are(place: str) -> None:
    for name, selected in SELECTOR.findall(EXPRESSIONS[place]):
        labels = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", selected))
        assert labels <= OURS[name] | OF_TARGETS


def test_every_metric_of_ours_stands_in_the_dashboard() -> None:
    shown = {
        name
        for panel in panels()
        for target in panel["targets"]
        for name in NAME.findall(target["expr"])
    }
    absent = {
        family.name
        for family in FAMILIES
        if not any(family.name + suffix in shown for suffix in OF_SERIES[family.type])
    }
    assert not absent


def test_there_is_an_alert_for_each_thing_that_goes_wrong() -> None:
    assert {rule["alert"] for rule in RULES} == ASKED_FOR


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_an_alert_tells_releases_apart(rule: dict[str, Any]) -> None:
    for grouped in re.findall(r"\b(?:by|on|group_left|ignoring|without) \(([^)]*)\)", rule["expr"]):
        assert {"namespace", "release"} <= set(grouped.split(", "))


def test_the_dashboard_shows_the_releases_that_are_chosen() -> None:
    variables = [each["name"] for each in DASHBOARD["templating"]["list"]]
    assert variables == ["datasource", "namespace", "release", "job", "instance"]
    for place, expression in EXPRESSIONS.items():
        if place not in ASKED_FOR | {"namespace", "release"}:
            chosen = expression.count('namespace=~"$namespace", release=~"$release"')
            assert chosen == len(SELECTED.findall(expression)), place
    assert 'namespace=~"$namespace"' in EXPRESSIONS["release"]


@pytest.mark.parametrize("variable", ["namespace", "release", "job", "instance"])
def test_the_dashboard_can_choose_a_teacher_which_has_no_metrics_of_ours(variable: str) -> None:
    names = set(NAME.findall(EXPRESSIONS[variable]))
    assert any(name in OURS for name in names)
    assert any(name in engines() for name in names)
    assert 'release!=""' in EXPRESSIONS[variable] or "$release" in EXPRESSIONS[variable]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_an_alert_says_how_bad_it_is_what_it_is_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert rule["annotations"]["summary"]
    assert len(rule["annotations"]["description"].split()) > 15
    assert re.fullmatch(r"\d+m", rule["for"])


def test_panels_have_ids_of_their_own_and_do_not_overlap() -> None:
    every = DASHBOARD["panels"]
    assert len({panel["id"] for panel in every}) == len(every)
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in every)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_prometheus_reads_every_expression(tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    shown = [
        {"record": f"shown:{number}", "expr": expr.replace("$__rate_interval", "5m")}
        for number, expr in enumerate(EXPRESSIONS.values())
        if not expr.startswith("label_values")
    ]
    groups = [*ALERTS["groups"], {"name": "dashboard", "rules": shown}]
    rules.write_text(yaml.safe_dump({"groups": groups}), "utf-8")
    command = ["promtool", "check", "rules", str(rules)]
    checked = subprocess.run(command, check=False, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
