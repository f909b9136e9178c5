"""The generator service with scripted engines, by the flags of `services.generator`."""

import sys

from services.generator.engine.scripted_engine import ScriptedEngine, open_scripted
from services.generator.server import run
from services.generator.settings import parse

if __name__ == "__main__":
    settings = parse()
    sys.exit(run(settings, open_scripted(*(ScriptedEngine() for _ in settings.role_names))))
