"""The rule by which Kubernetes scales on one averaged metric: tolerance, windows, policies."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

TOLERANCE = 0.1
"""Of kube-controller-manager, --horizontal-pod-autoscaler-tolerance."""
DEFAULTS: dict[str, Any] = {
    "scaleUp": {
        "stabilizationWindowSeconds": 0,
        "policies": [
            {"type": "Pods", "value": 4, "periodSeconds": 15},
            {"type": "Percent", "value": 100, "periodSeconds": 15},
        ],
    },
    "scaleDown": {
        "stabilizationWindowSeconds": 300,
        "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}],
    },
}
"""What holds where an autoscaler says nothing (autoscaling/v2)."""


@dataclass(frozen=True, slots=True)
class Scale:
    """An autoscaler's numbers, as its object has them."""

    least: int
    most: int
    target: float
    behavior: dict[str, Any]

    def of(self, side: str) -> dict[str, Any]:
        """Rules of `scaleUp` or `scaleDown`, defaults filled in."""
        return {**DEFAULTS[side], **self.behavior.get(side, {})}


@dataclass(slots=True)
class Autoscaler:
    """Recommendations and changes so far; times are seconds."""

    scale: Scale
    _said: list[tuple[float, int]] = field(default_factory=list)
    _changes: list[tuple[float, int]] = field(default_factory=list)

    def desired(self, now: float, total: float, current: int) -> int:
        """How many pods there shall be, `total` being the metric's sum over `current` pods."""
        wanted = current
        if abs(total / (self.scale.target * current) - 1) > TOLERANCE:
            wanted = math.ceil(total / self.scale.target)
        wanted = min(max(wanted, self.scale.least), self.scale.most)
        found = self._limited(now, self._stabilized(now, wanted, current), current)
        self._changes.append((now, found - current))
        return found

    def _stabilized(self, now: float, wanted: int, current: int) -> int:
        self._said.append((now, wanted))
        up = min(self._since(now, self.scale.of("scaleUp")["stabilizationWindowSeconds"]))
        down = max(self._since(now, self.scale.of("scaleDown")["stabilizationWindowSeconds"]))
        return min(max(current, up), down)

    def _since(self, now: float, window: float) -> Sequence[int]:
        return [number for at, number in self._said if at >= now - window]

    def _limited(self, now: float, wanted: int, current: int) -> int:
        side, sign = ("scaleUp", 1) if wanted > current else ("scaleDown", -1)
        rules = self.scale.of(side)
        ends = [self._end(now, current, sign, each) for each in rules["policies"]]
        furthest = (rules.get("selectPolicy", "Max") == "Max") == (sign > 0)
        end = max(ends) if furthest else min(ends)
        return min(wanted, max(current, end)) if sign > 0 else max(wanted, min(current, end))

    def _end(self, now: float, current: int, sign: int, policy: dict[str, Any]) -> int:
        recent = (by for at, by in self._changes if at > now - policy["periodSeconds"])
        began = current - sum(recent)
        if policy["type"] == "Pods":
            return began + sign * int(policy["value"])
        share = began * (1 + sign * policy["value"] / 100)
        return math.ceil(share) if sign > 0 else int(share)
