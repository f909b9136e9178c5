"""Calls that follow each other without end, on pods that an autoscaler starts and takes away."""

from dataclasses import dataclass, field

from tests.contract.chart.hpa import Autoscaler, Scale

STEP_S, SYNC_S, SCRAPE_S = 5, 15, 30
THREE_HOURS_S = 3 * 60 * 60


@dataclass(frozen=True, slots=True)
class Server:
    """What one pod takes, and how long it needs."""

    slots: int
    max_waiting: int
    completion_s: float = 30
    """An 8B model's 600 tokens, beside 255 others."""
    pause_s: float = 2
    """Between a caller's calls."""
    start_s: int = 300
    """16 GB fetched and loaded."""
    seen_s: int = 150
    """Until callers look for new pods: half of `maxConnectionAgeS`."""


@dataclass(slots=True)
class Pod:
    """Completions at one pod, and since when calls come."""

    open_at: float
    taken: float = 0
    waiting: float = 0

    def fill(self, server: Server) -> None:
        """Free slots take what waits."""
        moved = min(self.waiting, server.slots - self.taken)
        self.taken, self.waiting = self.taken + moved, self.waiting - moved


@dataclass(slots=True)
class ClosedLoop:
    """`calls` under way for ever; each waits, is written, and comes again."""

    calls: float
    server: Server
    scale: Scale
    metric: str
    pods: list[Pod] = field(default_factory=list)
    starts: int = 0

    def run(self, seconds: int = THREE_HOURS_S) -> "ClosedLoop":
        """Let time pass, beginning with the least number of pods, all open."""
        self.pods = [Pod(0) for _ in range(self.scale.least)]
        outside, scraped = self.calls, 0.0
        autoscaler = Autoscaler(self.scale)
        for now in range(0, seconds, STEP_S):
            outside = self._step(now, outside)
            if now % SCRAPE_S == 0:
                scraped = sum(self._told(pod) for pod in self.pods)
            if now % SYNC_S == 0:
                count = autoscaler.desired(now, scraped, len(self.pods))
                outside += self._change(now, count)
        return self

    def _step(self, now: float, outside: float) -> float:
        """Calls that come to a pod, or find none with room; those that are outside after it."""
        open_pods = [pod for pod in self.pods if pod.open_at <= now]
        coming = outside * min(1, STEP_S / self.server.pause_s)
        for pod in open_pods:
            room = self.server.slots + self.server.max_waiting - pod.taken - pod.waiting
            came = min(coming / len(open_pods), room)
            pod.waiting += came
            pod.fill(self.server)
            done = pod.taken * STEP_S / self.server.completion_s
            pod.taken -= done
            pod.fill(self.server)
            outside += done - came
        return outside

    def _told(self, pod: Pod) -> float:
        if self.metric == "littlegiants_completions_waiting":
            return pod.waiting
        assert self.metric == "littlegiants_completions_in_flight"
        return pod.taken + pod.waiting

    def _change(self, now: float, count: int) -> float:
        """Start or take away pods; the calls of those that go, which come again elsewhere."""
        new = range(count - len(self.pods))
        self.starts += len(new)
        opens = now + self.server.start_s + self.server.seen_s
        gone = self.pods[count:]
        self.pods = self.pods[:count] + [Pod(opens) for _ in new]
        return sum(pod.taken + pod.waiting for pod in gone)
