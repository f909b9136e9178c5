"""Promotion through KServe: one field changes, the way back is kept, failures are told."""

import copy
from collections.abc import Callable, Iterator

import pytest
from kubernetes import client

from littlegiants.errors import BadInput, Unavailable
from pipelines.generators import promotion
from pipelines.generators.kserve import (
    PREVIOUS,
    address_of,
    canaries_of,
    finish,
    promote,
    roll_back,
    uri_of,
    withdraw,
)
from pipelines.generators.kserve_client import Cluster, Patience
from tests.contract.chart.rendered import of_kind
from tests.contract.chart.test_render import faults
from tests.unit.pipelines.kserve_server import ApiServer, api_server

NAME = "lg-littlegiants-senior"
OLD, NEW, BAD = (f"s3://littlegiants/runs/first/weights/senior/{digit * 32}" for digit in "123")
SOON = Patience(limit_s=5, interval_s=0.01)


@pytest.fixture
def server() -> Iterator[ApiServer]:
    """The chart's own InferenceServices, serving OLD."""
    objects = {
        each["metadata"]["name"]: copy.deepcopy(each)
        for each in of_kind("kserve", "InferenceService")
    }
    for each in objects.values():
        each["metadata"]["generation"] = 1
        each["spec"]["predictor"]["model"]["storageUri"] = OLD
    server = ApiServer(objects, bad=frozenset({BAD}), slow=3)
    with api_server(server) as url:
        server.url = url
        yield server
    assert not server.refused
    for each in server.patched:
        assert not faults(each, "1.34")


@pytest.fixture
def services(server: ApiServer) -> Iterator[Cluster]:
    configuration = client.Configuration(host=server.url)
    with client.ApiClient(configuration) as api:
        yield Cluster(client.CustomObjectsApi(api), "giants")


def test_a_promotion_changes_the_uri_and_waits_until_it_is_seen(
    server: ApiServer, services: Cluster
) -> None:
    assert promote(services, NAME, NEW, patience=SOON) == OLD
    service = server.objects[NAME]
    assert uri_of(service) == NEW
    assert service["status"]["observedGeneration"] == 2
    assert service["metadata"]["annotations"][PREVIOUS] == OLD


def test_what_is_served_already_is_not_patched(server: ApiServer, services: Cluster) -> None:
    promote(services, NAME, OLD, patience=SOON)
    assert not server.patched


def test_a_rollback_goes_to_what_was_served_before(services: Cluster) -> None:
    promote(services, NAME, NEW, patience=SOON)
    assert roll_back(services, NAME, patience=SOON) == OLD
    assert roll_back(services, NAME, patience=SOON) == NEW


def test_there_is_no_way_back_from_the_first_weights(services: Cluster) -> None:
    with pytest.raises(BadInput, match="served nothing before"):
        roll_back(services, NAME, patience=SOON)


def test_the_address_stays_when_a_canary_is_finished(server: ApiServer, services: Cluster) -> None:
    promote(services, NAME, NEW, percent=10, patience=SOON)
    finish(services, NAME, patience=SOON)
    # KServe names the Service after a predictor that has a name
    assert "name" not in server.objects[NAME]["spec"]["predictor"]
    shares = [len(canaries_of(each)) for each in server.patched]
    assert shares == [1, 1, 0], "a canary has its share until the others serve the same"


@pytest.mark.parametrize("service", ["junior", "senior", "revisor"])
def test_kserve_accepts_a_canary_of_every_service(
    service: str, server: ApiServer, services: Cluster
) -> None:
    promote(services, f"lg-littlegiants-{service}", NEW, percent=10, patience=SOON)
    (canary,) = canaries_of(server.objects[f"lg-littlegiants-{service}"])
    assert canary["predictor"]["model"]["storageUri"] == NEW
    (headless,) = (
        each["spec"]["selector"]
        for each in of_kind("kserve", "Service")
        if each["metadata"]["name"] == f"lg-littlegiants-{service}-headless"
    )
    stable = server.objects[f"lg-littlegiants-{service}"]["spec"]["predictor"]["labels"]
    assert headless.items() <= stable.items(), "steps ask the weights that were promoted"
    assert not headless.items() <= canary["predictor"]["labels"].items()


def test_a_canary_gets_its_share_and_then_everything(server: ApiServer, services: Cluster) -> None:
    promote(services, NAME, NEW, percent=10, patience=SOON)
    (canary,) = canaries_of(server.objects[NAME])
    assert (canary["trafficPercent"], uri_of(server.objects[NAME])) == (10, OLD)
    assert canary["predictor"]["model"]["storageUri"] == NEW
    assert finish(services, NAME, patience=SOON) == NEW
    assert not canaries_of(server.objects[NAME])
    assert roll_back(services, NAME, patience=SOON) == OLD


def test_a_canary_can_be_withdrawn(server: ApiServer, services: Cluster) -> None:
    promote(services, NAME, NEW, percent=10, patience=SOON)
    assert withdraw(services, NAME, patience=SOON) == OLD
    assert not canaries_of(server.objects[NAME])


def test_without_a_canary_there_is_nothing_to_finish(services: Cluster) -> None:
    with pytest.raises(BadInput, match="has no canary"):
        finish(services, NAME, patience=SOON)


def test_weights_that_cannot_be_loaded_stop_the_wait_at_once(services: Cluster) -> None:
    with pytest.raises(BadInput, match="no safetensors; roll back"):
        promote(services, NAME, BAD, patience=SOON)


def test_a_controller_that_is_not_there_is_told(server: ApiServer, services: Cluster) -> None:
    server.slow = 1_000_000
    with pytest.raises(Unavailable, match="KServe has not looked at it"):
        promote(services, NAME, NEW, patience=Patience(limit_s=0.1, interval_s=0.01))


def test_a_service_that_is_not_there_names_the_remedy(services: Cluster) -> None:
    with pytest.raises(BadInput, match=r"giants/other.*serving\.backend kserve"):
        promote(services, "other", NEW, patience=SOON)


def test_an_account_that_may_not_names_the_remedy(server: ApiServer, services: Cluster) -> None:
    server.forbidden = True
    with pytest.raises(BadInput, match=r"pipelines\.serviceAccounts"):
        promote(services, NAME, NEW, patience=SOON)


def test_an_api_server_that_is_away_can_be_tried_again() -> None:
    configuration = client.Configuration(host="http://127.0.0.1:9")
    configuration.retries = False
    with (
        client.ApiClient(configuration) as api,
        pytest.raises(Unavailable, match="does not answer"),
    ):
        promote(Cluster(client.CustomObjectsApi(api), "giants"), NAME, NEW, patience=SOON)


@pytest.mark.parametrize("generators", ["kserve://giants", "kserve:///x", "dns:///x"])
def test_a_place_of_another_form_is_refused(generators: str) -> None:
    with pytest.raises(BadInput, match="kserve://NAMESPACE/NAME"):
        address_of(generators, "senior")


@pytest.mark.parametrize("find", [address_of, promotion.address_of])
def test_callers_find_every_pod(find: Callable[[str, str], str]) -> None:
    found = find("kserve://giants/lg-littlegiants-{role}", "senior")
    assert found == "dns:///lg-littlegiants-senior-headless.giants:50051"
