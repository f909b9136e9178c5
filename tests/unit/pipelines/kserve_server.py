"""A small real HTTP server that keeps InferenceServices as the API server does."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.unit.http_server import serving

Object = dict[str, Any]


def merged(target: Any, change: Any) -> Any:
    """RFC 7386."""
    if not isinstance(change, dict):
        return change
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in change.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def refusal(before: Object, after: Object) -> str:
    """What KServe 0.20's admission webhook says of a change; empty where it lets it through.

    The rules are those of its tests of canaries and of a predictor's name.
    """
    stable = after["spec"]["predictor"]
    canaries = after["spec"].get("canary") or []
    annotations = after["metadata"].get("annotations", {})
    names = [each["predictor"].get("name") for each in canaries]
    present = before["spec"]["predictor"]
    is_renamed = present.get("name") != stable.get("name")
    told = {
        "canary is only supported in Standard deployment mode": canaries
        and annotations.get("serving.kserve.io/deploymentMode") != "Standard",
        "canary requires a stable predictor with a model": canaries and "model" not in stable,
        "the 'name' field is not allowed in standard predictor": "name" in stable.get("model", {}),
        "predictor.name is required": not all(names),
        "predictor.name is duplicated": len(set(names)) < len(names),
        "predictor.name conflicts with stable": stable.get("name") and stable["name"] in names,
        "sum of trafficPercent must be <= 100": sum(c["trafficPercent"] for c in canaries) > 100,
        "predictor.name change requires a model change": is_renamed
        and present["model"] == stable["model"],
    }
    for each in (canary["predictor"] for canary in canaries):
        told |= {f"must not set {key}": key in each for key in NOT_IN_CANARIES if key in each}
        fewest = stable.get("minReplicas", 1)
        told["minReplicas must not exceed stable"] = each.get("minReplicas", 0) > fewest
    return "; ".join(message for message, is_so in told.items() if is_so)


NOT_IN_CANARIES = ("maxReplicas", "autoScaling", "workerSpec")


@dataclass
class ApiServer:
    """Objects by name; `bad` URIs cannot be loaded, and the first `slow` looks are too early."""

    objects: dict[str, Object]
    bad: frozenset[str] = frozenset()
    slow: int = 0
    forbidden: bool = False
    patched: list[Object] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    url: str = ""

    def patch(self, name: str, change: Object) -> Object:
        """Change the object; a changed spec is a new generation."""
        before = self.objects[name]
        after = merged(before, change)
        if refused := refusal(before, after):
            self.refused.append(refused)
            return before
        if after["spec"] != before["spec"]:
            after["metadata"]["generation"] = before["metadata"]["generation"] + 1
        self.objects[name] = after
        self.patched.append(after)
        self.behind = self.slow
        return after

    behind: int = 0

    def look(self, name: str) -> Object:
        """The object, after the controller has looked at it."""
        each = self.objects[name]
        if self.behind:
            self.behind -= 1
            return each
        predictors = [each["spec"]["predictor"]]
        predictors += [c["predictor"] for c in each["spec"].get("canary") or []]
        failed = [p for p in predictors if p["model"]["storageUri"] in self.bad]
        state = "BlockedByFailedLoad" if failed else "UpToDate"
        told = {"message": "weights: no safetensors"} if failed else {}
        each["status"] = {
            "observedGeneration": each["metadata"]["generation"],
            "conditions": [{"type": "Ready", "status": "False" if failed else "True"}],
            "modelStatus": {"transitionStatus": state, "lastFailureInfo": told},
        }
        return each


@contextmanager
def api_server(server: ApiServer) -> Iterator[str]:
    """Serve it; gives its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(lambda name: server.look(name))

        def do_PATCH(self) -> None:
            length = int(self.headers["Content-Length"])
            change = json.loads(self.rfile.read(length))
            assert self.headers["Content-Type"] == "application/merge-patch+json"
            self._answer(lambda name: server.patch(name, change))

        def _answer(self, of: Any) -> None:
            parts = self.path.strip("/").split("/")
            place, name = parts[:-1], parts[-1]
            expected = "apis/serving.kserve.io/v1beta1/namespaces/giants/inferenceservices"
            status, body = 404, {"message": "not found"}
            if server.forbidden:
                status, body = 403, {"message": "forbidden"}
            elif "/".join(place) == expected and name in server.objects:
                status, body = 200, of(name)
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: Any) -> None:
            """Silent."""

    with serving(Handler) as url:
        yield url
