"""The edge of a program: flags in; one line for what went wrong, and the exit code of its kind."""

import json
import re
import sys
from argparse import Action, ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from inspect import cleandoc
from typing import Any, NoReturn, TypeVar, get_args

from botocore.exceptions import BotoCoreError
from pydantic import BaseModel, ValidationError
from pydantic_settings import (
    BaseSettings,
    CliApp,
    CliSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from littlegiants.closed_pipe import ends_with_its_reader
from littlegiants.errors import BadInput, LittleGiantsError, Unavailable
from pipelines.cli.exits import exit_code, told

INTERRUPTED = 130
Program = TypeVar("Program", bound=BaseSettings)
Owners = Callable[[str], Sequence[str]]
"""Who has a flag."""


class Flags(BaseSettings):
    """Settings of a command line; the environment has a say only with a prefix of its own."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, cli_kebab_case=True
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        *files: PydanticBaseSettingsSource,
        **more_files: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What a caller gives: a shell may have a variable RUN or NAME for something else."""
        has_prefix = bool(settings_cls.model_config.get("env_prefix"))
        return (init_settings, env_settings) if has_prefix else (init_settings,)


class _CommandLine(CliSettingsSource[Any]):
    """The library's parser, but a text that may be given several times stays as it is written."""

    def _merge_parsed_list(self, parsed_list: list[str], field_name: str) -> str:
        # pydantic-settings 2.16 cuts each at commas and reads quotes and brackets in it as JSON
        known = next(iter(self._parser_map.get(field_name, {}).values()), None)
        if known and get_args(known.field_info.annotation) == (str,):
            return json.dumps(parsed_list)
        return super()._merge_parsed_list(parsed_list, field_name)


def parsed(
    program: type[Program], arguments: Sequence[str] | None = None, *, owners: Owners | None = None
) -> Program:
    """The settings that the command line gives; a class with a `cli_cmd` is run with them.

    Raises BadInput naming each wrong flag; `owners` tells who has one that is unknown here.
    """
    source = _CommandLine(
        program,
        cli_prog_name=_name_of(program),
        cli_exit_on_error=False,
        add_parser_method=_add_command,
        add_argument_method=_add_flag,
    )
    source.root_parser.description = cleandoc(program.__doc__ or "")
    given = None if arguments is None else list(arguments)
    try:
        return CliApp.run(program, cli_args=given, cli_settings_source=source)
    except SettingsError as error:
        raise BadInput(_refusal(str(error), owners)) from error
    except ValidationError as error:
        raise BadInput(faults_of(error, program)) from error


def _name_of(program: type[BaseSettings]) -> str:
    """What a person types: the class says it, or it is the module that runs."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return program.model_config.get("cli_prog_name") or f"python -m {spec.name if spec else ''}"


def _add_command(commands: Any, name: str, **how: Any) -> ArgumentParser:
    """In the list of commands stands the first line of what its own help begins with."""
    description = cleandoc(how["description"])
    told = {"description": description, "help": description.partition("\n")[0].replace("%", "%%")}
    parser: ArgumentParser = commands.add_parser(name, **{**how, **told})
    return parser


def _add_flag(parser: ArgumentParser, *names: str, **how: Any) -> Action:
    return parser.add_argument(*names, **{**how, "help": how["help"].replace(" (default: )", "")})


@contextmanager
def told_on_one_line() -> Iterator[None]:
    """What ends a program is a line of standard error and an exit code (pipelines.cli.exits)."""
    with ends_with_its_reader():
        try:
            yield
        except LittleGiantsError as error:
            _end(error, exit_code(error))
        except ValidationError as error:
            _end(BadInput(faults_of(error)), exit_code(BadInput()))
        except KeyboardInterrupt:
            going_on = "interrupted; what was done is kept, the same command goes on"
            _end(Unavailable(going_on), INTERRUPTED)
        except BrokenPipeError:
            raise
        except (OSError, BotoCoreError) as error:
            _end(away := _away(error), exit_code(away))


def _away(error: OSError | BotoCoreError) -> Unavailable:
    """A path or a store that cannot be read or written."""
    if isinstance(error, OSError) and error.filename is not None:
        return Unavailable(f"{error.filename}: {error.strerror}")
    return Unavailable(f"{error}; see to the store, its address and its keys, then start again")


def _end(error: LittleGiantsError, code: int) -> NoReturn:
    print(told(error), file=sys.stderr, flush=True)
    raise SystemExit(code)


def faults_of(error: ValidationError, program: type[BaseModel] | None = None) -> str:
    """Each wrong flag of `program` and what is wrong with it."""
    return "; ".join(
        _fault(_flag(fault["loc"], program), fault["msg"])
        for fault in error.errors(include_url=False)
    )


def _fault(flag: str, message: str) -> str:
    words = message.removeprefix("Value error, ").replace("Field required", "is required")
    return f"{flag}: {words}" if flag else words


def _flag(place: Sequence[int | str], program: type[BaseModel] | None) -> str:
    """The flag at `place`; empty where that is a command as a whole."""
    for part in place:
        command = _command(program, str(part))
        if command is None:
            return f"--{part}".replace("_", "-")
        program = command
    return ""


def _command(program: type[BaseModel] | None, name: str) -> type[BaseModel] | None:
    for field_name, field in (program.model_fields if program else {}).items():
        if name in (field_name, field.alias):
            models = [each for each in get_args(field.annotation) if isinstance(each, type)]
            return next((each for each in models if issubclass(each, BaseModel)), None)
    return None


def _refusal(message: str, owners: Owners | None) -> str:
    words = message.partition("\n")[0].removeprefix("error parsing CLI: ")
    if command := re.search(r"invalid choice: ('.*?') \(choose from (.*)\)", words):
        return f"{command[1]}: no such command; there are {command[2]}".replace("'", "")
    if commands := re.search(r"subcommand is required \{(.*)\}", words):
        return f"name a command: {commands[1].replace('_', '')}"
    unknown = re.match(r"unrecognized arguments: ([^\s=]+)", words)
    if not unknown:
        return f"{words}; see --help"
    having = owners(unknown[1].lstrip("-").replace("-", "_")) if owners else ()
    where = f"{', '.join(having)} know it" if having else "see --help"
    return f"{unknown[1]}: not known here; {where}"
