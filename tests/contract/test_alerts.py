"""Alerts are silent in a normal first run, and each speaks of its fault; promtool plays both."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.contract.test_observability import ASKED_FOR, FILES

pytestmark = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is not installed"
)
MINUTES = 400


def name(metric: str, release: str = "lg", pod: str = "a", **more: str) -> str:
    """A series of a senior's pod."""
    labels = {"namespace": "giants", "release": release, "job": "senior", "instance": pod, **more}
    return metric + "{" + ",".join(f'{key}="{value}"' for key, value in labels.items()) + "}"


def steady(value: float) -> str:
    """The same for the whole time."""
    return f"{value}x{MINUTES}"


def rising(by: float) -> str:
    """A counter."""
    return f"0+{by}x{MINUTES}"


def served(release: str = "lg", pod: str = "a", digest: str = "x") -> dict[str, str]:
    """A pod that serves weights, with its queue full and calls refused."""
    items = {"rpc": "Generate", "outcome": "sample", "reason": ""}
    missed = items | {"outcome": "error", "reason": "no_json"}
    own = {"release": release, "pod": pod}
    return {
        name("up", **own): steady(1),
        name("littlegiants_ready", **own): steady(1),
        name("littlegiants_weights_info", **own, role="senior", digest=digest): steady(1),
        name("littlegiants_slots", **own): steady(256),
        name("littlegiants_completions_waiting", **own): steady(1000),
        name("littlegiants_attempts_total", **own): rising(600),
        name("littlegiants_items_total", **own, **items): rising(400),
        name("littlegiants_items_total", **own, **missed): rising(100),
        name("littlegiants_item_seconds_sum", **own, rpc="Generate"): rising(500 * 150),
        name("littlegiants_item_seconds_count", **own, rpc="Generate"): rising(500),
        name("littlegiants_waiting_seconds_sum", **own): rising(500 * 120),
        name("littlegiants_calls_total", **own, method="Generate", code="OK"): rising(400),
        name("littlegiants_calls_total", **own, method="Generate", code="RESOURCE_EXHAUSTED"): (
            rising(400)
        ),
        name("littlegiants_reloads_total", **own, outcome="unavailable"): f"0x100 1x{MINUTES}",
    }


WAITS = {
    name("up", pod="b"): steady(1),
    name("littlegiants_ready", pod="b"): f"0x200 1x{MINUTES}",
    name("littlegiants_weights_info", pod="b", role="senior", digest="x"): f"_x200 1x{MINUTES}",
}
"""A first run: hours until the first promotion."""
STAGGERED = {
    name("littlegiants_weights_info", pod=pod, role="senior", digest=digest): series
    for pod, at in (("a", 100), ("c", 130))
    for digest, series in (("x", f"1x{at} _x{MINUTES}"), ("y", f"_x{at} 1x{MINUTES}"))
}
"""Replicas that take new weights one after another."""


def without(*metrics: str) -> dict[str, str]:
    """A pod that serves, some of its series left out."""
    return {key: value for key, value in served().items() if not key.startswith(metrics)}


FAULTS: dict[str, dict[str, str]] = {
    "GeneratorDown": without("up", "littlegiants_ready")
    | {
        name("up"): f"1x200 0x{MINUTES}",
        name("littlegiants_ready"): f"1x200 _x{MINUTES}",
    },
    "GeneratorNotReady": served() | {name("littlegiants_ready", pod="b"): steady(0)},
    "GeneratorHighErrorRate": served()
    | {name("littlegiants_calls_total", method="Generate", code="INTERNAL"): rising(100)},
    "GeneratorLowYield": served()
    | {
        name("littlegiants_items_total", rpc="Revise", outcome="error", reason="no_json"): (
            rising(1000)
        )
    },
    "GeneratorStalled": without("littlegiants_attempts")
    | {name("littlegiants_attempts_total"): steady(600)},
    "GeneratorReloadFailing": served()
    | {name("littlegiants_reloads_total", outcome="refused"): rising(4)},
    "GeneratorWeightsDiffer": served() | served(pod="b", digest="y"),
    "GeneratorSlow": without("littlegiants_item_seconds_sum")
    | {name("littlegiants_item_seconds_sum", rpc="Generate"): rising(500 * 500)},
}
NORMAL = {
    "a first run": WAITS,
    "a full queue": served(),
    "weights change one pod after another": STAGGERED,
    "two releases with weights of their own": served() | served("other", "z", "y"),
}


def spoken(tmp_path: Path, series: dict[str, str]) -> set[str]:
    """Alerts that fire at any time, as promtool tells those that were not expected."""
    found = set()
    times = [f"{minute}m" for minute in range(0, MINUTES, 20)]
    test: dict[str, Any] = {
        "interval": "1m",
        "input_series": [{"series": key, "values": value} for key, value in series.items()],
        "alert_rule_test": [
            {"eval_time": time, "alertname": alert, "exp_alerts": []}
            for alert in sorted(ASKED_FOR)
            for time in times
        ],
    }
    told = {"rule_files": [str(FILES / "alerts.yaml")], "tests": [test]}
    (tmp_path / "test.yaml").write_text(json.dumps(told), "utf-8")
    command = ["promtool", "test", "rules", str(tmp_path / "test.yaml")]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    for alert in ASKED_FOR:
        if f"alertname: {alert}," in done.stdout + done.stderr:
            found.add(alert)
    assert bool(found) == bool(done.returncode), done.stderr
    return found


@pytest.mark.parametrize("case", NORMAL)
def test_a_normal_run_is_silent(case: str, tmp_path: Path) -> None:
    assert spoken(tmp_path, NORMAL[case]) == set()


@pytest.mark.parametrize("alert", sorted(ASKED_FOR))
def test_an_alert_speaks_of_its_fault_alone(alert: str, tmp_path: Path) -> None:
    assert spoken(tmp_path, FAULTS[alert]) == {alert}
