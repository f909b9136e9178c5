"""`make chaos`: the small loop, killed at random, against the same loop undisturbed.

Prints a table, writes chaos/latest.json, and ends with 1 when anything was lost, written twice or
paid for more often than what was under way at a kill, or answered in the second before, explains.
"""

import argparse
import json
import os
import random
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import mkdtemp

from s3fs import S3FileSystem
from upath import UPath

from pipelines.generators.promotion import promote_weights
from pipelines.models.model_folders import resolve_model
from pipelines.recipe.recipe import load_recipe
from pipelines.run.folder import Run
from tests.chaos.findings import compare, orphans
from tests.chaos.loop import CAP, CONCURRENCY, RECIPE, Killer, run_loop
from tests.chaos.world import ROLES, World, await_port
from tests.integration.tiny_model import make_tiny_model
from tests.unit.weed_server import weed_server

OUT = Path("chaos/latest.json")
FAULT_SHARE = 0.15
SHORT, WHOLE = 12, 60
"""Kills of the short form and of the whole."""


def main() -> int:
    """Run both, compare, tell."""
    given = flags()
    kills, items = (SHORT, 60) if given.short else (given.kills, 400)
    place = Path(mkdtemp(prefix="chaos-"))
    print(f"logs: {place}", flush=True)
    model = make_tiny_model(
        resolve_model("shipped:smollm2-135m-instruct", Path("models")), place / "model"
    )
    recipe = [*RECIPE, f"synthesize.count={items}", f"models.generator={model}"]
    began = time.monotonic()
    with weed_server(place / "weed") as server:
        calm = World(place / "calm", "calm", server.port, fault_share=0)
        wild = World(place / "wild", "wild", server.port, fault_share=FAULT_SHARE)
        usual_s = play(calm, model, recipe, Killer(0, random.Random(0)))
        killer = Killer(kills, random.Random(given.seed), usual_s)
        play(wild, model, recipe, killer)
        with serving_store(wild):
            found = compare(calm, wild, killer, concurrency=CONCURRENCY, cap=CAP)
    found.least_kills = kills * 5 // 6
    found.orphans, found.seconds = orphans(), round(time.monotonic() - began)
    found.show()
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(asdict(found), indent=1) + "\n", encoding="utf-8")
    return 0 if found.is_well else 1


def flags() -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument(
        "--kills", type=int, default=WHOLE, help="about so many, default %(default)s"
    )
    parser.add_argument("--short", action="store_true", help=f"{SHORT} kills, fewer items")
    parser.add_argument("--seed", type=int, default=1, help="of when and what is killed")
    return parser.parse_args()


def play(world: World, model: Path, recipe: list[str], killer: Killer) -> dict[str, float]:
    """One loop, where every role begins with the same weights; the seconds of each step."""
    with serving_store(world):
        run = Run(UPath(world.url), load_recipe("laptop", recipe))
        for role in ROLES:
            promote_weights(run, role, model)
        world.start()
        try:
            return run_loop(world, recipe, killer)
        finally:
            world.end()


@contextmanager
def serving_store(world: World) -> Iterator[None]:
    """The way to its store is open, and this process takes it too."""
    os.environ.update(world.environment)
    S3FileSystem.clear_instance_cache()
    part = world.store
    part.start()
    await_port(world.store_port)
    try:
        yield
    finally:
        part.end()


if __name__ == "__main__":
    sys.exit(main())
