"""The chart lints, its values are closed, and a key that it does not know is refused by its path."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from yamllint import linter
from yamllint.config import YamlLintConfig

from tests.contract.chart.helm import CHART, helm, template
from tests.contract.chart.rendered import CI
from tests.contract.chart.values import expanded, keys_of, paths_of

LINT = YamlLintConfig(
    "{extends: default, rules: {line-length: disable, document-start: disable,"
    " braces: {max-spaces-inside: 1}, comments: {min-spaces-from-content: 1}}}"
)
CLOSED = [path for path, node in expanded() if node.get("additionalProperties") is False]


@pytest.mark.parametrize("name", CI)
def test_a_values_file_lints_strictly(name: str) -> None:
    linted = helm("lint", "--strict", CHART, "--values", CI[name], "--kube-version", "1.34")
    assert linted.returncode == 0, linted.stdout + linted.stderr


@pytest.mark.parametrize(
    "file", [CHART / "values.yaml", CHART / "Chart.yaml", *CI.values()], ids=lambda file: file.name
)
def test_yaml_is_tidy(file: Path) -> None:
    assert not [str(fault) for fault in linter.run(file.read_text("utf-8"), LINT)]


def test_one_values_file_uses_every_key() -> None:
    used = paths_of(yaml.safe_load(CI["everything"].read_text("utf-8")))
    assert keys_of() - used == set()


@pytest.mark.parametrize("path", CLOSED, ids=lambda path: path or "top")
def test_an_unknown_key_is_refused_by_its_path(path: str, tmp_path: Path) -> None:
    values: Any = {"surprise": 1}
    for part in reversed(path.split(".") if path else []):
        values = [{**values}] if part == "[]" else {part: values}
    file = tmp_path / "values.yaml"
    file.write_text(yaml.safe_dump(values), "utf-8")
    refused = template(file)
    place = "/" + path.replace(".", "/").replace("[]", "0") if path else ""
    assert refused.returncode != 0
    assert f"at '{place}': additional properties 'surprise' not allowed" in refused.stderr


def test_every_object_of_the_schema_is_closed_or_kubernetes_own() -> None:
    open_ones = {
        path
        for path, node in expanded()
        if node.get("type") == "object" and "properties" in node and path not in CLOSED
    }
    assert not open_ones


def test_templates_are_short() -> None:
    long = [
        f"{path.name}: {count} lines"
        for path in sorted((CHART / "templates").rglob("*"))
        if path.is_file() and (count := len(path.read_text("utf-8").splitlines())) > 60
    ]
    assert not long
