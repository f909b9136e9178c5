"""New weights for a generator that KServe runs: at once, or to a share of the calls first.

A promotion changes the storageUri of an InferenceService and waits until KServe serves it. What
was served before is kept in an annotation, which a rollback goes by.
"""

import re
from collections.abc import Mapping
from typing import Any

from littlegiants.errors import BadInput
from littlegiants.tasks import digest
from pipelines.generators.kserve_client import (
    PATIENCE,
    Cluster,
    Object,
    Patience,
    Services,
    await_ready,
)

PREVIOUS = "littlegiants/previous-storage-uri"
OF_THE_STABLE = ("minReplicas", "maxReplicas", "autoScaling", "scaleMetric", "scaleTarget")
"""What KServe 0.20 refuses in a canary, or derives from its share of the calls."""
CONTAINER = "kserve-container"
"""Name that KServe gives a predictor's container; a canary must say it."""
SCHEME = "kserve://"
"""In place of an address: kserve://NAMESPACE/NAME:PORT, NAME may hold {role}."""
FORM = re.compile(r"kserve://([^/:]+)/([^/:]+)(?::(\d+))?")
PORT = 50051
"""Of the generators, where nothing else is said."""
TRACK = "littlegiants/track"
"""Label by which the chart's headless Service tells a canary from the others."""

Change = Mapping[str, Any]


def promote(
    services: Services, name: str, uri: str, *, percent: int = 100, patience: Patience = PATIENCE
) -> str:
    """Serve `uri` to `percent` of the calls, and wait until it is so; what was served before.

    Raises BadInput when the weights cannot be loaded, Unavailable when KServe is not ready in time.
    """
    service = services.get(name)
    before = uri_of(service)
    if percent == 100 and before == uri and not canaries_of(service):
        return before
    change = whole(service, uri) if percent == 100 else canary(service, uri, percent)
    _apply(services, name, change, patience)
    return before


def promote_role(generators: str, role: str, uri: str) -> str:
    """Serve `uri` to all callers of `role` in kserve://NAMESPACE/NAME; what was served before."""
    namespace, name, _ = service_of(generators, role)
    return promote(Cluster.connect(namespace), name, uri)


def finish(services: Services, name: str, patience: Patience = PATIENCE) -> str:
    """All calls to the canary's weights, under the address that there was; their URI.

    The canary keeps its share until the others serve the same: to give them its own name would be
    quicker, but another address. Raises BadInput when there is no canary.
    """
    service = services.get(name)
    _apply(services, name, finished(service), patience)
    return withdraw(services, name, patience)


def withdraw(services: Services, name: str, patience: Patience = PATIENCE) -> str:
    """No calls to the canary any more; the URI that is served now."""
    _apply(services, name, {"spec": {"canary": None}}, patience)
    return uri_of(services.get(name))


def roll_back(services: Services, name: str, patience: Patience = PATIENCE) -> str:
    """Serve what was served before the present weights; gives its URI.

    Raises BadInput when there was nothing before.
    """
    service = services.get(name)
    before = service["metadata"].get("annotations", {}).get(PREVIOUS)
    if not before:
        raise BadInput(f"{name}: served nothing before {uri_of(service)}; promote other weights")
    _apply(services, name, whole(service, before), patience)
    return str(before)


def whole(service: Object, uri: str) -> Change:
    """The patch that serves `uri` to everyone."""
    return {
        "metadata": {"annotations": {PREVIOUS: uri_of(service)}},
        "spec": {"predictor": {"model": {"storageUri": uri}}, "canary": None},
    }


def canary(service: Object, uri: str, percent: int) -> Change:
    """The patch that serves `uri` to `percent` of the calls, from pods beside the present ones."""
    predictor = service["spec"]["predictor"]
    beside = {
        **{key: each for key, each in predictor.items() if key not in OF_THE_STABLE},
        "name": f"canary-{digest([uri])[:8]}",
        "labels": {**predictor.get("labels", {}), TRACK: "canary"},
        "model": {"name": CONTAINER, **predictor["model"], "storageUri": uri},
    }
    return {"spec": {"canary": [{"trafficPercent": percent, "predictor": beside}]}}


def finished(service: Object) -> Change:
    """The patch that serves the canary's weights to all others too."""
    canaries = canaries_of(service)
    if not canaries:
        raise BadInput(
            f"{service['metadata']['name']}: has no canary; promote with --percent first"
        )
    return {
        "metadata": {"annotations": {PREVIOUS: uri_of(service)}},
        "spec": {
            "predictor": {"model": {"storageUri": canaries[0]["predictor"]["model"]["storageUri"]}}
        },
    }


def uri_of(service: Object) -> str:
    """Where the weights that are served come from."""
    return str(service["spec"]["predictor"]["model"].get("storageUri", ""))


def canaries_of(service: Object) -> list[Object]:
    """Canaries of the service."""
    return list(service["spec"].get("canary") or [])


def service_of(generators: str, role: str) -> tuple[str, str, int]:
    """Namespace, name and port of the InferenceService of `role` in kserve://NAMESPACE/NAME:PORT.

    Raises BadInput when it is not of that form.
    """
    found = FORM.fullmatch(generators)
    if not found:
        raise BadInput(
            f"generators: {generators!r} must be kserve://NAMESPACE/NAME with {{role}} in NAME"
        )
    return found[1], found[2].replace("{role}", role), int(found[3] or PORT)


def address_of(generators: str, role: str) -> str:
    """Where every pod of the generator of `role` answers inside the cluster.

    The Service is the chart's: KServe's own has one address for all pods, or none on port 80.
    """
    namespace, name, port = service_of(generators, role)
    return f"dns:///{name}-headless.{namespace}:{port}"


def _apply(services: Services, name: str, change: Change, patience: Patience) -> None:
    changed = services.patch(name, change)
    await_ready(services, name, int(changed["metadata"]["generation"]), patience)
