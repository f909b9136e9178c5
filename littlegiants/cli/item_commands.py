"""What `generate` and `revise` have in common: items in, answers out, and how it went."""

import argparse
import sys
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any, TypeVar

from littlegiants.answers import Generated, Revised
from littlegiants.cli.flags import DONE, SOME_WITHOUT_SAMPLE, UNAVAILABLE
from littlegiants.cli.input_lines import InputLines
from littlegiants.cli.output_lines import OutputLines, keys_in, refuse_to_overwrite
from littlegiants.cli.progress_bar import Meter, meter_line, outcome
from littlegiants.client import ManyOptions
from littlegiants.errors import BadInput
from littlegiants.heartbeat import Heartbeat, doing, duration, heard
from littlegiants.progress import Progress

Record = TypeVar("Record")


class ItemCommand:
    """One run over the input; items whose answers are in the output are left out."""

    def __init__(
        self, options: argparse.Namespace, answer: type[Generated] | type[Revised]
    ) -> None:
        self._options = options
        self._input = InputLines(options.input, limit=options.limit)
        self._done = _done_before(options, answer)
        self._meter = Meter(sys.stderr) if _has_room_for_a_meter(options.output) else None
        self._progress, self._is_read = Progress(), True
        self._latest = time.monotonic()
        self._unanswered: Counter[str] = Counter()

    async def items(
        self, record: type[Record], key: Callable[[Record], str]
    ) -> AsyncIterator[Record]:
        """The records of the input that are to be asked."""
        async with aclosing(self._input.read(record)) as records:
            async for each in records:
                if key(each) not in self._done:
                    yield each

    def how(self) -> ManyOptions:
        """What the flags say of each call and of all of them."""
        chosen = vars(self._options)
        names = ("temperature", "top_p", "max_tokens", "max_attempts", "timeout_s", "concurrency")
        many: Any = {name: chosen[name] for name in names if chosen[name] is not None}
        lines = self._input.count() if self._meter else None
        everyones = ManyOptions(
            constrained=not self._options.unconstrained,
            progress=self._note,
            total=None if lines is None else max(0, lines - len(self._done)),
            on_error="yield",
        )
        return {**everyones, **many}

    async def write(self, answers: AsyncGenerator[Any, None]) -> int:
        """Write each answer as it comes; the exit code.

        Raises BadInput when a line of the input was none, after all before it were answered.
        """
        output = OutputLines(self._options.output)
        try:
            with Heartbeat(self._stand), doing(self._standing):
                async with aclosing(answers):
                    async for answer in answers:
                        self._keep(answer, output)
        except BrokenPipeError:
            self._is_read = False
            raise
        finally:
            output.close()
            if self._meter:
                self._meter.end()
            if self._is_read:
                self._tell()
        if self._input.fault:
            raise self._input.fault
        if self._unanswered:
            return UNAVAILABLE
        return SOME_WITHOUT_SAMPLE if self._progress.dropped else DONE

    def _keep(self, answer: Generated | Revised, output: OutputLines) -> None:
        if answer.may_retry:
            self._unanswered[answer.message] += 1
        else:
            output.write(answer)

    def _note(self, progress: Progress) -> None:
        self._progress, self._latest = progress, time.monotonic()
        if self._meter:
            heard()
            self._meter(progress)

    def _standing(self) -> str:
        silent = duration(time.monotonic() - self._latest)
        if not self._progress.done:
            return f"no answer yet, {silent}"
        return f"{meter_line(self._progress)}  last answer {silent} ago"

    def _stand(self, line: str) -> None:
        """Say where it stands, in the meter's line where there is one."""
        if self._meter:
            self._meter.show(line)
        else:
            print(f"littlegiants: {line}", file=sys.stderr, flush=True)

    def _tell(self) -> None:
        before = f" ({len(self._done)} before)" if self._done else ""
        print(f"{self._progress.done} items{before}: {outcome(self._progress)}", file=sys.stderr)
        for message, count in self._unanswered.most_common(3):
            print(f"{count} without an answer: {message}", file=sys.stderr)


def _done_before(
    options: argparse.Namespace, answer: type[Generated] | type[Revised]
) -> frozenset[str]:
    if options.output is None:
        if options.resume:
            raise BadInput("--resume: goes with --output FILE, whose answers are kept")
        return frozenset()
    if not options.resume:
        refuse_to_overwrite(options.output)
        return frozenset()
    if not options.output.exists():
        return frozenset()
    return keys_in(options.output, answer, count=getattr(options, "count", 1))


def _has_room_for_a_meter(output: Path | None) -> bool:
    """On a terminal that does not show the answers themselves."""
    return sys.stderr.isatty() and (output is not None or not sys.stdout.isatty())
