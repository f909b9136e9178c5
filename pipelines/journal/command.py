"""`python -m pipelines journal`: look at what was answered, take it out, have it asked again."""

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack

from pydantic import Field
from pydantic_settings import (
    CliApp,
    CliImplicitFlag,
    CliPositionalArg,
    CliSubCommand,
)
from upath import UPath

from littlegiants.errors import BadInput
from pipelines.cli.command_line import Flags
from pipelines.cli.step_flags import Folder
from pipelines.journal import Journal
from pipelines.journal.compaction import drop
from pipelines.journal.folder import QUARANTINE
from pipelines.journal.segments import SUFFIX
from pipelines.storage.atomic_writes import whole_file
from pipelines.storage.claims import claimed
from pipelines.storage.store import Store

ROLES = ("junior", "senior", "revisor", "base")


class OfRun(Flags):
    """Which run."""

    run: Folder = "runs/demo"
    """Folder or fsspec URL of the run."""

    def names(self) -> list[str]:
        """Of all its journals."""
        folder = UPath(self.run) / "journal"
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []

    def folder(self, name: str) -> UPath:
        """Where a journal lies.

        Raises BadInput when there is none of that name.
        """
        if name not in self.names():
            there = ", ".join(self.names()) or "none"
            raise BadInput(f"journal {name!r}: not in {self.run}; there are: {there}")
        return UPath(self.run) / "journal" / name


class Ls(OfRun):
    """List the journals of a run: answers, segments, bytes, damaged records set aside."""

    def cli_cmd(self) -> None:
        """Print a table."""
        print(f"{'journal':32} {'answers':>9} {'segments':>8} {'bytes':>13} {'damaged':>7}")
        for name in self.names():
            folder = self.folder(name)
            answers = len(Journal(folder))
            sizes = Store(folder).sizes(SUFFIX).values()
            damaged = len(Store(folder / QUARANTINE).sizes(""))
            print(f"{name:32} {answers:9} {len(sizes):8} {sum(sizes):13} {damaged:7}")


class Show(OfRun):
    """Print one answer, or without a key the keys of all."""

    journal: CliPositionalArg[str]
    """Name, as `ls` lists it."""
    key: CliPositionalArg[str] = ""
    """Of an answer."""

    def cli_cmd(self) -> None:
        """Print it as JSON."""
        journal = Journal(self.folder(self.journal))
        if not self.key:
            for key, _ in journal.items():
                print(key)
            return
        value = journal.get(self.key)
        if value is None:
            raise BadInput(f"key {self.key!r}: not in {self.journal}; `show` without it lists all")
        print(json.dumps(value, indent=1, ensure_ascii=False))


class Export(OfRun):
    """Write all answers as JSON lines of `key` and `value`."""

    journal: CliPositionalArg[str]
    """Name, as `ls` lists it."""
    output: str = ""
    """File or fsspec URL; unset: standard output."""

    def cli_cmd(self) -> None:
        """Write them one after another."""
        lines = self._lines()
        if not self.output:
            sys.stdout.writelines(lines)
            return
        with whole_file(UPath(self.output)) as stream:
            stream.writelines(line.encode() for line in lines)

    def _lines(self) -> Iterator[str]:
        for key, value in Journal(self.folder(self.journal)).items():
            yield json.dumps({"key": key, "value": value}) + "\n"


class Drop(OfRun):
    """Remove answers; their items are asked again, and paid again where they are bought."""

    journal: CliPositionalArg[str]
    """Name, as `ls` lists it."""
    keys: CliPositionalArg[list[str]] = Field(default_factory=list)
    """Of the answers to remove."""
    all: CliImplicitFlag[bool] = False
    """Remove every answer."""

    def cli_cmd(self) -> None:
        """Remove them, unless the stage is at work."""
        folder = self.folder(self.journal)
        if self.all == bool(self.keys):
            raise BadInput("drop: name keys, or --all for every answer")
        with ExitStack() as held:
            for stage in stages_of(self.journal):
                held.enter_context(claimed(UPath(self.run), stage, wait_s=0))
            journal = Journal(folder)
            keys = [key for key, _ in journal.items()] if self.all else self.keys
            missing = [key for key in keys if key not in journal]
            if missing:
                raise BadInput(f"key {missing[0]!r}: not in {self.journal}; nothing was removed")
            drop(Store(folder), keys)
        print(f"{len(keys)} answers removed from {self.journal}")


class JournalCommand(Flags):
    """Look at the answers that a run keeps, take them out, have some asked again."""

    ls: CliSubCommand[Ls]
    show: CliSubCommand[Show]
    export: CliSubCommand[Export]
    drop: CliSubCommand[Drop]

    def cli_cmd(self) -> None:
        """Do what was asked for."""
        CliApp.run_subcommand(self)


def stages_of(journal: str) -> list[str]:
    """Stages that may write to a journal: its own name, or that before the role."""
    stage, _, role = journal.rpartition("-")
    return [journal, stage] if role in ROLES else [journal]
