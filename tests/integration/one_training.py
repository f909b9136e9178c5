"""A program that trains the tiny model once and says how its losses were."""

import math
import sys
from pathlib import Path

from tests.integration.killed_run import train

if __name__ == "__main__":
    kind, folder = sys.argv[1:]
    steps = train(kind, Path(folder), work="work")
    assert all(math.isfinite(step.loss) for step in steps)
    print(f"steps {len(steps)}, all losses finite")
