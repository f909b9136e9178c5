"""A namespace with object storage, a model on a volume and a client pod; the chart comes later."""

import json
import os
from collections.abc import Iterator

import pytest

from tests.e2e.cluster import Cluster
from tests.e2e.objects import (
    HOME,
    S3_PORT,
    S3_SECRET,
    VOLUME,
    client,
    container,
    job,
    named,
    on_models,
    pod,
    s3,
    secret,
    volume,
)

NAMESPACE = "littlegiants-e2e"
KEYS_OF_A_NEW_USER = f"""
import boto3, json
def ask(name):
    return boto3.client(name, endpoint_url="http://localhost:{S3_PORT}", region_name="us-east-1",
                        aws_access_key_id="first", aws_secret_access_key="first")
ask("s3").create_bucket(Bucket="littlegiants")
iam = ask("iam")
iam.create_user(UserName="littlegiants")
everything = {{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
policy = json.dumps({{"Version": "2012-10-17", "Statement": [everything]}})
iam.put_user_policy(UserName="littlegiants", PolicyName="s3", PolicyDocument=policy)
key = iam.create_access_key(UserName="littlegiants")["AccessKey"]
names = {{"AWS_ACCESS_KEY_ID": "AccessKeyId", "AWS_SECRET_ACCESS_KEY": "SecretAccessKey"}}
print(json.dumps({{name: key[theirs] for name, theirs in names.items()}}))
"""
"""The server lets anybody in for as many calls as these are, then only users with their keys."""


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """An empty namespace, which goes when the tests are done unless KEEP is set."""
    if "KUBECONFIG" not in os.environ:
        pytest.skip("KUBECONFIG names no cluster")
    found = Cluster(NAMESPACE)
    found.try_kubectl("delete", "namespace", NAMESPACE, "--wait=true")
    found.apply(named("Namespace", NAMESPACE))
    yield found
    if "KEEP" not in os.environ:
        found.kubectl("delete", "namespace", NAMESPACE, "--wait=false")


@pytest.fixture(scope="session")
def storage(cluster: Cluster) -> Cluster:
    """The cluster with a bucket, whose keys are in a secret."""
    cluster.apply(*s3())
    cluster.kubectl("rollout", "status", "deployment/e2e-s3", "--timeout=120s")
    keys = cluster.kubectl("exec", "deployment/e2e-s3", "--", "python", "-c", KEYS_OF_A_NEW_USER)
    cluster.apply(secret(S3_SECRET, json.loads(keys)))
    return cluster


@pytest.fixture(scope="session")
def models(cluster: Cluster) -> str:
    """The claim with the model of the laptop recipe below models/."""
    prepare = container("trainer", ("pipelines.steps.prepare", f"--run={HOME}/prepared"))
    cluster.apply(volume(), job("e2e-prepare", pod(prepare, home=on_models())))
    cluster.await_job("e2e-prepare")
    return VOLUME


@pytest.fixture(scope="session")
def caller(storage: Cluster) -> str:
    """A pod that commands can be run in."""
    storage.apply(client())
    storage.kubectl("wait", "--for=condition=Ready", "pod/e2e-client", "--timeout=120s")
    return "e2e-client"
