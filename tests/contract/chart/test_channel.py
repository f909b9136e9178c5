"""A release has one weights channel, which its generators follow and its pipeline promotes into."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.generators.promotion import address_of
from pipelines.kubeflow.placement import Placement
from services.generator.settings import parse
from tests.contract.chart.helm import template
from tests.contract.chart.rendered import LOADER, Object

PVC = {"kind": "pvc"}
S3 = {"kind": "s3", "s3": {"url": "s3://giants/all/"}}
FOLLOWED = {"generator": {"source": {"kind": "channel"}}}


def rendered(tmp_path: Path, values: Any) -> list[Object]:
    """The chart's objects with these values, in namespace `giants`."""
    (tmp_path / "values.yaml").write_text(yaml.safe_dump(values), "utf-8")
    done = template(tmp_path / "values.yaml")
    assert done.returncode == 0, done.stderr
    return [each for each in yaml.load_all(done.stdout, LOADER) if each]


def named(objects: list[Object], kind: str, name: str) -> Object:
    """One object."""
    (found,) = (
        each for each in objects if each["kind"] == kind and each["metadata"]["name"] == name
    )
    return found


def chosen_by(objects: list[Object], service: str) -> dict[str, str]:
    """Labels of the pods behind a Service."""
    selector: dict[str, str] = named(objects, "Service", service)["spec"]["selector"]
    return selector


def arguments_of(deployment: Object) -> list[str]:
    """Flags of a generator, as the kubelet hands them on."""
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    return [each.replace("$(POD_IP)", "10.0.0.1") for each in container["args"][1:]]


@pytest.mark.parametrize(
    ("values", "channel", "run"),
    [
        (
            {"storage": S3},
            "s3://giants/all/channels/giants/lg-littlegiants",
            "s3://giants/all/runs",
        ),
        ({"storage": PVC}, "/store/channels/giants/lg-littlegiants", "/store/runs"),
        ({"storage": S3, "url": "s3://giants/mine"}, "s3://giants/mine", "s3://giants/all/runs"),
    ],
    ids=["S3", "claim", "named"],
)
def test_steps_promote_into_what_generators_follow(
    values: Any, channel: str, run: str, tmp_path: Path
) -> None:
    source = {"kind": "channel", "channel": {"url": values.pop("url", "")}}
    told = {"generator": {"source": source}, "pipelines": {"register": "job", "token": True}}
    objects = rendered(tmp_path, {**values, **told})
    settings = parse(arguments_of(named(objects, "Deployment", "lg-littlegiants-senior")))
    text = named(objects, "ConfigMap", "lg-littlegiants-placement")["data"]["placement.yaml"]
    arguments = Placement.model_validate(yaml.safe_load(text)).arguments
    assert settings.weights == arguments.channel == channel
    assert arguments.run == f"{run}/giants/lg-littlegiants"


def placed(objects: list[Object]) -> Placement:
    """What the pipeline is registered with."""
    text = named(objects, "ConfigMap", "lg-littlegiants-placement")["data"]["placement.yaml"]
    return Placement.model_validate(yaml.safe_load(text))


ROLES = ("junior", "senior", "revisor")
REGISTERED = {"register": "job", "token": True}
MINE, OTHER = (
    {"kind": "channel", "channel": {"url": f"s3://giants/{name}"}} for name in ("mine", "other")
)


def test_roles_may_say_each_what_they_follow(tmp_path: Path) -> None:
    values = {
        "storage": S3,
        "roles": {role: {"source": {"kind": "channel"}} for role in ROLES},
        "pipelines": REGISTERED,
    }
    objects = rendered(tmp_path, values)
    followed = {
        parse(arguments_of(named(objects, "Deployment", f"lg-littlegiants-{role}"))).weights
        for role in ROLES
    }
    assert followed == {placed(objects).arguments.channel}


@pytest.mark.parametrize("register", ["job", "crd"])
@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "roles.junior.source.kind: the registered pipeline promotes into a weights channel"),
        ({"roles": {"senior": {"source": MINE}}}, "roles.junior.source.kind: the registered"),
        (
            {**FOLLOWED, "roles": {"revisor": {"source": {"kind": "hf"}}}},
            "roles.revisor.source.kind: the registered pipeline promotes into",
        ),
        (
            {"roles": {"junior": {"source": MINE}}, "generator": {"source": OTHER}},
            "roles.revisor.source.channel.url: follows s3://giants/other, and the registered "
            "pipeline promotes into s3://giants/mine",
        ),
        (
            {
                "generator": {"source": MINE},
                "pipelines": {"placement": {"arguments": {"channel": "s3://giants/other"}}},
            },
            "roles.junior.source.channel.url: follows s3://giants/mine, and the registered",
        ),
        (
            {**FOLLOWED, "roles": {"senior": {"enabled": False}}},
            "roles.senior.enabled: the registered pipeline calls every role; leave it on",
        ),
    ],
    ids=["none", "one of them", "all but one", "two channels", "another is told", "one is off"],
)
def test_a_pipeline_whose_promotions_nobody_would_follow_is_refused(
    values: Any, message: str, register: str, tmp_path: Path
) -> None:
    told = {**values.get("pipelines", {}), **REGISTERED, "register": register}
    file = tmp_path / "values.yaml"
    file.write_text(yaml.safe_dump({"storage": S3, **values, "pipelines": told}), "utf-8")
    done = template(file)
    assert done.returncode and message in done.stderr
    elsewhere = {"arguments": {"generators": "dns:///{role}:50051"}}
    told["placement"] = elsewhere
    file.write_text(yaml.safe_dump({"storage": S3, **values, "pipelines": told}), "utf-8")
    assert template(file).returncode == 0, "the pipeline feeds others"


def test_steps_reach_the_claim_that_they_promote_into(tmp_path: Path) -> None:
    file = tmp_path / "values.yaml"
    there: dict[str, Any] = {"register": "job", "runNamespace": "team-b"}
    file.write_text(yaml.safe_dump({**FOLLOWED, "storage": PVC, "pipelines": there}))
    done = template(file)
    assert (
        done.returncode and "storage.kind: steps run in team-b, where the release's" in done.stderr
    )
    there["placement"] = {"defaults": {"claims": [{"name": "same", "path": "/store"}]}}
    objects = rendered(tmp_path, {**FOLLOWED, "storage": PVC, "pipelines": there})
    assert [each.name for each in placed(objects).pod_of("promote-junior").claims] == ["same"]


def test_kserve_is_told_by_each_promotion_and_needs_no_channel(tmp_path: Path) -> None:
    values = {"serving": {"backend": "kserve"}, "storage": S3, "pipelines": REGISTERED}
    assert placed(rendered(tmp_path, values)).arguments.channel == ""


def test_releases_of_one_name_in_two_namespaces_have_runs_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "values.yaml").write_text(
        yaml.safe_dump({**FOLLOWED, "storage": S3, "pipelines": REGISTERED})
    )
    runs = set()
    for space in ("team-a", "team-b"):
        done = template(tmp_path / "values.yaml", more=("--namespace", space))
        runs.add(
            placed([each for each in yaml.load_all(done.stdout, LOADER) if each]).arguments.run
        )
    assert runs == {f"s3://giants/all/runs/team-{each}/lg-littlegiants" for each in "ab"}


def test_a_channel_needs_a_store_to_lie_in(tmp_path: Path) -> None:
    (tmp_path / "values.yaml").write_text(yaml.safe_dump({**FOLLOWED, "storage": {"kind": "s3"}}))
    done = template(tmp_path / "values.yaml")
    assert done.returncode and "source.channel.url: set it, or storage.s3.url" in done.stderr


def test_replicas_know_each_other_and_themselves(tmp_path: Path) -> None:
    tls = {"mode": "secret", "secret": "tls", "clientCaSecret": "clients"}
    objects = rendered(tmp_path, {**FOLLOWED, "storage": S3, "tls": tls})
    deployment = named(objects, "Deployment", "lg-littlegiants-junior")
    settings = parse(arguments_of(deployment))
    assert settings.peers == "dns:///lg-littlegiants-junior-headless.giants:50051"
    assert settings.own_address == "10.0.0.1:50051"
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    environment = {each["name"]: each for each in container["env"]}
    assert environment["POD_IP"]["valueFrom"]["fieldRef"]["fieldPath"] == "status.podIP"
    shown = {environment[f"LITTLEGIANTS_{each}"]["value"] for each in ("CA", "CERT", "KEY")}
    mounted = {each["mountPath"] for each in container["volumeMounts"]}
    assert {path.rpartition("/")[0] for path in shown} <= mounted


def test_a_canary_takes_its_share_of_the_calls_and_stands_beside(tmp_path: Path) -> None:
    senior = {"canary": {"enabled": True}, "replicas": 3, "autoscaling": {"kind": "keda"}}
    objects = rendered(tmp_path, {**FOLLOWED, "storage": S3, "roles": {"senior": senior}})
    others = named(objects, "Deployment", "lg-littlegiants-senior")
    canary = named(objects, "Deployment", "lg-littlegiants-senior-canary")
    settings = parse(arguments_of(canary))
    assert (settings.candidate, settings.peers, canary["spec"]["replicas"]) == (True, "", 1)
    assert not parse(arguments_of(others)).candidate
    assert others["spec"]["selector"] != canary["spec"]["selector"]
    for each in (others, canary):
        labels = each["spec"]["template"]["metadata"]["labels"]
        assert each["spec"]["selector"]["matchLabels"].items() <= labels.items()
        assert chosen_by(objects, "lg-littlegiants-senior").items() <= labels.items()
    kinds = [each["metadata"]["name"] for each in objects if each["kind"] == "Deployment"]
    assert sum(name.endswith("-canary") for name in kinds) == 1


def test_steps_and_peers_meet_no_candidate(tmp_path: Path) -> None:
    objects = rendered(
        tmp_path,
        {
            "generator": {"source": {"kind": "channel"}, "canary": {"enabled": True}},
            "storage": S3,
            "pipelines": {"register": "job", "token": True},
        },
    )
    told = named(objects, "ConfigMap", "lg-littlegiants-placement")["data"]["placement.yaml"]
    generators = Placement.model_validate(yaml.safe_load(told)).arguments.generators
    for role in ("junior", "senior", "revisor"):
        live = named(objects, "Deployment", f"lg-littlegiants-{role}")
        canary = named(objects, "Deployment", f"lg-littlegiants-{role}-canary")
        peers = parse(arguments_of(live)).peers
        assert address_of(generators, role) == peers
        service = peers.removeprefix("dns:///").partition(".")[0]
        chosen = chosen_by(objects, service).items()
        assert chosen <= live["spec"]["template"]["metadata"]["labels"].items()
        assert not chosen <= canary["spec"]["template"]["metadata"]["labels"].items()


def test_a_canary_is_watched_as_the_others_are(tmp_path: Path) -> None:
    canary = {"source": {"kind": "channel"}, "canary": {"enabled": True}}
    values = {"generator": canary, "storage": S3, "metrics": {"monitor": "serviceMonitor"}}
    objects = rendered(tmp_path, values)
    scraped = [
        each
        for each in objects
        if each["kind"] == "Service"
        and "metrics" in [port["name"] for port in each["spec"]["ports"]]
    ]
    watched = {
        each["metadata"]["name"]
        for each in objects
        if each["kind"] == "Deployment"
        for service in scraped
        if service["spec"]["selector"].items()
        <= each["spec"]["template"]["metadata"]["labels"].items()
    }
    assert watched == {each["metadata"]["name"] for each in objects if each["kind"] == "Deployment"}
    assert len(scraped) == 3, "no pod is scraped twice"


def test_a_canary_without_a_channel_is_refused(tmp_path: Path) -> None:
    (tmp_path / "values.yaml").write_text(
        yaml.safe_dump({"generator": {"canary": {"enabled": True}}})
    )
    done = template(tmp_path / "values.yaml")
    assert done.returncode and "canary.enabled: a candidate stands in a channel" in done.stderr
