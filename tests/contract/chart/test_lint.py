"""The chart lints, its values are closed, and an unknown key is refused by its path."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from yamllint import linter
from yamllint.config import YamlLintConfig

from tests.contract.chart.helm import CHART, helm, template
from tests.contract.chart.rendered import CI
from tests.contract.chart.values import expanded, keys_of, paths_of, repeated

LINT = YamlLintConfig(
    "{extends: default, rules: {line-length: disable, document-start: disable,"
    " braces: {max-spaces-inside: 1}, comments: {min-spaces-from-content: 1}}}"
)
CLOSED = [path for path, node in expanded() if node.get("additionalProperties") is False]
TRIED = [path for path in CLOSED if path not in repeated()]


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


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What Helm says of a file with a surprise at every place that is closed."""
    values: Any = {}
    for path in TRIED:
        put(values, path.split(".") if path else [])
    file = tmp_path_factory.mktemp("surprise") / "values.yaml"
    file.write_text(yaml.safe_dump(values), "utf-8")
    done = template(file)
    assert done.returncode != 0
    return done.stderr


def put(values: Any, path: list[str]) -> None:
    """A surprise at `path`, where [] is the first item of a list."""
    if not path:
        values["surprise"] = 1
        return
    part, *rest = path
    is_list = rest[:1] == ["[]"]
    inner = values.setdefault(part, [{}] if is_list else {})
    put(inner[0] if is_list else inner, rest[1:] if is_list else rest)


@pytest.mark.parametrize("path", TRIED, ids=lambda path: path or "top")
def test_an_unknown_key_is_refused_by_its_path(path: str, refused: str) -> None:
    place = "/" + path.replace(".", "/").replace("[]", "0") if path else ""
    assert f"at '{place}': additional properties 'surprise' not allowed" in refused


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
