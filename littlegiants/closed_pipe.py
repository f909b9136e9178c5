"""A closed pipe, as before `| head`: a program whose output nobody reads ends without a word."""

import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

NOBODY_READS = 141
"""Exit code that a shell gives a program that SIGPIPE ended (128 + 13)."""
STDOUT, STDERR = 1, 2


@contextmanager
def ends_with_its_reader() -> Iterator[None]:
    """Exit with NOBODY_READS when what is printed within finds no reader.

    Python ignores SIGPIPE, as a closed connection would raise it too: only the two standard
    streams are looked at, other broken pipes are raised.
    """
    try:
        try:
            yield
        finally:
            # what is still in the buffer would be written while the interpreter ends
            sys.stdout.flush()
            sys.stderr.flush()
    except BrokenPipeError:
        if not any(map(_has_no_reader, (STDOUT, STDERR))):
            raise
        _write_to_nobody()
        raise SystemExit(NOBODY_READS) from None


def _has_no_reader(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, 0)
    return any(event & select.POLLERR for _, event in poll.poll(0))


def _write_to_nobody() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (STDOUT, STDERR):
        if _has_no_reader(descriptor):
            with suppress(OSError):
                os.dup2(nowhere, descriptor)
