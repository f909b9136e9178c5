"""Whatever writers, crashes and mergers do: what was acknowledged is read back, each key once."""

import tempfile
from collections import Counter, defaultdict
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from upath import UPath

from pipelines.journal import Journal
from pipelines.journal.compaction import compact, tidy
from pipelines.journal.record_format import record_line
from pipelines.storage.store import Store

KEYS = st.sampled_from(["a", "b", "c", "d", "é", '"'])
WRITERS = st.integers(0, 2)


class Life(RuleBasedStateMachine):
    """Three writers that come, crash and go, on one folder; a reader looks after each step."""

    def __init__(self) -> None:
        super().__init__()
        self.place = tempfile.TemporaryDirectory()
        self.folder = UPath(self.place.name)
        self.writers: dict[int, Journal] = {}
        self.acknowledged: defaultdict[str, list[int]] = defaultdict(list)
        self.count = 0

    def teardown(self) -> None:
        for writer in self.writers.values():
            writer.close()
        self.place.cleanup()

    @rule(writer=WRITERS, key=KEYS)
    def append(self, writer: int, key: str) -> None:
        """An answer, by a writer that may have opened long ago."""
        self.count += 1
        journal = self.writers.setdefault(writer, Journal(self.folder))
        journal.append(key, {"n": self.count})
        self.acknowledged[key].append(self.count)
        assert journal.get(key) is not None

    @rule(writer=WRITERS)
    def close(self, writer: int) -> None:
        """An orderly end."""
        if writer in self.writers:
            self.writers.pop(writer).close()

    @rule(writer=WRITERS, key=KEYS, share=st.floats(0, 1))
    def crash(self, writer: int, key: str, share: float) -> None:
        """An end in the middle of a line, which nobody was told of."""
        journal = self.writers.pop(writer, None)
        if journal is None or journal._open is None:
            return
        line = record_line(key, {"n": -1})
        with (Path(self.place.name) / journal._open.name).open("ab") as stream:
            stream.write(line[: int(share * (len(line) - 1))])

    @rule()
    def merge(self) -> None:
        """By anybody, at any time."""
        compact(Store(self.folder))

    @precondition(lambda self: not self.writers)
    @rule()
    def tidy(self) -> None:
        """By the only process."""
        tidy(Store(self.folder))
        compact(Store(self.folder))

    @invariant()
    def every_reader_sees_what_was_acknowledged(self) -> None:
        """Each key once, with an answer that some writer gave."""
        read = Counter[str]()
        for key, value in Journal(self.folder).items():
            read[key] += 1
            assert value["n"] in self.acknowledged[key]
        assert read == Counter(self.acknowledged.keys())

    @invariant()
    def writers_go_on_seeing_what_they_saw(self) -> None:
        """Also when another has merged the segments that they read."""
        for writer in self.writers.values():
            assert all(writer.get(key) for key in self.acknowledged if key in writer)


Life.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestLife = Life.TestCase


@given(at=st.integers(0, 10_000), bit=st.integers(0, 7), has_index=st.booleans())
def test_one_flipped_bit_costs_no_more_than_the_records_it_touches(
    at: int, bit: int, has_index: bool
) -> None:
    with tempfile.TemporaryDirectory() as place:
        with Journal(UPath(place)) as journal:
            for number in range(20):
                journal.append(str(number), {"n": number})
        (segment,) = Path(place).glob("*.jsonl")
        content = bytearray(segment.read_bytes())
        content[at % len(content)] ^= 1 << bit
        segment.write_bytes(content)
        if not has_index:
            Path(f"{segment}.index").unlink()
        read = Journal(UPath(place)).values
        assert len(read) >= 18
        assert all(value == {"n": int(key)} for key, value in read.items())


@given(cut=st.integers(0, 10_000))
def test_what_stands_before_a_cut_is_read(cut: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        with Journal(UPath(place)) as journal:
            for number in range(20):
                journal.append(str(number), {"n": number})
        (segment,) = Path(place).glob("*.jsonl")
        content = segment.read_bytes()[: cut % 2000]
        segment.write_bytes(content)
        whole = max(content.count(b"\n") - 1, 0)
        assert Journal(UPath(place)).values == {str(n): {"n": n} for n in range(whole)}
