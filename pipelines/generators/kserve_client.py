"""InferenceServices of KServe as promotion needs them: read one, patch it, wait until it serves."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from littlegiants.errors import BadInput, Unavailable
from littlegiants.heartbeat import doing

GROUP, VERSION, PLURAL = "serving.kserve.io", "v1beta1", "inferenceservices"
BLOCKED = ("BlockedByFailedLoad", "InvalidSpec")
REFUSED = {
    400: "it is not a valid InferenceService",
    401: "the service account's token is not accepted",
    403: "the service account may not; install the chart with pipelines.serviceAccounts naming it",
    404: "there is no such InferenceService; install the chart with serving.backend kserve",
    422: "it is not a valid InferenceService",
}

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long something is waited for, and how often it is looked at."""

    limit_s: float = 1800
    interval_s: float = 5


PATIENCE = Patience()


class Services(Protocol):
    """InferenceServices by name."""

    def get(self, name: str) -> Object:
        """The object as it is now."""
        ...

    def patch(self, name: str, change: Mapping[str, Any]) -> Object:
        """The object after a JSON merge patch."""
        ...


@dataclass(frozen=True, slots=True)
class Cluster:
    """The InferenceServices of one namespace, at the API server."""

    api: Any
    namespace: str

    @classmethod
    def connect(cls, namespace: str) -> "Cluster":
        """By the pod's service account, or by KUBECONFIG outside of a cluster.

        Raises BadInput when there is neither.
        """
        from kubernetes import client, config

        try:
            config.load_config()
        except config.ConfigException as error:
            raise BadInput(f"KUBECONFIG: no cluster to be found: {error}; set it") from error
        return cls(client.CustomObjectsApi(), namespace)

    def get(self, name: str) -> Object:
        """The object as it is now."""
        return self._asked(name, self.api.get_namespaced_custom_object)

    def patch(self, name: str, change: Mapping[str, Any]) -> Object:
        """The object after a JSON merge patch."""
        return self._asked(name, self.api.patch_namespaced_custom_object, dict(change))

    def _asked(self, name: str, ask: Callable[..., Any], *body: Object) -> Object:
        from kubernetes.client.exceptions import ApiException
        from urllib3.exceptions import HTTPError

        service = f"InferenceService {self.namespace}/{name}"
        try:
            answer: Object = ask(GROUP, VERSION, self.namespace, PLURAL, name, *body)
        except ApiException as error:
            if remedy := REFUSED.get(error.status):
                raise BadInput(f"{service}: {error.reason}: {remedy}") from error
            raise Unavailable(f"{service}: {error.status} {error.reason}; try again") from error
        except HTTPError as error:
            raise Unavailable(f"{service}: the API server does not answer: {error}") from error
        return answer


def await_ready(services: Services, name: str, generation: int, patience: Patience) -> Object:
    """Wait until KServe has seen `generation` of the object and it is ready.

    Raises BadInput when KServe cannot load the weights, Unavailable when patience ends.
    """
    ends = time.monotonic() + patience.limit_s
    status: Mapping[str, Any] = {}
    with doing(lambda: f"waiting for {name}: {_unready(status)}"):
        while True:
            service = services.get(name)
            status = service.get("status", {})
            if status.get("observedGeneration", 0) >= generation:
                _refuse_blocked(name, status)
                if _is_ready(status):
                    return service
            if time.monotonic() >= ends:
                raise Unavailable(
                    f"{name}: not ready in {patience.limit_s:.0f} s: {_unready(status)}; "
                    "see its pods"
                )
            time.sleep(patience.interval_s)


def _is_ready(status: Mapping[str, Any]) -> bool:
    ready = any(
        each.get("type") == "Ready" and each.get("status") == "True"
        for each in status.get("conditions", [])
    )
    canaries = status.get("canaryStatuses", [])
    return ready and all(canary.get("ready") for canary in canaries)


def _unready(status: Mapping[str, Any]) -> str:
    told = [
        f"{each.get('type')}: {each.get('message') or each.get('reason') or 'unknown'}"
        for each in status.get("conditions", [])
        if each.get("status") != "True"
    ]
    return "; ".join(told) or "KServe has not looked at it; is its controller there?"


def _refuse_blocked(name: str, status: Mapping[str, Any]) -> None:
    for each in (status, *status.get("canaryStatuses", [])):
        model = each.get("modelStatus", {})
        if model.get("transitionStatus") in BLOCKED:
            failure = model.get("lastFailureInfo", {})
            raise BadInput(
                f"{name}: {model['transitionStatus']}: {failure.get('message', 'no message')}; "
                "roll back, then promote other weights"
            )
