"""The chart on a real Kubernetes: called, killed, changed and promoted under load, taken away."""

import asyncio
import itertools
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from littlegiants.client import GeneratorClient
from tests.e2e.cluster import Cluster, forwarded, wait_for
from tests.e2e.objects import VOLUME
from tests.e2e.promotions import await_promoted, put_changed_model, start_promotion
from tests.e2e.release import (
    BASE,
    CHANNEL,
    NAME,
    Values,
    ask,
    deployed,
    each_once,
    prompts,
    samples,
    samples_until,
    values,
)

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1800)]

JUNIOR = f"app.kubernetes.io/instance={NAME},app.kubernetes.io/component=junior"
TWO_ROLES: dict[str, Values] = {
    "junior": {"enabled": True, "replicas": 2},
    "revisor": {"enabled": True},
}
FROM_A_VOLUME = values(source=BASE, roles=TWO_ROLES)
FROM_THE_CHANNEL = values(source=CHANNEL, roles={"junior": {"enabled": True, "replicas": 2}})


@pytest.fixture(scope="module")
def release(storage: Cluster, models: str) -> Cluster:
    """The chart with two juniors and a revisor; their model is on a volume."""
    deployed(storage, FROM_A_VOLUME)
    return storage


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    """What happens beside the test."""
    with ThreadPoolExecutor() as pool:
        yield pool


def test_another_pod_gets_an_answer_to_each_prompt(release: Cluster, caller: str) -> None:
    asked = prompts(3)
    answers = samples(release, caller, asked)
    assert each_once(asked, answers)
    assert {answer["provenance"]["role"] for answer in answers} == {"junior"}


def test_another_pod_gets_revisions(release: Cluster, caller: str) -> None:
    example = ("exec", caller, "--", "python", "-m", "littlegiants", "revise", "--example")
    done = ask(release, caller, "revise", "revisor", release.kubectl(*example))
    assert done.code in (0, 1), done.err
    assert json.loads(done.out)["provenance"]["role"] == "revisor"


def test_a_forwarded_port_leads_to_a_generator(release: Cluster) -> None:
    async def asked(address: str) -> str:
        async with GeneratorClient(address) as client:
            (answer,) = await client.generate(prompts(1)[0], max_tokens=48)
            return answer.provenance.role

    with forwarded(release, f"service/{NAME}-littlegiants-junior", 50051) as address:
        assert asyncio.run(asked(address)) == "junior"


def test_helm_test_passes(release: Cluster) -> None:
    assert "Succeeded" in release.helm("test", NAME, "--timeout", "5m")


def test_a_killed_pod_costs_no_item(
    release: Cluster, caller: str, threads: ThreadPoolExecutor
) -> None:
    asked = prompts(200, first=1000)
    load = threads.submit(samples, release, caller, asked)
    time.sleep(10)
    victim = release.pods(JUNIOR)[0]["metadata"]["name"]
    release.kubectl("delete", "pod", victim, "--grace-period=0", "--force", "--wait=false")
    assert not load.done()
    assert each_once(asked, load.result())


def test_changed_values_arrive_and_a_rollback_takes_them_back(release: Cluster) -> None:
    def flags() -> set[str]:
        found = release.get("deployment", f"{NAME}-littlegiants-junior")
        return set(found["spec"]["template"]["spec"]["containers"][0]["args"])

    before = flags()
    fewer = {"enabled": True, "replicas": 1, "server": {"maxSeqs": 4}}
    deployed(release, values(source=BASE, roles={"junior": fewer}), verb="upgrade")
    assert "--max-seqs=4" in flags()
    assert len(release.pods(JUNIOR)) == 1
    release.helm("rollback", NAME, "--wait", "--timeout", "10m")
    assert flags() == before
    assert len(release.pods(JUNIOR)) == 2


def test_weights_are_promoted_under_load_without_a_failed_request(
    release: Cluster, caller: str, threads: ThreadPoolExecutor
) -> None:
    put_changed_model(release, change=1.0)
    start_promotion(release, "first")
    deployed(release, FROM_THE_CHANNEL, verb="upgrade")
    await_promoted(release, "first")
    put_changed_model(release, change=1.05)
    parts = (prompts(40, first=first) for first in itertools.count(2000, 40))
    promoted = Event()
    load = threads.submit(samples_until, promoted, release, caller, parts)
    try:
        start_promotion(release, "second")
        await_promoted(release, "second")
    finally:
        promoted.set()
    asked, answers = load.result()
    assert each_once(asked, answers)
    assert len({answer["provenance"]["weights_digest"] for answer in answers}) == 2
    print(f"{len(asked)} prompts, each answered once")


def test_nothing_remains_but_what_the_documentation_lists(release: Cluster) -> None:
    release.helm("uninstall", NAME, "--wait", "--timeout", "5m")
    selector = f"app.kubernetes.io/instance={NAME}"
    kinds = "all,configmaps,secrets,serviceaccounts,roles,rolebindings,networkpolicies,pdb,pvc"
    of_helm_test = {f"Pod/{NAME}-littlegiants-test-{role}" for role in TWO_ROLES}

    def left() -> set[str]:
        found = release.get(kinds, "--selector", selector)["items"]
        return {f"{each['kind']}/{each['metadata']['name']}" for each in found}

    wait_for(lambda: left() <= of_helm_test, "end of the pods", timeout_s=120)
    assert release.get("pvc", VOLUME)["status"]["phase"] == "Bound"
