"""What a value does: documented, merged role over generator over profile, refused with a remedy."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator, ValidationError

from pipelines.kubeflow.submit import Submit
from pipelines.recipe.recipe import load_recipe
from tests.contract.chart.helm import CHART, helm, template
from tests.contract.chart.rendered import CI, FOLLOWED, LOADER, Object, objects, of_kind
from tests.contract.chart.values import SCHEMA, VALUES, documented, expanded
from tests.contract.sources import ROOT

INSTALL = (ROOT / "docs" / "install.md").read_text("utf-8")
ROW = re.compile(r"^\| `([\w.]+)` +\| (.+?) +\| .* \|$", re.MULTILINE)


def render(tmp_path: Path, values: Any, **how: Any) -> subprocess.CompletedProcess[str]:
    """The chart with these values."""
    file = tmp_path / "values.yaml"
    file.write_text(yaml.safe_dump(values), "utf-8")
    return template(file, **how)


def deployment(tmp_path: Path, role: str, values: Any) -> Object:
    """The Deployment of a role."""
    done = render(tmp_path, values)
    assert done.returncode == 0, done.stderr
    (found,) = (
        each
        for each in yaml.load_all(done.stdout, LOADER)
        if each and each["kind"] == "Deployment" and each["metadata"]["name"].endswith(role)
    )
    return dict(found)


def test_the_readme_says_of_each_key_what_its_comment_says() -> None:
    rows = dict(ROW.findall((CHART / "README.md").read_text("utf-8")))
    assert rows == {key: " ".join(told.split()) for key, told in documented().items()}


def test_every_key_has_a_comment_and_stands_in_the_schema() -> None:
    told, keys = set(documented()), {path for path, _ in expanded()}
    assert told <= keys
    leaves = set(_leaves(yaml.safe_load(VALUES)))
    assert {
        leaf for leaf in leaves if not any(f"{leaf}.".startswith(f"{key}.") for key in told)
    } == set()


def _leaves(values: Any, path: str = "") -> list[str]:
    if not isinstance(values, dict) or not values:
        return [path]
    return [
        leaf
        for key, value in values.items()
        for leaf in _leaves(value, f"{path}.{key}".lstrip("."))
    ]


def test_the_charts_version_is_the_packages() -> None:
    import littlegiants

    assert (
        yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"] == littlegiants.__version__
    )


def test_a_role_goes_before_the_generator_and_that_before_the_profile(tmp_path: Path) -> None:
    values = {
        "profile": "gpu",
        "generator": {"server": {"maxSeqs": 10, "graceS": 7}, "shm": "3Gi"},
        "roles": {"senior": {"server": {"maxSeqs": 11}}},
    }
    args = deployment(tmp_path, "senior", values)["spec"]["template"]["spec"]["containers"][0][
        "args"
    ]
    assert {"--max-seqs=11", "--grace-s=7", "--max-model-len=8192"} <= set(args)


@pytest.mark.parametrize("value", [0, False], ids=str)
def test_a_role_may_say_nothing_is_wanted(value: Any, tmp_path: Path) -> None:
    key = "server" if value == 0 and value is not False else "topologySpread"
    change = {"server": {"pollS": 0}} if key == "server" else {"topologySpread": {"enabled": False}}
    spec = deployment(tmp_path, "senior", {"roles": {"senior": change}})["spec"]["template"]["spec"]
    if key == "server":
        assert "--poll-s=0" in spec["containers"][0]["args"]
    else:
        assert "topologySpreadConstraints" not in spec


@pytest.mark.parametrize(
    ("values", "threads"),
    [
        ({}, "1"),
        ({"resources": {"requests": {"cpu": 8}}}, "7"),
        ({"resources": {"requests": {"cpu": "2500m"}}}, "2"),
        ({"resources": {"requests": {"cpu": "50m"}}}, "1"),
        ({"extraEnv": [{"name": "OMP_NUM_THREADS", "value": "6"}]}, "6"),
        ({"gpu": {"count": 1}}, None),
    ],
    ids=str,
)
def test_an_engine_without_a_gpu_uses_the_cores_it_asks_for(
    values: Any, threads: str | None, tmp_path: Path
) -> None:
    spec = deployment(tmp_path, "senior", {"generator": values})["spec"]["template"]["spec"]
    environment = [(each["name"], each["value"]) for each in spec["containers"][0].get("env", ())]
    found = dict(environment)
    assert len(found) == len(environment)
    assert found.get("OMP_NUM_THREADS") == threads
    assert ("VLLM_CPU_OMP_THREADS_BIND" in found) == (threads is not None)


def test_a_role_can_be_left_out(tmp_path: Path) -> None:
    done = render(tmp_path, {"roles": {"revisor": {"enabled": False}}})
    assert "revisor" not in {
        each["metadata"]["labels"]["app.kubernetes.io/component"]
        for each in yaml.load_all(done.stdout, LOADER)
        if each
    }


CHANNEL = {"kind": "channel", "channel": {"url": "s3://bucket/run/weights"}}
TOGETHER: dict[str, Any] = {
    "serving": {"together": True},
    "storage": {"kind": "s3", "s3": {"url": "s3://bucket"}},
    "generator": {"source": {"kind": "channel"}, "server": {"adapterBase": "s3://bucket/base"}},
}
REFUSED = {
    "nobody's registry": (
        {"images": {"registry": ""}},
        "images.registry: name the registry that you pushed the images to",
    ),
    "no source": (
        {"generator": {"source": {"kind": "pvc"}}},
        "roles.junior.source.pvc.claim: set it, or choose another source.kind than pvc",
    ),
    "no store": (
        {"generator": {"source": CHANNEL}},
        "roles.junior.source.kind: an s3:// URL needs storage.kind s3",
    ),
    "no claim of the store": (
        {"generator": {"source": {"kind": "channel", "channel": {"url": "/store/run/weights"}}}},
        "a folder below /store needs storage.kind pvc",
    ),
    "quotas without tokens": (
        {"generator": {"server": {"maxInFlightPerCaller": 5}}},
        "roles.junior.server: quotas need tokens.secret",
    ),
    "no secret": ({"tls": {"mode": "secret"}}, "tls.secret: name the secret with tls.crt"),
    "no issuer": ({"tls": {"mode": "certManager"}}, "tls.certManager.issuerName: name the issuer"),
    "clients without tls": (
        {"tls": {"clientCaSecret": "clients"}},
        "tls.clientCaSecret: needs tls.mode secret or certManager",
    ),
    "asleep for ever": (
        {"generator": {"autoscaling": {"kind": "hpa", "minReplicas": 0}}},
        "0 needs kind keda, which wakes a role again",
    ),
    "woken from elsewhere": (
        {
            **FOLLOWED,
            "generator": {
                **FOLLOWED["generator"],
                "autoscaling": {"kind": "keda", "minReplicas": 0},
            },
            "pipelines": {"register": "job"},
        },
        "KEDA counts pods of the release's own namespace, and steps run in kubeflow",
    ),
    "steps without a token": (
        {**FOLLOWED, "tokens": {"secret": "callers"}, "pipelines": {"register": "job"}},
        "pipelines.caller: generators ask for a token; name the key of tokens.secret",
    ),
    "steps without the CA": (
        {
            **FOLLOWED,
            "tls": {"mode": "secret", "secret": "x"},
            "pipelines": {"register": "job"},
        },
        "pipelines.caSecret: generators show a certificate",
    ),
    "steps without a certificate": (
        {
            **FOLLOWED,
            "tls": {"mode": "secret", "secret": "x", "clientCaSecret": "clients"},
            "pipelines": {"register": "job", "caSecret": "ca"},
        },
        "pipelines.clientSecret: generators ask for a client's certificate",
    ),
    "nobody to call": (
        {"serving": {"backend": "none"}, "pipelines": {"register": "job"}},
        "pipelines.placement.arguments.generators: the release serves none; name those",
    ),
    "scaled blindly": (
        {"metrics": {"enabled": False}, "generator": {"autoscaling": {"kind": "hpa"}}},
        "roles.junior.autoscaling.kind: needs metrics.enabled",
    ),
    "kserve with tls": (
        {"serving": {"backend": "kserve"}, "tls": {"mode": "secret", "secret": "x"}},
        "tls.mode: KServe talks plaintext to its pods",
    ),
    "kserve without a digest": (
        {
            "serving": {"backend": "kserve"},
            "storage": {"kind": "s3"},
            "generator": {"source": CHANNEL},
        },
        "roles.junior.source.channel.digest: KServe begins with one digest",
    ),
    "one pod without a base": (
        {
            "serving": {"together": True},
            "storage": {"kind": "s3", "s3": {"url": "s3://bucket"}},
            "generator": {"source": {"kind": "channel"}},
        },
        "serving.together: needs serving.backend deployment, generator.source.kind channel, and",
    ),
    "one pod of several minds": (
        {**TOGETHER, "roles": {"senior": {"replicas": 2}}},
        "roles: with serving.together the three are one pod; say it in generator",
    ),
    "one pod twice": (
        {**TOGETHER, "generator": {**TOGETHER["generator"], "replicas": 2}},
        "serving.together: is one pod; leave out generator.canary, and set generator.replicas",
    ),
    "half a gpu": ({"generator": {"gpu": {"count": 0.5}}}, "at '/generator/gpu/count': got number"),
    "a gpu among resources": (
        {"generator": {"resources": {"limits": {"nvidia.com/gpu": 1}}}},
        "at '/generator/resources/limits': additional properties 'nvidia.com/gpu' not allowed",
    ),
    "a role taken away": ({"roles": {"junior": None}}, "at '/roles': missing property 'junior'"),
    "a secret whose name is no volume's": (
        {
            **FOLLOWED,
            "storage": {"kind": "s3", "s3": {"url": "s3://x", "caSecret": "store.ca"}},
            "pipelines": {"register": "job"},
        },
        "stage prepare: Kubeflow calls a volume as its claim or secret, store.ca, and that takes",
    ),
    "a registry with a scheme": (
        {"images": {"registry": "https://registry.example.com"}},
        "at '/images/registry': 'https://registry.example.com' does not match",
    ),
    "a registry with a slash behind": (
        {"images": {"registry": "registry.example.com:5000/team/"}},
        "at '/images/registry': 'registry.example.com:5000/team/' does not match",
    ),
    "a port twice": (
        {"service": {"port": 9090}},
        "service.port, admin.port, metrics.port: a pod would listen on 9090 twice",
    ),
    "a role's port twice": (
        {**TOGETHER, "admin": {"enabled": True, "port": 50061}},
        "service.port, admin.port, metrics.port: a pod would listen on 50061 twice",
    ),
    "a label that is too long": (
        {"pipelines": {"labels": {"cost-center": 64 * "x"}}},
        "at '/pipelines/labels/cost-center': maxLength: got 64, want 63",
    ),
    "a step's label that is none": (
        {"pipelines": {"placement": {"defaults": {"labels": {"owner": "me@example.com"}}}}},
        "at '/pipelines/placement/defaults/labels/owner': 'me@example.com' does not match",
    ),
    "a queue that is no label": (
        {"kueue": {"queue": 64 * "x"}},
        "at '/kueue/queue': maxLength: got 64, want 63",
    ),
    "a name that no Service may have": (
        {"fullnameOverride": "3rd"},
        "at '/fullnameOverride': '3rd' does not match",
    ),
    "a profile that is none": ({"profile": "tpu"}, "at '/profile': value must be one of"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_values_that_do_not_go_together_are_refused_with_the_remedy(
    case: str, tmp_path: Path
) -> None:
    values, message = REFUSED[case]
    refused = render(tmp_path, values)
    assert refused.returncode != 0
    assert message in refused.stderr


@pytest.mark.parametrize(
    "name", ["gpu-one", "gpu-one-together", "gpu-three", "gpu-many", "kserve", "mutual-tls"]
)
def test_the_installation_page_names_the_values_file(name: str) -> None:
    assert f"ci/{name}-values.yaml" in INSTALL


@pytest.mark.parametrize(("file", "command"), [("prompt", "generate"), ("draft", "revise")])
def test_the_shipped_examples_are_the_clients_own(file: str, command: str) -> None:
    run = [sys.executable, "-m", "littlegiants", command, "--example"]
    shown = subprocess.run(run, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    shipped = (CHART / "files" / f"{file}.jsonl").read_text("utf-8")
    assert shipped == shown


def test_alerts_and_dashboard_arrive_whole() -> None:
    (rule,) = of_kind("everything", "PrometheusRule")
    assert rule["spec"] == yaml.safe_load((CHART / "files" / "alerts.yaml").read_text("utf-8"))
    (board,) = (
        each for each in of_kind("everything", "ConfigMap") if "littlegiants.json" in each["data"]
    )
    shown = json.loads(board["data"]["littlegiants.json"])
    assert shown == json.loads((CHART / "files" / "dashboard.json").read_text("utf-8"))


@pytest.mark.parametrize("name", CI)
def test_every_object_has_the_labels_that_tools_look_for(name: str) -> None:
    for each in objects(name):
        if each["metadata"]["name"] == "more":
            continue
        labels = each["metadata"]["labels"]
        assert labels["app.kubernetes.io/instance"] == "lg"
        assert labels["app.kubernetes.io/component"]
        assert labels["helm.sh/chart"] == "littlegiants-0.1.0"


def notes_of(values: Path, tmp_path: Path) -> str:
    """The notes, as an object of a copy of the chart: Helm shows them to a cluster alone."""
    chart = shutil.copytree(CHART, tmp_path / "chart")
    text = (chart / "templates" / "NOTES.txt").read_text("utf-8")
    (chart / "templates" / "_told.tpl").write_text(f'{{{{ define "told" }}}}{text}{{{{ end }}}}')
    (chart / "templates" / "told.yaml").write_text('notes: {{ include "told" . | quote }}\n')
    shown = ("--show-only", "templates/told.yaml", "--values", str(values))
    release = ("template", "lg", chart, "--namespace", "giants", "--kube-version", "1.34")
    return str(yaml.safe_load(helm(*release, *shown).stdout)["notes"])


def test_the_notes_have_a_line_that_works(tmp_path: Path) -> None:
    notes = notes_of(CI["default"], tmp_path)
    services = {each["metadata"]["name"] for each in of_kind("default", "Service")}
    (line,) = re.findall(r"port-forward service/(\S+) 50051:(\d+) &", notes)
    assert line == ("lg-littlegiants-junior", "50051")
    assert line[0] in services
    asked = "littlegiants generate --example | littlegiants generate --address localhost:50051"
    assert asked in notes
    assert "--generators dns:///lg-littlegiants-{role}-headless.giants:50051" in notes


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("kserve", "--generators kserve://giants/lg-littlegiants-{role}:50051"),
        ("kserve", "service/lg-littlegiants-junior-headless 50051:50051 &"),
        ("mutual-tls", "LITTLEGIANTS_SERVER_NAME=lg-littlegiants-junior"),
        ("mutual-tls", "a token of secret callers"),
        ("everything", "--teacher http://giants-teacher.giants:8000/v1, model big"),
    ],
)
def test_the_notes_tell_what_the_values_make_different(
    name: str, told: str, tmp_path: Path
) -> None:
    assert told in notes_of(CI[name], tmp_path)


def is_restricted(line: str) -> bool:
    """Whether a `kubectl run` makes a pod that the restricted standard lets in."""
    words = shlex.split(line.partition("--env")[0])
    name, how, told = (words[words.index(f) + 1] for f in ("run", "--override-type", "--overrides"))
    spec = json.loads(told)["spec"]
    (container,) = spec["containers"]
    # a strategic merge knows containers by their names, another would replace the whole one
    assert (how, container["name"]) == ("strategic", name)
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    return bool(
        spec["securityContext"]["runAsNonRoot"]
        and container["securityContext"]
        == {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    )


def test_the_pipelines_page_starts_a_run_from_a_pod_that_is_let_in() -> None:
    page = (ROOT / "docs" / "pipelines.md").read_text("utf-8").replace("\\\n", " ")
    (line,) = re.findall(r"^kubectl .* run submit .*$", page, re.MULTILINE)
    assert is_restricted(line)


@pytest.mark.parametrize("name", ["gpu-many", "gpu-one", "default"])
def test_the_notes_have_the_store_know_steps_where_it_knows_pods(name: str, tmp_path: Path) -> None:
    notes = notes_of(CI[name], tmp_path)
    line = "kubectl --namespace team-a annotate serviceaccount default-editor 'eks.amazonaws.com/"
    assert (line in notes) == ("annotate" in notes) == (name == "gpu-many")
    if name == "gpu-many":
        assert "default-editor" in CI[name].read_text("utf-8").partition("\nstorage:")[0]


IMAGES = ("generator", "trainer", "pipeline")
SECTIONS = sorted(
    {key.rpartition(".")[0] for key in documented() if "." in key}
    | {key.partition(".")[0] for key in documented() if "." in key}
    | {f"roles.{role}" for role in ("junior", "senior", "revisor")}
)


NEEDED = [
    *("profile", "commonLabels", "commonAnnotations", "serving.together", "service.port"),
    *(f"images.{name}.{key}" for name in IMAGES for key in ("repository", "tag", "digest")),
    *("generator.enabled", "generator.gpu.resource", "generator.server.adapterBase"),
    *("pod.containerSecurityContext", "serviceAccount.create", "storage.s3.url"),
    *("networkPolicy.egressPorts", "teacher.enabled", "teacher.gpuResource", "teacher.resources"),
    *(f"pipelines.{name}" for name in ("environment", "labels", "placement", "token")),
    *(f"trainer.{name}" for name in ("enabled", "gpuResource", "gpuShares", "resources")),
    "trainer.takesTurns",
]
"""Keys without which a template would end in words of its own, or write `<nil>`."""


@pytest.mark.parametrize(
    "path", [*(each for each in SECTIONS if not each.startswith("profiles.")), *NEEDED]
)
def test_a_section_that_null_takes_away_is_missed_by_its_name(path: str) -> None:
    values = yaml.safe_load(VALUES)
    *above, last = path.split(".")
    place = values
    for part in above:
        place = place[part]
    del place[last]
    missed = [error.message for error in each_error(SCHEMA, values)]
    assert missed == [f"{last!r} is a required property"]


def each_error(schema: Any, values: Any) -> Iterator[ValidationError]:
    """What is wrong with values."""
    yield from Draft7Validator(schema).iter_errors(values)


def test_the_notes_name_the_releases_teacher_where_the_run_names_the_recipe(tmp_path: Path) -> None:
    told = {**FOLLOWED, "teacher": {"enabled": True}, "pipelines": {"register": "job"}}
    file = tmp_path / "values.yaml"
    file.write_text(yaml.safe_dump({**told, "images": {"registry": "r.example.com"}}), "utf-8")
    line = notes_of(file, tmp_path).partition(" -- pipelines submit ")[2].splitlines()[0]
    settings = Submit(_cli_parse_args=line.split())
    assert settings.recipe == "NAME"
    changed = load_recipe("paper-8b", settings.changes).teacher
    assert changed.model == "teacher"
    assert changed.prices and (changed.prices.prompt, changed.prices.completion) == (0, 0)


@pytest.mark.parametrize(
    ("name", "space", "missing", "tenant", "pipeline"),
    [
        ("gpu-one", "giants", set(), "giants", "lg-littlegiants"),
        ("gpu-many", "team-a", set(), "team-a", "lg-littlegiants-giants"),
        ("kserve", "kubeflow", {"recipe", "run"}, "", "lg-littlegiants-giants"),
        ("everything", "team-a", set(), "team-a", "giants-giants"),
    ],
)
def test_the_notes_start_the_run_that_is_registered(
    name: str, space: str, missing: set[str], tenant: str, pipeline: str, tmp_path: Path
) -> None:
    text = notes_of(CI[name], tmp_path).replace("\\\n", " ")
    (line,) = re.findall(r"^ *(kubectl .* run submit .*)$", text, re.MULTILINE)
    pod, words = line.split(" -- pipelines submit ")
    settings = Submit(_cli_parse_args=words.split())
    assert settings.model_fields_set == {"as_registered", "host", "pipeline", *missing} | (
        {"namespace"} if tenant else set()
    )
    assert (settings.namespace, settings.pipeline) == (tenant, pipeline)
    assert f"--namespace {space} run submit" in pod
    assert "--image registry.example.com/" in pod
    assert "--labels sidecar.istio.io/inject=false" in pod
    assert ("imagePullSecrets" in pod) == (name == "everything")
    assert is_restricted(pod)
    asked = f"--namespace {space} create token default-editor --audience pipelines.kubeflow.org"
    assert (asked in pod) == bool(tenant)
