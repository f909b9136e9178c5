"""The small loop, step by step, killed at random and started again until it is done."""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipelines.cli.step_flags import steps_with
from tests.chaos.world import ROLES, World, kill_group

STEPS: tuple[tuple[str, ...], ...] = (
    ("brainstorm",),
    ("seed",),
    ("finetune", "--role", "junior"),
    ("promote", "--role", "junior"),
    ("propose",),
    ("judge",),
    ("align",),
    ("promote", "--role", "senior"),
    ("correct", "--batch"),
    ("finetune", "--role", "revisor"),
    ("promote", "--role", "revisor"),
    ("synthesize", "--shard", "0"),
    ("synthesize", "--shard", "1"),
    ("curate",),
)
CONCURRENCY, CAP = 4, 5000
"""Of calls to the teacher: at once, and in all."""
RECIPE = (
    "topics.count=60",
    "seeds.count=40",
    "examples.seeds=[]",
    "examples.corrections=[]",
    *(f"{role}.batch_size=4" for role in ROLES),
    *(f"{role}.checkpoint_steps=1" for role in ROLES),
    "junior.epochs=0.3",
    "senior.epochs=0.2",
    "revisor.epochs=0.3",
    "propose.count=40",
    "propose.candidate_count=3",
    "propose.constrained=true",
    "judge.teacher_count=40",
    "judge.least_margin=0",
    "correct.count=30",
    "curate.round_trip=0",
    "curate.better_revisions=false",
    "synthesize.shard_count=2",
    "serving.max_seqs=4",
    "teacher.batch_poll_s=0.5",
    f"teacher.concurrency={CONCURRENCY}",
    "teacher.timeout_s=3",
    f"teacher.caps.calls={CAP}",
)
ASKING = ("brainstorm", "seed", "judge", "correct")
"""Steps whose calls cost money."""
BAD_INPUT = 2
SOONEST_S, LATEST = 0.3, 0.8
"""When a kill comes: seconds after the last one, and the share of what the step usually takes."""
CROWD = 2.5
"""More kills of a step than this come closer to each other."""
ATTEMPT_LIMIT_S = 600


@dataclass(slots=True)
class Killer:
    """What is killed, and how often; `left` kills are still to come."""

    left: int
    rng: random.Random
    usual_s: Mapping[str, float] = field(default_factory=dict)
    """Seconds that each step takes when nobody is killed."""
    counts: Counter[str] = field(default_factory=Counter)
    while_asking: list[float] = field(default_factory=list)
    """When a kill can have cut calls to the teacher."""

    def kill(self, what: str, *, is_asking: bool) -> None:
        """Count one."""
        self.left -= 1
        self.counts[what] += 1
        if is_asking and what not in ROLES:
            self.while_asking.append(time.time())


def run_loop(world: World, recipe: Sequence[str], killer: Killer) -> dict[str, float]:
    """Every step to its end; the kills are spread over the steps that are still to come.

    Gives the seconds of each step's last attempt.
    """
    seconds = {}
    for number, step in enumerate(STEPS):
        attempts, enough = 0, killer.left - share(killer, number)
        began = time.monotonic()
        while not finished(world, step, recipe, enough=enough, killer=killer):
            attempts += 1
            began = time.monotonic()
        name = " ".join(step)
        seconds[name] = time.monotonic() - began
        print(f"{name}: done, {attempts} attempts before", flush=True)
    return seconds


def share(killer: Killer, number: int) -> int:
    """Kills for this step: what is left, over the steps that are left; more where time goes."""
    weights = [6 if step[0] == "synthesize" else 0 if step[0] == "promote" else 2 for step in STEPS]
    return round(killer.left * weights[number] / max(1, sum(weights[number:])))


def finished(
    world: World, step: Sequence[str], recipe: Sequence[str], *, enough: int, killer: Killer
) -> bool:
    """Run one attempt, with kills until `enough` are left; whether it came to its end.

    Raises RuntimeError when the step says that something is wrong with its input.
    """
    process = begin(world, step, recipe)
    usual_s = killer.usual_s.get(" ".join(step), 0)
    while killer.left > enough:
        latest_s = LATEST * usual_s * min(1, CROWD / (killer.left - enough))
        if not await_moment(process, killer.rng.uniform(SOONEST_S, latest_s)):
            break
        disturb(world, process, killer, is_asking=step[0] in ASKING)
    try:
        code = process.wait(ATTEMPT_LIMIT_S)
    except subprocess.TimeoutExpired:
        kill_group(process)
        raise RuntimeError(f"{step} hangs; see {world.folder}/steps.log") from None
    if code == BAD_INPUT:
        raise RuntimeError(f"{step} takes its input for wrong; see {world.folder}/steps.log")
    if code > 0:
        killer.counts["clean stops"] += 1
    return code == 0


def begin(world: World, step: Sequence[str], recipe: Sequence[str]) -> "subprocess.Popen[bytes]":
    """One attempt, as the leader of a process group of its own."""
    command = [sys.executable, "-m", f"pipelines.steps.{step[0]}", *step[1:]]
    command += ["--run", world.url]
    places = {
        "work": str(world.folder / "work"),
        "teacher": world.teacher_url,
        "generators": world.generators,
    }
    for flag, value in places.items():
        command += [f"--{flag}", value] if step[0] in steps_with(flag) else []
    command += [f"--set={change}" for change in recipe]
    with (world.folder / "steps.log").open("ab") as log:
        return subprocess.Popen(
            command,
            stdout=log,
            stderr=log,
            env={**os.environ, **world.environment},
            start_new_session=True,
        )


def await_moment(process: "subprocess.Popen[bytes]", seconds: float) -> bool:
    """Let it run for so long; whether it still runs then."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if process.poll() is not None:
            return False
        time.sleep(0.05)
    return process.poll() is None


def disturb(
    world: World, process: "subprocess.Popen[bytes]", killer: Killer, *, is_asking: bool
) -> None:
    """Kill the step, or what it leans on; a service's death is survived."""
    victims = ["process", "process", "process group", *world.parts]
    victim = killer.rng.choice(victims)
    killer.kill(victim, is_asking=is_asking)
    if victim in world.parts:
        world.parts[victim].kill()
    elif victim == "process":
        process.kill()
        process.wait()
    else:
        kill_group(process)
