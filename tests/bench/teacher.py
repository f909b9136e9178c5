"""How fast a teacher is asked that answers after half a second: ours and peers', by turns."""

from subprocess import CalledProcessError

from tests.bench.asking.rivals import OURS, PEERS, Endpoint, Rival, slow_endpoint
from tests.bench.table import Row, row

COUNT = 1500
WIDTHS = (64, 512)
WARMING = 64
Rounds = dict[str, list[tuple[float, float, float]]]
"""By rival: answers a second of the whole call, those at the endpoint, CPU ms an answer."""


def teacher(repeats: int) -> list[Row]:
    """Rows for each width and peer."""
    peers = [peer for peer in PEERS if is_there(peer)]
    rows = []
    with slow_endpoint() as endpoint:
        for rival in (OURS, *peers):
            measured(rival, endpoint, WARMING, WARMING)
        for width in WIDTHS:
            rounds: Rounds = {rival.name: [] for rival in (OURS, *peers)}
            for _ in range(repeats):
                for rival in (OURS, *peers):
                    rounds[rival.name].append(measured(rival, endpoint, COUNT, width))
            rows += [each for peer in peers for each in compared(rounds, peer, width)]
    return rows


def is_there(peer: Rival) -> bool:
    """Whether it can be started; where not, it is said."""
    try:
        peer.command()
    except (CalledProcessError, OSError) as error:
        print(f"{peer.name} is left out: {peer.package} cannot be installed ({error})")
        return False
    return True


def measured(
    rival: Rival, endpoint: Endpoint, count: int, width: int
) -> tuple[float, float, float]:
    """One round."""
    asked = rival.ask(endpoint.url, count, width)
    return count / asked.seconds, count / endpoint.span_s(count), 1000 * asked.cpu_s / count


def compared(rounds: Rounds, peer: Rival, width: int) -> list[Row]:
    """Ours beside a peer's."""
    figures = (
        (f"answers, {width} at once", "a second", ">= 1.1"),
        (f"at the endpoint, {width}", "a second", ""),
        (f"CPU an answer, {width}", "ms", "<= 0.9"),
    )
    ours, theirs = zip(*rounds[OURS.name], strict=True), zip(*rounds[peer.name], strict=True)
    return [
        row(name, list(left), list(right), (peer.name, unit), bar)
        for (name, unit, bar), left, right in zip(figures, ours, theirs, strict=True)
    ]
