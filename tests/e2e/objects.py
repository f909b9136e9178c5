"""What the tests put into the cluster beside the chart: storage, a client, Jobs of the loop."""

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from littlegiants import __version__
from tests.unit.weed_server import KEY, SMALL, identities, server_arguments

PREFIX = os.environ.get("IMAGE_PREFIX", "littlegiants")
KEYS = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": KEY}
S3_SECRET = "e2e-s3"
S3_USERS = "e2e-s3-users"
S3_PORT = 9000
VOLUME = "e2e-models"
HOME = "/var/lib/littlegiants"
MODEL = "smollm2-135m-instruct"
SHARE = "200m"
"""Of a core: without a request a pod gets next to nothing while generators use all there is."""
Object = dict[str, Any]


def image(name: str) -> str:
    """One of the images under test, or of the tests."""
    return f"{PREFIX}/{name}:{__version__}"


def named(kind: str, name: str, *, api: str = "v1", **rest: Any) -> Object:
    """An object."""
    labels = {"app": name}
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name, "labels": labels}, **rest}


def volume(name: str = VOLUME) -> Object:
    """A claim; unless it is named, the one that models lie on."""
    size = {"requests": {"storage": "5Gi"}}
    spec = {"accessModes": ["ReadWriteMany"], "resources": size}
    return named("PersistentVolumeClaim", name, spec=spec)


def secret(name: str, values: Mapping[str, str]) -> Object:
    """A secret."""
    return named("Secret", name, stringData=dict(values))


def service(name: str, port: int) -> Object:
    """A service of the pods that are named like it."""
    spec = {"selector": {"app": name}, "ports": [{"name": "http", "port": port, "protocol": "TCP"}]}
    return named("Service", name, spec=spec)


def container(program: str, arguments: Sequence[str], **rest: Any) -> Object:
    """A container as strict as the chart's: no root, nothing written but to two volumes."""
    security = {
        "readOnlyRootFilesystem": True,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }
    mounts = [
        {"name": "tmp", "mountPath": "/tmp"},
        {"name": "home", "mountPath": HOME},
        *rest.pop("volumeMounts", ()),
    ]
    return {
        "name": "main",
        "image": image(program),
        "imagePullPolicy": "IfNotPresent",
        "args": list(arguments),
        "resources": {"requests": {"cpu": SHARE}},
        "securityContext": security,
        "volumeMounts": mounts,
        "terminationMessagePolicy": "FallbackToLogsOnError",
        **rest,
    }


def pod(main: Object, *, home: Object | None = None, **rest: Any) -> Object:
    """The pod of a container; `home` is the volume of its home folder."""
    user = {"runAsUser": 10001, "runAsGroup": 10001, "fsGroup": 10001, "runAsNonRoot": True}
    volumes = [
        {"name": "tmp", "emptyDir": {}},
        {"name": "home", **(home or {"emptyDir": {}})},
    ]
    return {
        "containers": [main],
        "volumes": volumes,
        "securityContext": {**user, "seccompProfile": {"type": "RuntimeDefault"}},
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        **rest,
    }


def on_models() -> Object:
    """The models' claim as a home folder."""
    return {"persistentVolumeClaim": {"claimName": VOLUME}}


def deployment(name: str, spec: Object) -> Object:
    """One pod that is kept running."""
    template = {"metadata": {"labels": {"app": name}}, "spec": spec}
    wanted = {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": template}
    return named("Deployment", name, api="apps/v1", spec=wanted)


def job(name: str, spec: Object) -> Object:
    """A pod that finishes; it is tried once."""
    template = {"metadata": {"labels": {"app": name}}, "spec": {**spec, "restartPolicy": "Never"}}
    return named("Job", name, api="batch/v1", spec={"backoffLimit": 0, "template": template})


def environment(**values: str) -> list[Object]:
    """Environment variables of a container."""
    return [{"name": name, "value": value} for name, value in values.items()]


def s3_environment() -> list[Object]:
    """How a step finds the object storage."""
    plain = environment(AWS_ENDPOINT_URL=f"http://e2e-s3:{S3_PORT}", AWS_DEFAULT_REGION="us-east-1")
    keys = [
        {"name": key, "valueFrom": {"secretKeyRef": {"name": S3_SECRET, "key": key}}}
        for key in KEYS
    ]
    return [*plain, *keys]


def s3() -> Sequence[Object]:
    """A SeaweedFS whose objects go with its pod, and the secrets of its one user."""
    place = "/etc/seaweedfs"
    flags = {
        "dir": HOME,
        "ip": "127.0.0.1",
        "ip.bind": "0.0.0.0",
        "s3.port": S3_PORT,
        "s3.config": f"{place}/s3.json",
        "volume.max": 0,  # as many as there is room for
        **SMALL,
    }
    main = container(
        "e2e-s3",
        server_arguments(flags),
        readinessProbe={"tcpSocket": {"port": S3_PORT}, "periodSeconds": 1},
        volumeMounts=[{"name": "users", "mountPath": place}],
    )
    spec = pod(main)
    spec["volumes"].append({"name": "users", "secret": {"secretName": S3_USERS}})
    return (
        secret(S3_SECRET, KEYS),
        secret(S3_USERS, {"s3.json": json.dumps(identities())}),
        deployment("e2e-s3", spec),
        service("e2e-s3", S3_PORT),
    )


def client() -> Object:
    """A pod that does nothing but wait to be told what to run; it reaches the object storage."""
    command = ["python", "-c", "import signal; signal.pause()"]
    main = container("pipeline", (), command=command, env=s3_environment())
    return named("Pod", "e2e-client", spec=pod(main, terminationGracePeriodSeconds=1))


def generator(name: str, role: str, source: Sequence[str]) -> Object:
    """One generator without the chart."""
    flags = (f"--role={role}", *source, "--admin-port=50052", "--admin-host=0.0.0.0")
    probe = {"tcpSocket": {"port": 50051}, "periodSeconds": 2, "failureThreshold": 300}
    main = container("generator", ("services.generator", *flags), startupProbe=probe)
    return deployment(name, pod(main, home=on_models()))
