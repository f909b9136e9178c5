"""A program whose reader has gone ends at once and says nothing."""

import subprocess
import sys

import pytest

from littlegiants.closed_pipe import NOBODY_READS, ends_with_its_reader

PRINT = """
from littlegiants.closed_pipe import ends_with_its_reader
with ends_with_its_reader():
    {body}
"""
BODIES = {
    "many lines": "for number in range(10**6): print(number)",
    "the last of which is in the buffer": "import time; time.sleep(0.5); print('late')",
    "before an exit": "import sys, time; time.sleep(0.5); print('late'); sys.exit(0)",
    "flushed": "import time\n    while True: time.sleep(0.1); print('tick', flush=True)",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=list(BODIES))
def test_ends_silently_when_nobody_reads(body: str) -> None:
    command = [sys.executable, "-c", PRINT.format(body=body)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout and process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(30) == NOBODY_READS


def test_another_broken_pipe_is_raised() -> None:
    """A service that hung up is news; only a reader of the output may leave without a word."""
    with pytest.raises(BrokenPipeError), ends_with_its_reader():
        raise BrokenPipeError
