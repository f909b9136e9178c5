"""The flags of the command line, and what its help teaches."""

import argparse
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from littlegiants.credentials import Credentials

Command = Callable[[argparse.Namespace], Awaitable[int]]

DONE, SOME_WITHOUT_SAMPLE, BAD_INPUT, UNAVAILABLE, INTERRUPTED = 0, 1, 2, 3, 130

EXIT_CODES = """\
exit codes:
  0    done; for generate and revise: every item has its samples
  1    done, but some completions are no valid sample; each says why in its line
  2    a flag or a line of the input is wrong; the message names file, line and field
  3    the service does not answer, or some items had no answer: run it again later
  130  interrupted
  141  nobody reads the output any more, as after `| head`
"""

EXAMPLES = {
    "generate": """\
examples:
  littlegiants generate --example                      a line of input to start from
  littlegiants generate --example | littlegiants generate --temperature 0
  littlegiants generate prompts.jsonl.gz --limit 10 | jq .sample
  littlegiants generate prompts.jsonl --output samples.jsonl --max-attempts 3
  littlegiants generate prompts.jsonl --output samples.jsonl --max-attempts 3 --resume

Each line of input is a prompt: a task, the attributes of the sample, a seed. Each line of output
is a candidate with its prompt, in the order in which they are done: `sample`, or `reason` and
`message` where there is none. An item that the service had no answer to is told on standard error
and not in the output, so that --resume asks it again.
""",
    "revise": """\
examples:
  littlegiants revise --example                        a line of input to start from
  littlegiants revise drafts.jsonl --address revisor:50051 --output revisions.jsonl
  littlegiants revise drafts.jsonl --address revisor:50051 --output revisions.jsonl --resume

Each line of input is a sample with the prompt that asked for it. Each line of output is a
revision with its prompt and its draft; `remark` says what was to mend.
""",
    "info": """\
example:
  littlegiants info --address senior:50051 | jq .weights_digest
""",
    "health": """\
example:
  until littlegiants health --wait-s 60; do echo still loading; done
""",
}


def add_command(commands: Any, run: Command) -> argparse.ArgumentParser:
    """The parser of the command that `run` is; its help ends with examples and exit codes."""
    parser: argparse.ArgumentParser = commands.add_parser(
        run.__name__,
        help=run.__doc__,
        description=run.__doc__,
        epilog=f"{EXAMPLES[run.__name__]}\n{EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    parser.add_argument(
        "--address", default="localhost:50051", help="of the service, default %(default)s"
    )
    parser.add_argument(
        "--wait-s", type=_seconds, default=5.0, help="for the service, default %(default)s"
    )
    _add_credentials(parser)
    return parser


def add_items(parser: argparse.ArgumentParser) -> None:
    """What a command for many items takes."""
    add = parser.add_argument
    add("input", nargs="?", default="-", help="JSON lines, also .gz or .zst; - is standard input")
    add("--example", action="store_true", help="print one line of input and end")
    add("--limit", type=_whole(0), help="stop after so many lines of input")
    add("--output", type=Path, help="file for the answers, default standard output")
    add("--resume", action="store_true", help="go on with --output: leave out what it answers")
    add("--concurrency", type=_whole(1), default=64, help="requests under way at once, default 64")
    add("--unconstrained", action="store_true", help="do not hold decoding to the JSON schema")
    add("--max-attempts", type=_whole(1), help="completions to try for a valid sample")
    add("--temperature", type=float, help="0 is greedy")
    add("--top-p", type=float, help="share of probability mass to draw from")
    add("--max-tokens", type=_whole(1), help="of one completion")
    add("--timeout-s", type=_seconds, default=600.0, help="for one request, default 600")


def add_count(parser: argparse.ArgumentParser) -> None:
    """What only a command that writes candidates takes."""
    parser.add_argument("--count", type=_whole(1), default=1, help="candidates of each prompt")


def _whole(least: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        value = int(text)
        if value < least:
            raise argparse.ArgumentTypeError(f"{value}: give a number from {least} up")
        return value

    return number


def _seconds(text: str) -> float:
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError(f"{text}: give seconds, more than 0")
    return value


def credentials_of(options: argparse.Namespace) -> Credentials:
    chosen = {name: getattr(options, name) for name in ("ca", "cert", "key", "token_file")}
    return Credentials.from_environment(**chosen)


def _add_credentials(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add(
        "--ca", type=Path, help="PEM file that the server's certificate is checked by: turns on TLS"
    )
    add("--cert", type=Path, help="PEM file of this client's certificate")
    add("--key", type=Path, help="PEM file of its key")
    add("--token-file", type=Path, help="file that holds this caller's token")
