"""A stage's beginning and end, told to the recipe's trackers; what cannot be told is one line."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from upath import UPath

from littlegiants.errors import LittleGiantsError, Unavailable
from littlegiants.heartbeat import doing
from pipelines.step_progress import say
from pipelines.storage.atomic_writes import write_whole
from pipelines.tracking.entries import Entry, named
from pipelines.tracking.run_entries import FOLDER, RunEntries
from pipelines.tracking.tell import door_of

LAST, PAGE = "report", "report.html"
"""The stage that ends a run, and what it writes."""
LONGEST_LINE = 300


@dataclass(frozen=True, slots=True)
class StageTracking:
    """Of stage `name` under `key`; `place` is a local folder for what a library keeps."""

    entries: RunEntries
    name: str
    key: str
    place: Path

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """The run is there and the stage at work; what ends it otherwise than well is told."""
        if not self.trackers:
            yield
            return
        self._tell(self.entries.run(), self.stage)
        try:
            yield
        except Exception as error:
            tags = {"error": f"{type(error).__name__}: {error}"[:LONGEST_LINE]}
            failed = replace(self.stage, state="failed", tags=tags)
            self._tell(replace(self.entries.run(), state="failed"), failed)
            raise

    def finish(self, outputs: Mapping[str, str]) -> None:
        """It is done, `outputs` are the digests of what it wrote; the last stage ends the run.

        Then the stages are told again that a tracker was not told of: it was away.
        """
        if not self.trackers:
            return
        run, done = self.entries.run(), self.entries.finished()
        digests = {named(f"digest.{path}"): each for path, each in outputs.items()}
        this = replace(done.pop(self.name), tags={"key": self.key, **digests})
        if self.name != LAST:
            self._tell(run, this)
            return
        self.place.mkdir(parents=True, exist_ok=True)
        page = self.place / PAGE
        page.write_bytes((self.entries.folder / PAGE).read_bytes())
        ended = replace(run, state="finished", metrics=self.entries.totals(), files=(str(page),))
        self._tell(run, *done.values(), this, ended)

    @contextmanager
    def curves(self) -> Iterator[tuple[str, ...]]:
        """Within, the trainers' own callbacks add to the stage; gives the trackers that know it."""
        kept = {tracker: self._kept(tracker, self.stage) for tracker in self.trackers}
        doors = {tracker: door_of(tracker) for tracker, each in kept.items() if each}
        put: dict[str, str] = {}
        for tracker, door in doors.items():
            put |= self._bounds(tracker) | door.curves(self.stage, kept[tracker]["id"])
        before = {name: os.environ.get(name) for name in put}
        os.environ |= put
        try:
            yield tuple(doors)
        finally:
            for door in doors.values():
                door.close()
            for name, value in before.items():
                os.environ.pop(name, None)
                os.environ |= {name: value} if value is not None else {}

    @property
    def stage(self) -> Entry:
        """The stage as it is told of."""
        return self.entries.stage(self.name, self.key)

    @property
    def trackers(self) -> Sequence[str]:
        """Who is told."""
        return self.entries.recipe.tracking.to

    def _tell(self, *entries: Entry) -> None:
        for tracker in self.trackers:
            due = [entry for entry in entries if not self._is_told(tracker, entry)]
            try:
                with doing(f"telling {tracker}"):
                    ids = self._told(tracker, due)
                for entry, told_id in zip(due, ids, strict=True):
                    kept = json.dumps({"id": told_id, "state": entry.state})
                    write_whole(self._path(tracker, entry), kept)
            except (OSError, LittleGiantsError) as error:
                line = " ".join(str(error).split())[:LONGEST_LINE]
                say("tracking", f"{tracker}: not told of {self.name}, which goes on: {line}")

    def _told(self, tracker: str, entries: Sequence[Entry]) -> list[str]:
        """Raises Unavailable when the tracker did not take them in time."""
        limit = self.entries.recipe.tracking.limit_s
        try:
            ended = subprocess.run(
                [sys.executable, "-m", "pipelines.tracking.tell", tracker],
                input=json.dumps([asdict(entry) for entry in entries]),
                env={**os.environ, **self._bounds(tracker)},
                timeout=limit,
                capture_output=True,
                text=True,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise Unavailable(f"no answer within tracking.limit_s ({limit} s)") from error
        if ended.returncode:
            raise Unavailable(ended.stderr.strip().rpartition("\n")[2] or "its process was killed")
        return list(json.loads(ended.stdout.splitlines()[-1]))

    def _bounds(self, tracker: str) -> dict[str, str]:
        """What the environment says already counts."""
        self.place.mkdir(parents=True, exist_ok=True)
        limits = door_of(tracker).bounded(self.entries.recipe.tracking.limit_s, self.place)
        return {name: value for name, value in limits.items() if name not in os.environ}

    def _is_told(self, tracker: str, entry: Entry) -> bool:
        is_end = bool(entry.parent) and entry.state == "finished"
        return is_end and self._kept(tracker, entry).get("state") == "finished"

    def _kept(self, tracker: str, entry: Entry) -> dict[str, str]:
        path = self._path(tracker, entry)
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    def _path(self, tracker: str, entry: Entry) -> UPath:
        return self.entries.folder / FOLDER / tracker / f"{entry.id}.json"
