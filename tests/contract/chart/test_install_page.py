"""What install.md has its reader type for a GPU: a release that finds every secret it reads."""

import re
import shlex
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import yaml

from pipelines.kubeflow.placement import Placement
from pipelines.run.stages import STAGES
from tests.contract.chart.helm import helm
from tests.contract.chart.rendered import LOADER, Object
from tests.contract.sources import ROOT

PAGE = (ROOT / "docs" / "install.md").read_text("utf-8").replace("\\\n", " ")
SECRET = re.compile(r"^kubectl --namespace (\S+) create secret generic (\S+) (.*)$", re.MULTILINE)
INSTALL = re.compile(r"^helm install (.* --values charts/.*)$", re.MULTILINE)
Secrets = dict[str, set[str]]


def made() -> Secrets:
    """Keys of the secrets that the page makes, by name."""
    return {
        name: set(re.findall(r"--from-literal (\w+)=", rest))
        for _, name, rest in SECRET.findall(PAGE)
    }


def installed() -> list[Object]:
    """The objects of the release that the page installs."""
    (line,) = INSTALL.findall(PAGE)
    name, chart, *flags = shlex.split(line)
    told = [str(ROOT / each) if each.startswith("charts/") else each for each in flags]
    done = helm("template", name, ROOT / chart, "--kube-version", "1.34.0", *told)
    assert done.returncode == 0, done.stderr
    return [each for each in yaml.load_all(done.stdout, LOADER) if each]


def placed(objects: list[Object]) -> Placement:
    """The placement of the pipeline."""
    texts = [each["data"].get("placement.yaml") for each in objects if "data" in each]
    (text,) = filter(None, texts)
    return Placement.model_validate(yaml.safe_load(text))


def parts(node: Any) -> Iterator[dict[str, Any]]:
    """Every mapping within."""
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    if isinstance(node, dict):
        yield node
    for child in children:
        yield from parts(child)


def read(objects: list[Object], placement: Placement) -> Secrets:
    """Keys that pods and steps read, by secret."""
    found: Secrets = defaultdict(set)
    for each in parts(objects):
        if key := each.get("secretKeyRef"):
            found[key["name"]].add(key["key"])
        if isinstance(each.get("secret"), dict):
            found[each["secret"]["secretName"]].add("")
    for stage in STAGES:
        for variables in placement.pod_of(stage).secret_variables:
            found[variables.name].update(variables.keys)
    return found


def test_the_page_makes_every_secret_that_its_release_reads() -> None:
    objects = installed()
    assert read(objects, placed(objects)) == made()
    (space,) = {space for space, _, _ in SECRET.findall(PAGE)}
    assert {each["metadata"]["namespace"] for each in objects} == {space}


def test_a_run_of_that_release_needs_no_argument() -> None:
    arguments = placed(installed()).arguments
    assert all(arguments.model_dump().values())
    assert f"`{arguments.run}`" in PAGE
