"""A program that trains the tiny model once in each way and says how the losses were."""

import math
import sys
from pathlib import Path

from tests.integration.killed_run import train

if __name__ == "__main__":
    folder, *kinds = sys.argv[1:]
    for kind in kinds:
        steps = train(kind, Path(folder), work=kind)
        assert all(math.isfinite(step.loss) for step in steps)
        print(f"{kind}: steps {len(steps)}, all losses finite")
