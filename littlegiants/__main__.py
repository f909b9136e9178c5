"""The command line of the client: JSON lines in, JSON lines out; `littlegiants generate --help`."""

import argparse
import asyncio
import itertools
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from littlegiants.client import Generated, GeneratorClient, Options, Revised, RevisorClient
from littlegiants.credentials import Credentials
from littlegiants.errors import BadInput, LittleGiantsError
from littlegiants.kinds import Kind
from littlegiants.records import read_records, record_line
from littlegiants.samples import Sample
from littlegiants.tasks import Prompt, Task, draw_prompt

Record = TypeVar("Record")

DONE, BAD_INPUT, UNAVAILABLE = 0, 2, 3
"""Exit codes."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A sample to revise, with the prompt that asked for it."""

    prompt: Prompt
    sample: Sample


EXAMPLE = Draft(
    draw_prompt(
        Task(Kind.MATCHING_SHORT, "Home/Gardening/Tools", "Match a chore to a tool for it."), seed=1
    ),
    Sample(Kind.MATCHING_SHORT, "cutting back a hedge", "hedge shears"),
)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit code."""
    options = _parser().parse_args(arguments)
    try:
        code: int = asyncio.run(options.run(options))
        return code
    except BrokenPipeError:
        return DONE
    except LittleGiantsError as error:
        print(f"littlegiants: {error}", file=sys.stderr)
        return BAD_INPUT if isinstance(error, BadInput) else UNAVAILABLE


async def generate(options: argparse.Namespace) -> int:
    """Prompts in, candidates out."""
    if options.example:
        return _show(EXAMPLE.prompt)
    async with GeneratorClient(options.address, credentials=_credentials(options)) as client:
        await client.wait_until_serving(options.wait_s)
        answers = client.generate_many(
            _records(options, Prompt),
            concurrency=options.concurrency,
            count=options.count,
            progress=_progress(),
            **_sampling(options),
        )
        return await _write(answers)


async def revise(options: argparse.Namespace) -> int:
    """Drafts in, revisions out."""
    if options.example:
        return _show(EXAMPLE)
    drafts = ((draft.prompt, draft.sample) for draft in _records(options, Draft))
    async with RevisorClient(options.address, credentials=_credentials(options)) as client:
        await client.wait_until_serving(options.wait_s)
        answers = client.revise_many(
            drafts,
            concurrency=options.concurrency,
            progress=_progress(),
            **_sampling(options),
        )
        return await _write(answers)


async def info(options: argparse.Namespace) -> int:
    """What the server serves."""
    async with GeneratorClient(options.address, credentials=_credentials(options)) as client:
        return _show(await client.model_info())


async def health(options: argparse.Namespace) -> int:
    """Exit code 0 when the server takes requests, 3 when it does not within `--wait-s`."""
    async with GeneratorClient(options.address, credentials=_credentials(options)) as client:
        await client.wait_until_serving(options.wait_s)
    print("serving")
    return DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="littlegiants", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for function in (generate, revise, info, health):
        command = commands.add_parser(
            function.__name__, help=function.__doc__, description=function.__doc__
        )
        command.set_defaults(run=function)
        command.add_argument("--address", default="localhost:50051", help="of the service")
        command.add_argument("--wait-s", type=float, default=5.0, help="for the service")
        _add_credentials(command)
        if function in (generate, revise):
            _add_items(command)
        if function is generate:
            command.add_argument("--count", type=int, default=1, help="candidates of each prompt")
    return parser


def _add_credentials(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add(
        "--ca", type=Path, help="PEM file that the server's certificate is checked by: turns on TLS"
    )
    add("--cert", type=Path, help="PEM file of this client's certificate")
    add("--key", type=Path, help="PEM file of its key")
    add("--token-file", type=Path, help="file that holds this caller's token")


def _credentials(options: argparse.Namespace) -> Credentials:
    chosen = {name: getattr(options, name) for name in ("ca", "cert", "key", "token_file")}
    return Credentials.from_environment(**chosen)


def _add_items(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("input", nargs="?", default="-", help="JSON lines, also .gz or .zst; - is standard input")
    add("--example", action="store_true", help="print one line of input and end")
    add("--limit", type=int, help="stop after so many lines of input")
    add("--concurrency", type=int, default=64, help="requests under way at once")
    add("--unconstrained", action="store_true", help="do not hold decoding to the JSON schema")
    add("--max-attempts", type=int, help="completions to try for a valid sample")
    add("--temperature", type=float, help="0 is greedy")
    add("--top-p", type=float, help="share of probability mass to draw from")
    add("--max-tokens", type=int, help="of one completion")
    add("--timeout-s", type=float, default=600.0, help="for one request")


def _sampling(options: argparse.Namespace) -> Options:
    chosen = Options(
        constrained=not options.unconstrained,
        temperature=options.temperature,
        top_p=options.top_p,
        max_tokens=options.max_tokens,
        timeout_s=options.timeout_s,
    )
    if options.max_attempts is not None:
        chosen["max_attempts"] = options.max_attempts
    return chosen


def _records(options: argparse.Namespace, record: type[Record]) -> Iterator[Record]:
    place = sys.stdin.buffer if options.input == "-" else options.input
    return itertools.islice(read_records(place, record), options.limit)


def _progress() -> Callable[[int], None] | None:
    if not sys.stderr.isatty():
        return None
    return lambda answered: print(f"\r{answered} answered", end="", file=sys.stderr, flush=True)


async def _write(answers: AsyncIterator[Generated] | AsyncIterator[Revised]) -> int:
    counts = {"valid": 0, "dropped": 0}
    async for answer in answers:
        counts["dropped" if answer.reason else "valid"] += 1
        _show(answer)
    print(f"\n{counts['valid']} valid, {counts['dropped']} not", file=sys.stderr)
    return DONE


def _show(record: object) -> int:
    sys.stdout.buffer.write(record_line(record))
    sys.stdout.buffer.flush()
    return DONE


if __name__ == "__main__":
    sys.exit(main())
