"""`pipelines.placement` adds to what the release knows; what the pages tell to write works."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.kubeflow.placement import Placement
from pipelines.run.stages import STAGES
from tests.contract.chart.helm import template
from tests.contract.chart.rendered import CI, LOADER, placement_in
from tests.contract.sources import ROOT

PAGES = {
    name: (ROOT / "docs" / f"{name}.md").read_text("utf-8")
    for name in ("pipelines", "observability")
}
CHECKPOINTS = re.compile(r"`(claims: \[\{name: checkpoints.*?\}\])`")
TRACKER = re.compile(r"`pipelines\.placement\.(defaults\.secret_variables): (\[.*?\])`")
PLACEMENT = re.compile(r"`--placement FILE`.*?```yaml\n(.*?)```", re.DOTALL)
STORE_KEYS = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
KEYS = STORE_KEYS | {"OPENAI_API_KEY", "HF_TOKEN"}
HUB = "/var/cache/littlegiants/huggingface"


def placed(folder: Path, placement: Any, name: str = "gpu-three", **values: Any) -> Placement:
    """What the pipeline of a values file is registered with."""
    told = {"modelCache": {"claim": "models"}, **values}
    told["pipelines"] = {**values.get("pipelines", {}), "placement": placement}
    (folder / "values.yaml").write_text(yaml.safe_dump(told), "utf-8")
    return placement_in(template(CI[name], folder / "values.yaml"))


def variables(placement: Placement, stage: str) -> dict[str, tuple[str, str]]:
    """Where each variable of a stage comes from: secret and key; none comes from two."""
    found = [
        (variable, (each.name, key))
        for each in placement.pod_of(stage).secret_variables
        for key, variable in each.keys.items()
    ]
    assert len(dict(found)) == len(found), found
    return dict(found)


def claims(placement: Placement, stage: str) -> dict[str, str]:
    """Claims of a stage by their folder."""
    return {each.path: each.name for each in placement.pod_of(stage).claims}


@pytest.mark.parametrize("place", ["defaults", "stages"])
def test_a_key_more_takes_none_away(place: str, tmp_path: Path) -> None:
    pod = {"secret_variables": [{"name": "wandb", "keys": {"key": "WANDB_API_KEY"}}]}
    told = placed(tmp_path, {place: pod if place == "defaults" else {"embed": pod}})
    assert variables(told, "embed").keys() == KEYS | {"WANDB_API_KEY"}
    assert variables(told, "embed")["WANDB_API_KEY"] == ("wandb", "key")
    assert (variables(told, "seed").keys() == KEYS) == (place == "stages")


def test_nodes_of_a_training_have_what_all_steps_have(tmp_path: Path) -> None:
    defaults = {
        "secret_variables": [
            {"name": "tracker", "keys": {"key": "WANDB_API_KEY"}},
            {"name": "mine", "keys": {"token": "HF_TOKEN"}},
        ],
        "environment": {"WANDB_MODE": "online"},
    }
    file = tmp_path / "values.yaml"
    file.write_text(yaml.safe_dump({"pipelines": {"placement": {"defaults": defaults}}}), "utf-8")
    done = template(CI["everything"], file)
    (runtime,) = (
        each
        for each in yaml.load_all(done.stdout, LOADER)
        if each and each["kind"] == "TrainingRuntime"
    )
    (job,) = runtime["spec"]["template"]["spec"]["replicatedJobs"]
    told = job["template"]["spec"]["template"]["spec"]["containers"][0]["env"]
    environment = {each["name"]: each for each in told}
    assert len(environment) == len(told)
    assert environment["WANDB_MODE"]["value"] == "online"
    read = {
        name: (each["valueFrom"]["secretKeyRef"]["name"], each["valueFrom"]["secretKeyRef"]["key"])
        for name, each in environment.items()
        if "valueFrom" in each
    }
    assert read == {
        "AWS_ACCESS_KEY_ID": ("store", "accesskey"),
        "AWS_SECRET_ACCESS_KEY": ("store", "secretkey"),
        "HF_TOKEN": ("mine", "token"),
        "WANDB_API_KEY": ("tracker", "key"),
    }


@pytest.mark.parametrize("name", ["teacher", "another"])
def test_a_variable_that_is_said_again_comes_from_there_alone(name: str, tmp_path: Path) -> None:
    keys = {"api-key": "OPENAI_API_KEY"}
    told = placed(tmp_path, {"defaults": {"secret_variables": [{"name": name, "keys": keys}]}})
    assert variables(told, "seed").keys() == KEYS
    assert variables(told, "seed")["OPENAI_API_KEY"] == (name, "api-key")


def test_a_key_more_of_the_one_secret_that_has_all_takes_none_away(tmp_path: Path) -> None:
    more = [{"name": "all", "keys": {"WANDB_API_KEY": "WANDB_API_KEY"}}]
    told = placed(
        tmp_path,
        {"defaults": {"secret_variables": more}},
        storage={"s3": {"secret": "all"}},
        pipelines={"teacherSecret": "all", "hfTokenSecret": "all"},
    )
    assert variables(told, "seed") == {each: ("all", each) for each in KEYS | {"WANDB_API_KEY"}}


@pytest.mark.parametrize(
    ("claim", "found"),
    [
        ({"name": "checkpoints", "path": "/c"}, {HUB: "models", "/c": "checkpoints"}),
        ({"name": "models", "path": "/m"}, {"/m": "models"}),
        ({"name": "mine", "path": HUB}, {HUB: "mine"}),
    ],
    ids=["another", "of that name", "in that place"],
)
def test_a_claim_more_takes_none_away(claim: Any, found: Any, tmp_path: Path) -> None:
    assert claims(placed(tmp_path, {"defaults": {"claims": [claim]}}), "embed") == found
    assert claims(placed(tmp_path, {"stages": {"finetune": {"claims": [claim]}}}), "align") == {
        HUB: "models"
    }


def test_what_is_said_for_all_steps_is_in_those_that_have_their_own(tmp_path: Path) -> None:
    taint = {"key": "dedicated", "operator": "Exists"}
    files = [{"name": "more", "path": "/more"}]
    defaults = {"labels": {"team": "a"}, "tolerations": [taint], "secret_files": files}
    defaults["pull_secrets"] = ["more"]
    stages = {
        "promote": {"annotations": {"a": "b"}, "labels": {"of": "promotions"}},
        "promote-senior": {"annotations": {"c": "d"}},
        "seed": {"environment": {"A": "1"}},
    }
    told = placed(tmp_path, {"defaults": defaults, "stages": stages}, "everything")
    for stage in STAGES:
        pod = told.pod_of(stage)
        assert pod.labels["team"] == "a" and pod.labels["kueue.x-k8s.io/queue-name"] == "giants"
        assert taint["key"] in [each.key for each in pod.tolerations]
        assert [each.path for each in pod.secret_files][-1] == "/more"
        assert {"store-ca", "generators-ca"} < {each.name for each in pod.secret_files}
        assert pod.pull_secrets == ("registry", "more")
        assert pod.environment["AWS_ENDPOINT_URL_S3"] == "http://seaweedfs.kubeflow:9000"
    assert told.pod_of("seed").environment["A"] == "1"
    assert told.pod_of("promote-senior").annotations == {"a": "b", "c": "d"}
    woken = {"giants/calls": "generators", "of": "promotions"}
    assert woken.items() <= told.pod_of("promote-senior").labels.items()
    assert [each.key for each in told.pod_of("evaluate").tolerations] == ["dedicated", "gpu"]


def test_the_pages_checkpoints_lie_beside_the_releases_claims(tmp_path: Path) -> None:
    (line,) = CHECKPOINTS.findall(PAGES["pipelines"])
    told = placed(tmp_path, {"defaults": yaml.safe_load(f"{{{line}}}")})
    assert claims(told, "embed") == {HUB: "models", "/var/lib/littlegiants/.cache": "checkpoints"}


def test_the_pages_key_of_a_tracker_lies_beside_the_releases_keys(tmp_path: Path) -> None:
    ((place, text),) = TRACKER.findall(PAGES["observability"])
    assert place == "defaults.secret_variables"
    told = placed(tmp_path, {"defaults": {"secret_variables": yaml.safe_load(text)}})
    assert variables(told, "embed").keys() > KEYS


def test_the_pages_placement_leaves_the_release_its_own(tmp_path: Path) -> None:
    (text,) = PLACEMENT.findall(PAGES["pipelines"])
    told = placed(tmp_path, {**yaml.safe_load(text), "arguments": {}})
    for stage in ("seed", "finetune-junior", "evaluate"):
        assert variables(told, stage).keys() == KEYS
        assert claims(told, stage) == {HUB: "models", "/runs": "runs"}
