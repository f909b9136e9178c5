"""What a run has learnt of its endpoint, kept in the run for its later stages and starts."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from upath import UPath

from littlegiants.tasks import digest
from pipelines.chat_api.dialect import Dialect
from pipelines.data.records import record_from
from pipelines.storage.atomic_writes import write_whole


@dataclass(frozen=True, slots=True)
class Lessons:
    """A dialect, and the endpoint's words on each part that it leaves out."""

    dialect: Dialect = field(default_factory=Dialect)
    words: Mapping[str, str] = field(default_factory=dict)
    is_answered: bool = False
    """Whether a question was answered: many may be put at once."""


@dataclass(frozen=True, slots=True)
class KeptDialect:
    """The file of one endpoint and model; of two processes that learn at once, the last one's."""

    path: UPath

    def read(self) -> Lessons:
        """What was learnt so far; nothing where there is no file, or none that can be read."""
        try:
            return record_from(Lessons, json.loads(self.path.read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError):
            return Lessons()

    def write(self, lessons: Lessons) -> None:
        """Keep it in place of what was there."""
        write_whole(self.path, json.dumps(asdict(lessons), indent=1))


def kept_dialect(run: UPath, place: str, model: str) -> KeptDialect:
    """Of the endpoint at `place`, in the folder of a run."""
    return KeptDialect(run / "dialects" / f"{digest([place, model])[:16]}.json")
