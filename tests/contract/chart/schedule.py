"""A scheduler on paper: which pods of a run, and of the generators it calls, ever wait for ever."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

Pool = tuple[str, str]
"""A resource, and the pool of nodes that is asked for it."""


@dataclass(frozen=True, slots=True)
class Wants:
    """Devices that one pod, or all of one training, asks for; none is an empty mapping."""

    devices: Mapping[Pool, int]


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of the run: what it waits for, asks for, wakes and calls."""

    after: frozenset[str]
    wants: Wants
    wakes: frozenset[str]
    calls: frozenset[str]


@dataclass(frozen=True, slots=True)
class State:
    """What is done, and which pods have their devices; a role may outlive what woke it."""

    done: frozenset[str] = frozenset()
    running: frozenset[str] = frozenset()
    served: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Schedule:
    """A run's stages, the roles' generators, those that always have a pod, and the cluster."""

    stages: Mapping[str, Stage]
    roles: Mapping[str, Wants]
    always: frozenset[str]
    room: Mapping[Pool, int]
    _seen: set[State] = field(default_factory=set)

    def stuck(self) -> State | None:
        """A state from which nothing goes on, whatever order pods were started in; None: none."""
        pending = [State()]
        self._seen.clear()
        while pending:
            state = pending.pop()
            if state in self._seen:
                continue
            self._seen.add(state)
            following = list(self._following(state))
            if not following and state.done != frozenset(self.stages):
                return state
            pending += following
        return None

    def waits_for_training(self) -> set[str]:
        """Roles that a stage calls while a training of any length may hold their devices."""
        assert self._seen, "ask `stuck` first"
        return {
            role
            for state in self._seen
            for role in self._wanted(state) - state.served
            if not self._fits(state.running, (state.served & self._wanted(state)) | {role})
        }

    def _following(self, state: State) -> Iterator[State]:
        wanted = self._wanted(state)
        for name in self._ready(state):
            if self._fits(state.running | {name}, state.served):
                yield State(state.done, state.running | {name}, state.served)
        for role in wanted - state.served:
            if self._fits(state.running, state.served | {role}):
                yield State(state.done, state.running, state.served | {role})
        for role in state.served - wanted:
            yield State(state.done, state.running, state.served - {role})
        for name in state.running:
            if self.stages[name].calls <= state.served:
                yield State(state.done | {name}, state.running - {name}, state.served)

    def _ready(self, state: State) -> set[str]:
        """Stages whose pods are made: all that they wait for is done."""
        left = self.stages.keys() - state.done - state.running
        return {name for name in left if self.stages[name].after <= state.done}

    def _wanted(self, state: State) -> frozenset[str]:
        # KEDA counts pods that wait as well
        woken = (self.stages[name].wakes for name in self._ready(state) | state.running)
        return self.always.union(*woken)

    def _fits(self, stages: frozenset[str], roles: frozenset[str]) -> bool:
        taken: Counter[Pool] = Counter()
        for wants in (*(self.stages[each].wants for each in stages), *map(self.roles.get, roles)):
            taken.update(wants.devices if wants else {})
        return all(count <= self.room.get(pool, 0) for pool, count in taken.items())
