"""Rules between objects, which no schema states: what refers to something finds it."""

import re
from typing import Any

import pytest

from tests.contract.chart.rendered import (
    CI,
    Object,
    containers,
    named,
    objects,
    of_kind,
    ours,
    pods,
)

SIZES = {"": 1, "m": 1e-3, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
QUANTITY = re.compile(r"^(\d+(?:\.\d+)?)(m|[KMGT]i|)$")
INFERENCE = "InferenceService"
WRITABLE = {"/tmp", "/dev/shm", "/var/lib/littlegiants"}


def amount(quantity: Any) -> float:
    """A Kubernetes quantity as a number."""
    match = QUANTITY.match(str(quantity))
    assert match, quantity
    return float(match[1]) * SIZES[match[2]]


def selects(selector: Object, labels: Object) -> bool:
    """Whether a selector matches labels."""
    exact = all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())
    return exact and all(
        labels.get(each["key"]) in each["values"] for each in selector.get("matchExpressions", [])
    )


@pytest.mark.parametrize("name", CI)
def test_names_are_unique_and_short_enough_for_a_label(name: str) -> None:
    names = [(named(each), each["metadata"].get("namespace")) for each in objects(name)]
    assert len(set(names)) == len(names)
    assert all(len(each["metadata"]["name"]) <= 63 for each in objects(name))


@pytest.mark.parametrize("name", CI)
def test_a_deployment_selects_its_own_pods_and_no_others(name: str) -> None:
    templates = {place: metadata["labels"] for place, metadata, _ in pods(name)}
    for each in of_kind(name, "Deployment"):
        selector = each["spec"]["selector"]
        chosen = [place for place, labels in templates.items() if selects(selector, labels)]
        assert chosen == [named(each)]


@pytest.mark.parametrize("name", CI)
def test_a_service_finds_pods_and_their_port(name: str) -> None:
    for each in of_kind(name, "Service"):
        selector = {"matchLabels": each["spec"]["selector"]}
        behind = [spec for _, meta, spec in pods(name) if selects(selector, meta["labels"])]
        assert behind, named(each)
        for spec in behind:
            ports = {port["name"] for every in containers(spec) for port in every.get("ports", [])}
            assert {port["targetPort"] for port in each["spec"]["ports"]} <= ports
        assert all(port["protocol"] == "TCP" for port in each["spec"]["ports"])
        assert not each["metadata"]["name"].startswith("vllm")


@pytest.mark.parametrize("name", ["everything", "gpu-many"])
def test_a_route_from_outside_leads_to_its_roles_service(name: str) -> None:
    services = {each["metadata"]["name"]: each["spec"] for each in of_kind(name, "Service")}
    routes = [*of_kind(name, "Ingress"), *of_kind(name, "GRPCRoute")]
    assert len(routes) == 3
    for each in routes:
        role = each["metadata"]["labels"]["app.kubernetes.io/component"]
        (rule,) = each["spec"]["rules"]
        if each["kind"] == "Ingress":
            (path,) = rule["http"]["paths"]
            backend, hosts = path["backend"]["service"], [rule["host"]]
            port = backend["port"]["name"]
        else:
            (backend,), hosts = rule["backendRefs"], each["spec"]["hostnames"]
            port = backend["port"]
        (found,) = (
            each
            for each in services[backend["name"]]["ports"]
            if port in (each["name"], each["port"])
        )
        assert found["targetPort"].startswith("grpc")
        assert services[backend["name"]]["selector"]["app.kubernetes.io/component"] == role
        assert hosts == [f"{role}.giants.example.com"]


@pytest.mark.parametrize("name", CI)
def test_budgets_and_scalers_find_what_they_are_for(name: str) -> None:
    deployments = {each["metadata"]["name"]: each for each in of_kind(name, "Deployment")}
    predictors = {f"{each['metadata']['name']}-predictor" for each in of_kind(name, INFERENCE)}
    for each in [*of_kind(name, "HorizontalPodAutoscaler"), *of_kind(name, "ScaledObject")]:
        target = each["spec"]["scaleTargetRef"]["name"]
        assert target in predictors or "replicas" not in deployments[target]["spec"]
    for each in of_kind(name, "PodDisruptionBudget"):
        found = [
            m["labels"] for _, m, _ in pods(name) if selects(each["spec"]["selector"], m["labels"])
        ]
        assert len({labels["app.kubernetes.io/component"] for labels in found}) == 1


@pytest.mark.parametrize("name", CI)
def test_monitors_find_pods_with_their_port(name: str) -> None:
    for each in of_kind(name, "PodMonitor"):
        found = [
            s for _, meta, s in pods(name) if selects(each["spec"]["selector"], meta["labels"])
        ]
        assert found
        for endpoint in each["spec"]["podMetricsEndpoints"]:
            # the operator drops targets of ports that a pod does not declare
            moved = [
                each["replacement"]
                for each in endpoint["relabelings"]
                if each["targetLabel"] == "__address__"
            ]
            assert {"targetLabel": "release", "replacement": "lg"} in endpoint["relabelings"]
            for spec in found:
                ports = {p["name"] for c in containers(spec) for p in c.get("ports", [])}
                args = [argument for every in ours(spec) for argument in every["args"]]
                assert endpoint["port"] in ports
                if endpoint["port"] == "http":  # vLLM's own, of the teacher
                    continue
                flags = {f"--metrics-port={place.rpartition(':')[2]}" for place in moved}
                assert endpoint["port"].startswith("metrics") or (flags and flags <= set(args))
    for each in of_kind(name, "ServiceMonitor"):
        services = of_kind(name, "Service")
        chosen = [s for s in services if selects(each["spec"]["selector"], s["metadata"]["labels"])]
        ports = {port["name"] for service in chosen for port in service["spec"]["ports"]}
        assert {endpoint["port"] for endpoint in each["spec"]["endpoints"]} <= ports


@pytest.mark.parametrize("name", CI)
def test_every_mount_has_its_volume_and_every_volume_is_mounted(name: str) -> None:
    for place, _, spec in pods(name):
        volumes = [volume["name"] for volume in spec.get("volumes", [])]
        mounted = {m["name"] for each in containers(spec) for m in each.get("volumeMounts", [])}
        assert len(set(volumes)) == len(volumes), place
        assert mounted == set(volumes), place
        for each in containers(spec):
            paths = [mount["mountPath"] for mount in each.get("volumeMounts", [])]
            assert len(set(paths)) == len(paths), place


@pytest.mark.parametrize("name", CI)
def test_config_maps_of_ours_that_are_mounted_are_there(name: str) -> None:
    there = {each["metadata"]["name"] for each in of_kind(name, "ConfigMap")}
    for place, _, spec in pods(name):
        for volume in spec.get("volumes", []):
            if "configMap" in volume:
                assert volume["configMap"]["name"] in there, place


OTHERS_ACCOUNTS = {"default", "kserve-store", "pipeline-runner", "default-editor"}
"""Kubernetes' own, what the values name, and those that Kubeflow's steps and notebooks have."""


@pytest.mark.parametrize("name", CI)
def test_claims_and_accounts_of_ours_are_there(name: str) -> None:
    made = {(each["kind"], each["metadata"]["name"]) for each in objects(name)}
    for place, _, spec in pods(name):
        account = spec.get("serviceAccountName", "default")
        assert ("ServiceAccount", account) in made or account in OTHERS_ACCOUNTS, place
        for volume in spec.get("volumes", []):
            claim = volume.get("persistentVolumeClaim", {}).get("claimName", "")
            assert not claim.startswith("lg-") or ("PersistentVolumeClaim", claim) in made


@pytest.mark.parametrize("name", CI)
def test_requests_do_not_exceed_limits_and_gpus_are_whole_and_equal(name: str) -> None:
    for place, _, spec in pods(name):
        for each in ours(spec):
            requests, limits = each["resources"]["requests"], each["resources"]["limits"]
            assert "memory" in limits, place
            for resource in requests.keys() & limits.keys():
                assert amount(requests[resource]) <= amount(limits[resource]), place
            gpus = {key for key in {*requests, *limits} if "/" in key}
            assert all(requests[key] == limits[key] and type(limits[key]) is int for key in gpus)


@pytest.mark.parametrize("name", CI)
def test_memory_holds_what_is_mounted_in_memory(name: str) -> None:
    for place, _, spec in pods(name):
        shared = sum(
            amount(volume["emptyDir"]["sizeLimit"])
            for volume in spec.get("volumes", [])
            if volume.get("emptyDir", {}).get("medium") == "Memory"
        )
        largest = max(amount(each["resources"]["limits"]["memory"]) for each in ours(spec))
        assert shared < largest, place


@pytest.mark.parametrize("name", CI)
def test_pods_are_restricted(name: str) -> None:
    for place, _, spec in pods(name):
        assert spec["automountServiceAccountToken"] is False, place
        assert spec["enableServiceLinks"] is False, place
        assert spec["securityContext"]["runAsNonRoot"] is True, place
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, place
        for each in ours(spec):
            context = each["securityContext"]
            assert context["readOnlyRootFilesystem"] is True, place
            assert context["allowPrivilegeEscalation"] is False, place
            assert context["capabilities"] == {"drop": ["ALL"]}, place


@pytest.mark.parametrize("name", CI)
def test_probes_ask_a_port_that_is_open(name: str) -> None:
    for place, _, spec in pods(name):
        for each in containers(spec):
            ports = {port["name"]: port["containerPort"] for port in each.get("ports", [])}
            probes = [each[key] for key in each if key.endswith("Probe")]
            for probe in probes:
                asked = probe.get("grpc") or probe.get("tcpSocket") or probe.get("httpGet")
                known = {*ports, *ports.values()}
                assert not asked or asked["port"] in known, place
                assert probe.get("timeoutSeconds", 1) >= 1


@pytest.mark.parametrize("name", CI)
def test_a_pod_may_take_as_long_to_stop_as_its_calls_get(name: str) -> None:
    for place, _, spec in pods(name):
        for each in ours(spec):
            if each.get("args", [""])[0] != "services.generator":
                continue
            (grace,) = [a.partition("=")[2] for a in each["args"] if a.startswith("--grace-s=")]
            stop = each["lifecycle"]["preStop"]["sleep"]["seconds"]
            assert spec["terminationGracePeriodSeconds"] >= stop + float(grace) + 10, place


@pytest.mark.parametrize("name", CI)
def test_a_policy_concerns_pods_of_the_release_alone(name: str) -> None:
    labels = {place: meta["labels"] for place, meta, _ in pods(name)}
    for each in of_kind(name, "NetworkPolicy"):
        selector = each["spec"]["podSelector"]
        assert selector["matchLabels"]["app.kubernetes.io/instance"] == "lg"
        if each["metadata"]["name"].endswith("-deny"):
            denied = {place for place, one in labels.items() if selects(selector, one)}
            assert denied == {place for place in labels if not place.startswith("TrainingRuntime")}


@pytest.mark.parametrize("name", CI)
def test_a_role_is_bound_and_grants_what_it_says(name: str) -> None:
    roles = {
        (each["metadata"]["name"], each["metadata"]["namespace"]) for each in of_kind(name, "Role")
    }
    bound = {
        (each["roleRef"]["name"], each["metadata"]["namespace"])
        for each in of_kind(name, "RoleBinding")
    }
    assert roles == bound
    for each in of_kind(name, "Role"):
        (rule,) = each["rules"]
        assert "*" not in [*rule["verbs"], *rule["resources"], *rule["apiGroups"]]


def test_promotion_may_touch_the_three_services_and_nothing_else() -> None:
    (role,) = (r for r in of_kind("kserve", "Role") if r["metadata"]["name"].endswith("-promote"))
    (rule,) = role["rules"]
    served = {each["metadata"]["name"] for each in of_kind("kserve", "InferenceService")}
    assert rule == {
        "apiGroups": ["serving.kserve.io"],
        "resources": ["inferenceservices"],
        "resourceNames": sorted(served),
        "verbs": ["get", "patch"],
    }
    assert not of_kind("default", "Role")


def test_an_inference_service_declares_one_port_and_it_is_h2c() -> None:
    for runtime in of_kind("kserve", "ServingRuntime"):
        (container,) = runtime["spec"]["containers"]
        assert [port["name"] for port in container["ports"]] == ["h2c"]
        (service,) = (
            each
            for each in of_kind("kserve", "InferenceService")
            if each["metadata"]["name"] == runtime["metadata"]["name"]
        )
        model = service["spec"]["predictor"]["model"]
        assert model["runtime"] == runtime["metadata"]["name"]
        formats = [each["name"] for each in runtime["spec"]["supportedModelFormats"]]
        assert model["modelFormat"]["name"] in formats
        annotations = service["metadata"]["annotations"]
        assert annotations["serving.kserve.io/deploymentMode"] == "Standard"


@pytest.mark.parametrize("name", CI)
def test_no_pod_waits_for_a_mesh_or_outlives_its_work_in_one(name: str) -> None:
    for place, meta, _ in pods(name):
        assert meta["labels"]["sidecar.istio.io/inject"] == "false", place
