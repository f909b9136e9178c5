"""What a page names is there: files, and commands, each taken by the program behind it."""

import argparse
import re
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NoReturn

import pytest
from pydantic_settings import get_subcommand

from littlegiants import __main__ as client
from pipelines.__main__ import Pipelines
from pipelines.cli.step_flags import StepSettings
from pipelines.recipe.recipe import load_recipe
from services.generator.fetch import FetchSettings
from services.generator.settings import GeneratorSettings
from tests.contract.commands import PAGES, Command, commands
from tests.contract.sources import ROOT
from tests.contract.test_flags import STEPS, step_of

SETTINGS: dict[str, Any] = {
    "pipelines": Pipelines,
    "services.generator": GeneratorSettings,
    "services.generator.fetch": FetchSettings,
    **{f"pipelines.steps.{name}": step_of(name).settings for name in STEPS},
}
TARGETS = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
FOLDERS = "charts|docs|examples|images|littlegiants|pipelines|protos|requirements|services|tests"
PATH = re.compile(rf"`((?:{FOLDERS})/[\w./*-]*)`")
IMAGES = {f"littlegiants/{path.name}" for path in (ROOT / "images").iterdir()}
"""Names of images, which look like paths."""
PATHS = sorted(
    {
        (page, path)
        for page in PAGES
        for path in PATH.findall((ROOT / page).read_text("utf-8"))
        if path not in IMAGES
    }
)
STANDS_FOR_ANY = re.compile(r"\.[A-Z]+$")
ALL = [command for command in commands() if len(command.words) > 1]


class Taken(Exception):
    """A command line was read to its end."""


@pytest.mark.parametrize("command", ALL, ids=lambda command: f"{command.page}: {command}")
def test_a_command_is_taken_by_its_program(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    match command.words:
        case ("make", *given):
            assert {word for word in given if "=" not in word} <= TARGETS
        case ("pytest", "-m", _, *paths) | ("pytest", *paths):
            assert all((ROOT / path).exists() for path in paths)
        case ("python", "-m", module, *arguments):
            taken(module, arguments, monkeypatch)
        case ("python", file) if file.endswith(".py"):
            assert (ROOT / file).is_file()
        case ("littlegiants", *arguments):
            taken("littlegiants", arguments, monkeypatch)


def taken(module: str, arguments: Sequence[str], monkeypatch: pytest.MonkeyPatch) -> None:
    if STANDS_FOR_ANY.search(module):
        assert find_spec(module.rpartition(".")[0])
    elif not arguments:
        assert find_spec(module)
    elif "--help" in arguments:
        with pytest.raises(SystemExit, match=r"^0$"):
            read(module, arguments, monkeypatch)
    else:
        read(module, arguments, monkeypatch)


def read(module: str, arguments: Sequence[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The program's own reading of its command line; it does nothing of what it is told."""
    if module == "littlegiants":
        client._parser().parse_args(arguments)
    elif module in SETTINGS:
        settings = SETTINGS[module](_cli_parse_args=list(arguments))
        if module == "pipelines":
            settings = get_subcommand(settings)
        if isinstance(settings, StepSettings):
            load_recipe(settings.recipe, settings.changes)
    else:
        monkeypatch.setattr(argparse.ArgumentParser, "parse_args", only_read)
        monkeypatch.setattr(sys, "argv", [module, *arguments])
        is_package = (ROOT / module.replace(".", "/")).is_dir()
        with pytest.raises(Taken):
            import_module(f"{module}.__main__" if is_package else module).main()


def only_read(parser: argparse.ArgumentParser) -> NoReturn:
    _, unknown = parser.parse_known_args()
    assert not unknown
    raise Taken


@pytest.mark.parametrize(("page", "path"), PATHS)
def test_a_file_that_a_page_names_is_there(page: str, path: str) -> None:
    assert list(ROOT.glob(path.rstrip("/"))), "name the file where it is now"


def test_pages_name_commands() -> None:
    named = {command.page for command in ALL}
    assert {"README.md", "docs/pipelines.md", "charts/littlegiants/templates/NOTES.txt"} <= named
    assert named <= set(PAGES)
