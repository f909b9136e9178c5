"""The generator service with a scripted engine, by the flags of `services.generator`."""

import sys

from services.generator.engine.scripted_engine import ScriptedEngine, open_scripted
from services.generator.server import run
from services.generator.settings import parse

if __name__ == "__main__":
    sys.exit(run(parse(), open_scripted(ScriptedEngine())))
