"""The generator service with a scripted engine that takes its time, by the flags of the service."""

import os
import sys

from services.generator.engine.scripted_engine import ScriptedEngine, open_scripted
from services.generator.server import run
from services.generator.settings import parse

if __name__ == "__main__":
    delay_s = float(os.environ["SLOW_GENERATOR_S"])
    sys.exit(run(parse(), open_scripted(ScriptedEngine(delay_s=delay_s))))
