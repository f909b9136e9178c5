"""MTEB's results of one embedder, kept on any URL in MTEB's own layout, a task at a time."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from mteb import ResultCache
from mteb.abstasks import AbsTask
from mteb.models import ModelMeta
from mteb.results import TaskResult
from upath import UPath

from littlegiants.tasks import digest
from pipelines.step_progress import say
from pipelines.storage.store import Store

RESULTS, KEYS, SETTINGS = "results", "keys", "run_settings.jsonl"


@dataclass(slots=True)
class KeptResults:
    """Results under `folder`, as `mteb.ResultCache` has them: results/MODEL/REVISION/TASK.json.

    A result counts when its key file says that it was made of the same data, with the same
    instruction and version of mteb, and when it is whole: both are written when a task is done,
    the key last. `shared`, where runs find each other's results, has them by their keys.
    """

    folder: UPath
    meta: ModelMeta
    scratch: Path
    """Folder of this machine where mteb itself reads and writes."""
    shared: UPath | None = None

    @property
    def cache(self) -> ResultCache:
        """What mteb reads and writes, filled by `found`."""
        return ResultCache(self.scratch)

    def found(self, task: AbsTask, key: str) -> tuple[float, dict[str, float]]:
        """Puts a kept result of `task` into `cache`; seconds that it took, scores by query.

        It may be of some of the task's subsets only: mteb makes those that are missing.
        """
        local = self._local(task)
        local.unlink(missing_ok=True)
        entry = self._own(task, key)
        if entry is None and (entry := self._others(key)) is not None:
            self._put(task, entry)
        if entry is None:
            return 0.0, {}
        local.parent.mkdir(parents=True, exist_ok=True)
        local.write_text(entry["result"], encoding="utf-8")
        return float(entry["seconds"]), dict(entry["by_query"])

    def keep(self, task: AbsTask, key: str, seconds: float, by_query: Mapping[str, float]) -> None:
        """Put the result that is in `cache` where it outlives this machine."""
        entry = self._entry(task, key, seconds, by_query)
        self._put(task, entry)
        if self.shared is None:
            return
        try:
            Store(self.shared).write(self._shared_name(key), json.dumps(entry).encode())
        except PermissionError as error:
            say("evaluate", f"{self.shared}: {error}; other runs will score the base again")

    def keep_whole(self, task: AbsTask, key: str, result: TaskResult, options: Any) -> None:
        """Put an aggregate's result beside those of its parts, as mteb's own cache has it.

        mteb 2.26 gives it emissions that are no number where those of its parts are not known,
        which JSON cannot have.
        """
        if self._own(task, key):
            return
        told = result.model_copy(update={"kg_co2_emissions": None})
        self.cache.save_to_cache(told, self.meta, encode_kwargs=options)
        self._put(task, self._entry(task, key, 0.0, {}))

    def _entry(
        self, task: AbsTask, key: str, seconds: float, by_query: Mapping[str, float]
    ) -> dict[str, Any]:
        local = self._local(task)
        lines = (local.parent / SETTINGS).read_text("utf-8").splitlines()
        return {
            "key": key,
            "seconds": seconds,
            "by_query": dict(by_query),
            "settings": [line for line in lines if json.loads(line)["task"] == task.metadata.name],
            "result": local.read_text("utf-8"),
        }

    def result(self, task: AbsTask) -> TaskResult | None:
        """What is in `cache` of `task`, where all of its splits and subsets are."""
        found = self.cache.load_task_result(task.metadata.name, self.meta)
        if found is None or found.get_missing_evaluations(task):
            return None
        return found.validate_and_filter_scores(task)

    @property
    def _parent(self) -> str:
        return f"{self.meta.model_name_as_path()}/{self.meta.revision}"

    def _local(self, task: AbsTask) -> Path:
        return self.cache.get_task_result_path(task.metadata.name, self.meta)

    def _put(self, task: AbsTask, entry: Mapping[str, Any]) -> None:
        store, name = Store(self.folder), f"{self._parent}/{task.metadata.name}.json"
        meta = json.dumps(self.meta.to_dict(), default=str, indent=1)
        store.write(f"{RESULTS}/{self._parent}/model_meta.json", meta.encode())
        store.write(f"{RESULTS}/{name}", entry["result"].encode())
        made = {field: entry[field] for field in ("key", "seconds", "by_query", "settings")}
        made["sha256"] = _sha256(entry["result"])
        store.write(f"{KEYS}/{name}", json.dumps(made).encode())

    def _own(self, task: AbsTask, key: str) -> dict[str, Any] | None:
        name, store = f"{self._parent}/{task.metadata.name}.json", Store(self.folder)
        try:
            made = dict(json.loads(store.read(f"{KEYS}/{name}")))
            text = store.read(f"{RESULTS}/{name}").decode()
        except FileNotFoundError:
            return None
        is_same = made["key"] == key and made["sha256"] == _sha256(text)
        return {**made, "result": text} if is_same else None

    def _others(self, key: str) -> dict[str, Any] | None:
        if self.shared is None:
            return None
        try:
            return dict(json.loads(Store(self.shared).read(self._shared_name(key))))
        except (FileNotFoundError, PermissionError):
            return None

    def _shared_name(self, key: str) -> str:
        return f"{digest([self.meta.revision, key])}.json"


def _sha256(text: str) -> str:
    return sha256(text.encode()).hexdigest()
