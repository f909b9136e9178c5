"""A teacher's recorded answers: the records that a run leaves in `data/`, read back as such."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from littlegiants.checks import failed_checks
from littlegiants.errors import BadInput, Unparsable
from littlegiants.kinds import Kind
from littlegiants.parsing import parse_sample
from littlegiants.prompts import (
    brainstorm_prompt,
    compact_json,
    correct_prompt,
    judge_prompt,
    revision_text,
    sample_text,
    synthesize_prompt,
)
from littlegiants.records import lines_of, parse_record
from littlegiants.tasks import Prompt, Task, digest
from pipelines.data.examples import example_path, fault_of
from pipelines.data.own_templates import own_templates
from pipelines.data.preference_selection import shuffled_order
from pipelines.data.records import Candidate, Candidates, Correction, Preference, Seed, plain
from pipelines.recipe.recipe import Recipe

Noun = TypeVar("Noun", Task, Seed, Preference, Correction)
BY_TEACHER = "teacher"


@dataclass(frozen=True, slots=True)
class Recording:
    """What a teacher answered; each record holds what it was asked as well."""

    tasks: tuple[Task, ...]
    seeds: tuple[Seed, ...]
    preferences: tuple[Preference, ...]
    corrections: tuple[Correction, ...]

    @property
    def digest(self) -> str:
        """Changes with every record."""
        return digest(plain(self))

    @property
    def judged(self) -> tuple[Candidates, ...]:
        """The pairs that were judged, the better one first."""
        return tuple(_pair(row) for row in self.preferences)


def read_recording(place: str) -> Recording:
    """The recording in folder `place`: any of `tasks`, `seeds`, `preferences` and `corrections`,
    each `.jsonl`; of the judgements and corrections those of a teacher.

    Raises BadInput naming file and line of a record that is not valid.
    """
    folder = example_path(place)
    found = Recording(
        tuple(_rows(Task, folder, "tasks")),
        tuple(_rows(Seed, folder, "seeds")),
        tuple(r for r in _rows(Preference, folder, "preferences") if r.judge == BY_TEACHER),
        tuple(r for r in _rows(Correction, folder, "corrections") if r.source == BY_TEACHER),
    )
    if found == Recording((), (), (), ()):
        raise BadInput(
            f"teacher.recording: {place} holds no answers; name a folder with tasks.jsonl, "
            "seeds.jsonl, preferences.jsonl or corrections.jsonl, such as the data/ of a run"
        )
    return found


def _rows(noun: type[Noun], folder: Path, name: str) -> Iterator[Noun]:
    path = folder / f"{name}.jsonl"
    if not path.exists():
        return
    with path.open("rb") as stream:
        for where, line in lines_of(stream, str(path)):
            row = parse_record(line, noun, where=where)
            if fault := _fault_of(row):
                raise BadInput(f"{where}: {fault}")
            yield row


def _fault_of(row: Task | Seed | Preference | Correction) -> str:
    if isinstance(row, Seed | Correction):
        return fault_of(row)
    if isinstance(row, Preference) and row.judge == BY_TEACHER:
        reason = candidate_of(row.prompt, row.chosen).reason
        if reason or row.chosen == row.rejected:
            return f"chosen: {reason or 'it is the rejected text'}; mend it or leave it out"
    return ""


def candidate_of(prompt: Prompt, text: str) -> Candidate:
    """`text` as a completion of `prompt`, with the reason for which it is not valid."""
    try:
        sample = parse_sample(prompt.task.kind, text)
    except Unparsable as error:
        return Candidate(text, None, error.reason)
    return Candidate(text, sample, "".join(failed_checks(sample, prompt)[:1]))


def _pair(row: Preference) -> Candidates:
    texts = (row.chosen, row.rejected)
    return Candidates(row.prompt, tuple(candidate_of(row.prompt, text) for text in texts))


def answers_of(recording: Recording, recipe: Recipe) -> Mapping[str, str]:
    """The recorded answer to each question as a run of `recipe` words it; of several, the first."""
    own = own_templates(recipe)
    asked, mends = own.get("judge", ""), own.get("correct", "")
    found = _thought_of(recording.tasks, recipe.brainstorm.list_length, own.get("brainstorm", ""))
    for seed in recording.seeds:
        found.setdefault(synthesize_prompt(seed.prompt), sample_text(seed.sample))
    for row, pair in zip(recording.preferences, recording.judged, strict=True):
        order = shuffled_order(pair, recipe.seed)
        shown = [pair.candidates[index].text for index in order]
        judgement = {"reason": row.reason, "best": order.index(0), "worst": order.index(1)}
        found.setdefault(judge_prompt(row.prompt, shown, own=asked), compact_json(judgement))
    for mended in recording.corrections:
        question = correct_prompt(mended.prompt, sample_text(mended.sample), own=mends)
        found.setdefault(question, revision_text(mended.reason, mended.revision))
    return found


def _thought_of(tasks: tuple[Task, ...], list_length: int, own: str) -> dict[str, str]:
    texts: dict[tuple[str, Kind], list[str]] = {}
    for task in tasks:
        texts.setdefault((task.topic, task.kind), []).append(task.text)
    return {
        brainstorm_prompt(topic, kind, count=list_length, own=own): compact_json({"tasks": found})
        for (topic, kind), found in texts.items()
    }
