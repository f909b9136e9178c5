"""A batch API that outlives its kills and hands results out shuffled, some of them twice.

What it holds lies in a file; the scripted teacher's batches do the rest.
"""

import json
import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.scripted_teacher.batch_server import ScriptedBatches

DOUBLED = 0.2
"""Share of results that come twice."""
Script = Callable[[dict[str, Any]], str]


@dataclass(slots=True)
class KeptBatches(ScriptedBatches):
    """Batches in `place`; `script` answers a request, `doubled` is told whose result came twice."""

    place: Path = field(kw_only=True)
    script: Script = field(kw_only=True)
    doubled: Callable[[str], None] = field(kw_only=True)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        """Go on with what was there."""
        if self.place.exists():
            kept = json.loads(self.place.read_text(encoding="utf-8"))
            self.files = {name: text.encode() for name, text in kept["files"].items()}
            self.batches = {
                name: {**batch, "script": self.script} for name, batch in kept["batches"].items()
            }

    def take(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """A file, or the beginning of a batch; it is kept before the answer is given."""
        with self._lock:
            status, answer = self.post(path, headers, body, self.script)
            self._keep()
            return status, json.dumps(answer).encode()

    def show(self, path: str) -> bytes:
        """What `get` gives; a batch may have ended with it."""
        with self._lock:
            answer = self.get(path)
            self._keep()
            return answer

    def _end(self, batch: dict[str, Any]) -> None:
        # a slotted dataclass is made anew, so super() has no class to go by
        ScriptedBatches._end(self, batch)
        name = batch.get("output_file_id")
        if name:
            lines = self.files[name].splitlines(keepends=True)
            again = [line for line in lines if random.random() < DOUBLED]
            for line in again:
                self.doubled(json.loads(line)["custom_id"])
            self.files[name] = b"".join(random.sample(lines + again, len(lines + again)))

    def _keep(self) -> None:
        shown = {name: self._shown(name) | {"polls": 0} for name in self.batches}
        files = {name: content.decode() for name, content in self.files.items()}
        aside = self.place.with_suffix(".new")
        aside.write_text(json.dumps({"files": files, "batches": shown}), encoding="utf-8")
        aside.replace(self.place)
