"""`python -m pipelines.tracking.tell TRACKER`: entries in as JSON, the tracker's ids of them out.

A program of its own: whoever starts it can end it when the tracker's library takes too long.
"""

import json
import sys
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType

from pipelines.tracking.entries import Entry

DOORS: Mapping[str, str] = {
    name: f"pipelines.tracking.to_{name}" for name in ("mlflow", "wandb", "trackio")
}


def door_of(tracker: str) -> ModuleType:
    """The module that knows the tracker's library: `put`, `curves`, `bounded`, `close`."""
    return import_module(DOORS[tracker])


def main() -> None:
    """Tell one entry after another; what goes wrong ends it with a line on standard error."""
    door = door_of(sys.argv[1])
    entries = [Entry(**each) for each in json.load(sys.stdin)]
    try:
        ids = [door.put(entry) for entry in entries]
    except ImportError as error:
        sys.exit(f"{error}; pip install --group {sys.argv[1]}, in the stages' image too")
    except Exception as error:  # noqa: BLE001 - the edge of a process
        sys.exit(f"{type(error).__name__}: {error}")
    print(json.dumps(ids))


if __name__ == "__main__":
    main()
