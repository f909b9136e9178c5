"""The command line of the client: JSON lines in, JSON lines out; `littlegiants generate --help`."""

import argparse
import asyncio
import sys
from dataclasses import dataclass

from littlegiants.answers import Generated, Revised
from littlegiants.cli.flags import (
    BAD_INPUT,
    DONE,
    EXIT_CODES,
    INTERRUPTED,
    UNAVAILABLE,
    add_command,
    add_count,
    add_items,
    credentials_of,
)
from littlegiants.cli.item_commands import ItemCommand
from littlegiants.cli.output_lines import key_of
from littlegiants.client import GeneratorClient, RevisorClient
from littlegiants.closed_pipe import ends_with_its_reader
from littlegiants.errors import BadInput, LittleGiantsError
from littlegiants.heartbeat import Heartbeat, doing
from littlegiants.kinds import Kind
from littlegiants.records import record_line
from littlegiants.samples import Sample
from littlegiants.tasks import Prompt, Task, draw_prompt


@dataclass(frozen=True, slots=True)
class DraftToRevise:
    """A sample to revise, with the prompt that asked for it."""

    prompt: Prompt
    sample: Sample


EXAMPLE = DraftToRevise(
    draw_prompt(
        Task(Kind.MATCHING_SHORT, "Home/Gardening/Tools", "Match a chore to a tool for it."), seed=1
    ),
    Sample(Kind.MATCHING_SHORT, "cutting back a hedge", "hedge shears"),
)


START = """\
examples:
  littlegiants health --address senior:50051 --wait-s 60
  littlegiants generate --example | littlegiants generate --address senior:50051

littlegiants COMMAND --help has all flags, with defaults and units, and more examples."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit code."""
    with ends_with_its_reader():
        options = _parser().parse_args(arguments)
        return _outcome(options)


def _outcome(options: argparse.Namespace) -> int:
    try:
        with Heartbeat(lambda line: print(f"littlegiants: {line}", file=sys.stderr)):
            code: int = asyncio.run(options.run(options))
        return code
    except KeyboardInterrupt:
        print("littlegiants: interrupted; with --output, --resume goes on", file=sys.stderr)
        return INTERRUPTED
    except LittleGiantsError as error:
        print(f"littlegiants: {error}", file=sys.stderr)
        return BAD_INPUT if isinstance(error, BadInput) else UNAVAILABLE


async def generate(options: argparse.Namespace) -> int:
    """Prompts in, candidates out."""
    if options.example:
        return _show(EXAMPLE.prompt)
    command = ItemCommand(options, Generated)
    prompts = command.items(Prompt, key_of)
    async with GeneratorClient(options.address, credentials=credentials_of(options)) as client:
        with doing(f"waiting for {options.address}"):
            await client.wait_until_serving(options.wait_s)
        return await command.write(
            client.generate_many(prompts, count=options.count, **command.how())
        )


async def revise(options: argparse.Namespace) -> int:
    """Drafts in, revisions out."""
    if options.example:
        return _show(EXAMPLE)
    command = ItemCommand(options, Revised)
    drafts = command.items(DraftToRevise, lambda draft: key_of(draft.prompt, draft.sample))
    pairs = ((draft.prompt, draft.sample) async for draft in drafts)
    async with RevisorClient(options.address, credentials=credentials_of(options)) as client:
        with doing(f"waiting for {options.address}"):
            await client.wait_until_serving(options.wait_s)
        return await command.write(client.revise_many(pairs, **command.how()))


async def info(options: argparse.Namespace) -> int:
    """What the server serves."""
    async with GeneratorClient(options.address, credentials=credentials_of(options)) as client:
        return _show(await client.model_info())


async def health(options: argparse.Namespace) -> int:
    """Whether the server takes requests, as the exit code: 0, or 3 when not within --wait-s."""
    async with GeneratorClient(options.address, credentials=credentials_of(options)) as client:
        with doing(f"waiting for {options.address}"):
            await client.wait_until_serving(options.wait_s)
    print("serving")
    return DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="littlegiants",
        description="Ask a generator service from the command line: JSON lines in and out.",
        epilog=f"{START}\n\n{EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for function in (generate, revise, info, health):
        command = add_command(commands, function)
        if function in (generate, revise):
            add_items(command)
        if function is generate:
            add_count(command)
    return parser


def _show(record: object) -> int:
    sys.stdout.buffer.write(record_line(record))
    sys.stdout.buffer.flush()
    return DONE


if __name__ == "__main__":
    sys.exit(main())
