"""A release is enough to run: its pipeline's steps know what its values say, and say once."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.generators.promotion import address_of
from pipelines.kubeflow.graph import GraphOptions, compile_graph
from pipelines.kubeflow.placement import Placement
from tests.contract.chart.helm import template
from tests.contract.chart.rendered import CI, FOLLOWED, LOADER, Object, of_kind, placement

REGISTERED = [
    name
    for name in CI
    if any("placement.yaml" in each["data"] for each in of_kind(name, "ConfigMap"))
]


ELSEWHERE = {"placement": {"arguments": {"generators": "dns:///{role}:50051"}}}


def rendered(tmp_path: Path, values: Any) -> list[Object]:
    """The chart's objects with these values, in namespace `giants`."""
    (tmp_path / "values.yaml").write_text(yaml.safe_dump(values), "utf-8")
    done = template(tmp_path / "values.yaml")
    assert done.returncode == 0, done.stderr
    return [each for each in yaml.load_all(done.stdout, LOADER) if each]


@pytest.mark.parametrize("name", REGISTERED)
def test_a_run_needs_nothing_but_a_click(name: str, tmp_path: Path) -> None:
    compile_graph(tmp_path / "graph.yaml", GraphOptions(placement(name)))
    graph = next(yaml.safe_load_all((tmp_path / "graph.yaml").read_text()))
    parameters = graph["root"]["inputDefinitions"]["parameters"]
    assert all("defaultValue" in each for each in parameters.values())
    assert parameters["run"]["defaultValue"].startswith("s3://")
    for role in ("junior", "senior", "revisor"):
        assert address_of(parameters["generators"]["defaultValue"], role).startswith("dns:///")


def test_a_step_has_the_secrets_the_store_and_the_labels_of_the_release() -> None:
    pod = placement("everything").pod_of("seed")
    variables = {
        variable: (each.name, key)
        for each in pod.secret_variables
        for key, variable in each.keys.items()
    }
    assert variables == {
        "AWS_ACCESS_KEY_ID": ("store", "accesskey"),
        "AWS_SECRET_ACCESS_KEY": ("store", "secretkey"),
        "OPENAI_API_KEY": ("bought", "OPENAI_API_KEY"),
        "HF_TOKEN": ("hub-of-steps", "HF_TOKEN"),
        "LITTLEGIANTS_TOKEN": ("callers", "pipeline"),
    }
    assert pod.environment["AWS_ENDPOINT_URL_S3"] == "http://seaweedfs.kubeflow:9000"
    assert pod.environment["NCCL_DEBUG"] == "WARN"
    assert pod.environment["LITTLEGIANTS_PUSHGATEWAY"] == "http://pushgateway.monitoring:9091"
    assert pod.environment["LITTLEGIANTS_PUSH_LABELS"] == "release=lg,namespace=giants"
    assert [(each.name, each.path) for each in pod.secret_files] == [
        ("store-ca", "/etc/littlegiants/store-ca"),
        ("generators-ca", "/etc/littlegiants/generators-ca"),
        ("client-of-steps", "/etc/littlegiants/generators-client"),
    ]
    client = "/etc/littlegiants/generators-client"
    assert pod.environment["LITTLEGIANTS_CERT"] == f"{client}/tls.crt"
    assert pod.environment["LITTLEGIANTS_KEY"] == f"{client}/tls.key"
    assert pod.environment["LITTLEGIANTS_CA"] == "/etc/littlegiants/generators-ca/ca.crt"
    assert (pod.pull_secrets, pod.pull_policy) == (("registry",), "Always")
    assert pod.labels == {"steps": "on", "kueue.x-k8s.io/queue-name": "giants"}
    assert pod.memory_limit == "8Gi", "pipelines.placement goes before what is derived"


@pytest.mark.parametrize(
    ("told", "teacher", "key"),
    [
        ({}, {}, "none"),
        ({}, {"apiKeySecret": "teacher-key"}, None),
        ({"teacherSecret": "bought"}, {}, None),
        ({"teacher": "openai"}, {}, None),
    ],
    ids=["asks for no key", "asks for one", "a secret is said", "another teacher"],
)
def test_steps_have_a_key_for_the_releases_teacher_where_it_asks_for_none(
    told: Any, teacher: Any, key: str | None, tmp_path: Path
) -> None:
    values = {
        **FOLLOWED,
        "teacher": {"enabled": True, **teacher},
        "pipelines": {"register": "job", "token": True, **told},
    }
    (placed,) = (
        each["data"]["placement.yaml"]
        for each in rendered(tmp_path, values)
        if "placement.yaml" in each.get("data", {})
    )
    pod = Placement.model_validate(yaml.safe_load(placed)).pod_of("brainstorm")
    assert pod.environment.get("OPENAI_API_KEY") == key


@pytest.mark.parametrize(
    ("name", "gpus"),
    [
        ("gpu-one", {"junior": 0.5, "senior": 0.5, "revisor": 0.5}),
        ("gpu-three", {"junior": 1, "senior": 1, "revisor": 1}),
        ("gpu-many", {"junior": 1, "senior": 16, "revisor": 16}),
    ],
)
def test_steps_know_the_gpus_of_the_generators_they_ask(name: str, gpus: dict[str, float]) -> None:
    assert placement(name).generator_gpus == gpus
    asked = gpus["senior"] + gpus["revisor"]
    assert placement(name).gpus_of("synthesize")["served"] == asked


def test_roles_of_one_pod_are_asked_of_its_own_gpus() -> None:
    placed = placement("gpu-one-together")
    assert {stage: placed.gpus_of(stage)["served"] for stage in ("propose", "synthesize")} == {
        "propose": 0.5,
        "synthesize": 0.5,
    }
    (served,) = of_kind("gpu-one-together", "Deployment")
    ports = {
        port["name"]: port["containerPort"]
        for port in served["spec"]["template"]["spec"]["containers"][0]["ports"]
    }
    for role in ("junior", "senior", "revisor"):
        address = address_of(placed.arguments.generators, role)
        assert address == f"dns:///lg-littlegiants-{role}-headless.giants:{ports[f'grpc-{role}']}"


@pytest.mark.parametrize(
    "values",
    [
        FOLLOWED,
        {"profile": "gpu", "serving": {"backend": "none"}, "pipelines": ELSEWHERE},
        {"profile": "gpu", "generator": {"enabled": False}, "pipelines": ELSEWHERE},
    ],
    ids=["on cores", "served elsewhere", "switched off"],
)
def test_generators_that_a_release_has_not_hold_no_gpus(values: Any, tmp_path: Path) -> None:
    registered = {"register": "job", "token": True, **values.get("pipelines", {})}
    told = rendered(tmp_path, {**values, "pipelines": registered})
    (text,) = (
        each["data"]["placement.yaml"] for each in told if "placement.yaml" in each.get("data", {})
    )
    assert Placement.model_validate(yaml.safe_load(text)).generator_gpus == {}


def test_labels_of_the_values_and_those_that_wake_stand_side_by_side(tmp_path: Path) -> None:
    asleep = {"autoscaling": {"kind": "keda", "minReplicas": 0}}
    values = {
        **FOLLOWED,
        "generator": {**FOLLOWED["generator"], **asleep},
        "pipelines": {"register": "job", "token": True, "labels": {"team": "a"}},
    }
    (told,) = (
        each["data"]["placement.yaml"]
        for each in rendered(tmp_path, values)
        if "placement.yaml" in each.get("data", {})
    )
    labels = Placement.model_validate(yaml.safe_load(told)).pod_of("synthesize").labels
    woken = {f"littlegiants/calls-{role}": "lg-littlegiants" for role in ("senior", "revisor")}
    assert labels == {"team": "a", **woken}


def test_models_of_the_hub_are_fetched_to_one_claim_by_all(tmp_path: Path) -> None:
    values: Any = {
        "modelCache": {"claim": "hub"},
        "teacher": {"enabled": True},
        "trainer": {"enabled": True},
        "pipelines": {"register": "job", **ELSEWHERE},
    }
    objects = rendered(tmp_path, values)
    home = "/var/cache/littlegiants/huggingface"
    deployments = [each for each in objects if each["kind"] == "Deployment"]
    assert len(deployments) == 4
    for each in deployments:
        pod = each["spec"]["template"]["spec"]
        claims = [volume.get("persistentVolumeClaim") for volume in pod["volumes"]]
        assert {"claimName": "hub"} in claims
        assert f"--hub-cache={home}/hub" in pod["initContainers"][0]["args"]
        for container in (*pod["initContainers"], *pod["containers"]):
            assert home in [mount["mountPath"] for mount in container["volumeMounts"]]
    (told,) = (
        e["data"]["placement.yaml"] for e in objects if "placement.yaml" in e.get("data", {})
    )
    pod = Placement.model_validate(yaml.safe_load(told)).pod_of("finetune-junior")
    assert [(claim.name, claim.path) for claim in pod.claims] == [("hub", home)]
    assert pod.environment["HF_HOME"] == home
    (runtime,) = (each for each in objects if each["kind"] == "TrainingRuntime")
    (job,) = runtime["spec"]["template"]["spec"]["replicatedJobs"]
    node = job["template"]["spec"]["template"]["spec"]["containers"][0]
    assert {"name": "HF_HOME", "value": home} in node["env"]
    assert home in [mount["mountPath"] for mount in node["volumeMounts"]]


def test_kserve_mounts_what_pods_fetched_to_the_claim(tmp_path: Path) -> None:
    values = {"serving": {"backend": "kserve"}, "modelCache": {"claim": "hub"}}
    objects = rendered(tmp_path, values)
    services = [each for each in objects if each["kind"] == "InferenceService"]
    assert len(services) == 3
    for each in services:
        predictor = each["spec"]["predictor"]
        (fetch,) = predictor["initContainers"]
        place, _, folder = predictor["model"]["storageUri"].removeprefix("pvc://").partition("/")
        assert place == "hub"
        assert f"--target=/var/cache/littlegiants/huggingface/{folder}" in fetch["args"]
        assert {"name": "hub", "mountPath": "/var/cache/littlegiants/huggingface"} in fetch[
            "volumeMounts"
        ]
    for each in (each for each in objects if each["kind"] == "ServingRuntime"):
        assert {"name": "hub", "persistentVolumeClaim": {"claimName": "hub"}} in each["spec"][
            "volumes"
        ]


def test_a_teacher_is_watched_and_drained_one_pod_after_another(tmp_path: Path) -> None:
    values = {
        "teacher": {"enabled": True, "replicas": 2},
        "metrics": {"monitor": "podMonitor"},
        "kueue": {"queue": "q"},
        "serving": {"backend": "kserve"},
    }
    objects = {
        (each["kind"], each["metadata"]["name"]): each for each in rendered(tmp_path, values)
    }
    monitor = objects["PodMonitor", "lg-littlegiants-teacher"]["spec"]
    pod = objects["Deployment", "lg-littlegiants-teacher"]["spec"]["template"]
    assert monitor["selector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
    (endpoint,) = monitor["podMetricsEndpoints"]
    assert endpoint["port"] in [each["name"] for each in pod["spec"]["containers"][0]["ports"]]
    assert objects["PodDisruptionBudget", "lg-littlegiants-teacher"]["spec"]["maxUnavailable"] == 1
    rules = objects["NetworkPolicy", "lg-littlegiants-serve"]["spec"]["ingress"]
    assert {"protocol": "TCP", "port": 8000} in rules[-1]["ports"]
    predictor = objects["InferenceService", "lg-littlegiants-senior"]["spec"]["predictor"]
    assert predictor["labels"]["kueue.x-k8s.io/queue-name"] == "q"


@pytest.mark.parametrize("name", ["gpu-one", "gpu-one-together", "gpu-many"])
def test_a_test_of_the_release_wakes_the_role_that_it_calls(name: str) -> None:
    woken = {
        each["spec"]["scaleTargetRef"]["name"]: dict(
            [trigger["metadata"]["podSelector"].split("=")]
        )
        for each in of_kind(name, "ScaledObject")
        for trigger in each["spec"]["triggers"]
        if trigger["type"] == "kubernetes-workload"
    }
    assert bool(woken) == name.startswith("gpu-one")
    for each in of_kind(name, "Pod"):
        role = each["metadata"]["labels"]["app.kubernetes.io/component"].removeprefix("test-")
        (labels,) = (
            found
            for server, found in (woken or {role: {}}).items()
            if server.endswith((role, "-generators"))
        )
        assert labels.items() <= each["metadata"]["labels"].items()


def test_kueue_admits_generators_the_teacher_and_every_step() -> None:
    queued = {"kueue.x-k8s.io/queue-name": "giants"}
    for each in of_kind("everything", "Deployment"):
        assert queued.items() <= each["metadata"]["labels"].items()
    for stage in ("seed", "finetune-junior", "promote-senior", "synthesize", "evaluate"):
        assert queued.items() <= placement("everything").pod_of(stage).labels.items()


@pytest.mark.parametrize("name", ["kserve", "nothing-served"])
def test_objects_of_the_pipeline_have_the_releases_images(name: str) -> None:
    (version,) = of_kind(name, "PipelineVersion")
    executors = version["spec"]["pipelineSpec"]["deploymentSpec"]["executors"].values()
    images = {each["container"]["image"] for each in executors}
    of_ours = {
        f"registry.example.com/littlegiants/{each}:0.1.0" for each in ("pipeline", "trainer")
    }
    assert images == of_ours


def test_the_registering_job_of_a_tenant_may_upload() -> None:
    (binding,) = (
        each
        for each in of_kind("gpu-many", "RoleBinding")
        if each["metadata"]["name"] == "lg-littlegiants-register"
    )
    (role,) = (
        each
        for each in of_kind("gpu-many", "Role")
        if each["metadata"]["name"] == "lg-littlegiants-register"
    )
    (job,) = of_kind("gpu-many", "Job")
    account = job["spec"]["template"]["spec"]["serviceAccountName"]
    assert binding["metadata"]["namespace"] == role["metadata"]["namespace"] == "team-a"
    assert binding["subjects"][0]["name"] == account
    assert binding["subjects"][0]["namespace"] == "giants"
    assert role["rules"][0]["apiGroups"] == ["pipelines.kubeflow.org"]
    assert "--namespace=team-a" in job["spec"]["template"]["spec"]["containers"][0]["args"]


def test_a_node_of_a_training_has_what_it_fetches_models_with() -> None:
    (runtime,) = of_kind("everything", "TrainingRuntime")
    (job,) = runtime["spec"]["template"]["spec"]["replicatedJobs"]
    pod = job["template"]["spec"]["template"]["spec"]
    environment = {each["name"]: each for each in pod["containers"][0]["env"]}
    assert environment["HF_TOKEN"]["valueFrom"]["secretKeyRef"]["name"] == "hub-of-steps"
    assert environment["NCCL_DEBUG"]["value"] == "WARN"
    assert pod["serviceAccountName"] == "default-editor"
