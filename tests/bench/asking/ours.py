"""Our asking, in a process of its own: a stage's questions, with journal and budget.

python -m tests.bench.asking.ours URL COUNT WIDTH
"""

import asyncio
import json
import os
import sys
import tempfile
import time

# this and two of ours are opened by the first question else: a peer's imports are not measured
import httpcore2  # noqa: F401
from upath import UPath

import pipelines.chat_api.teacher
import pipelines.openai_client.client  # noqa: F401
from pipelines.chat_api.kept_dialect import Lessons
from pipelines.chat_api.questions import Question
from pipelines.recipe.recipe import load_recipe
from pipelines.run.folder import Run
from pipelines.run.step import Work
from pipelines.run.tally import Tally
from pipelines.steps.seed import SeedSettings
from pipelines.teacher.ask import ask_all
from pipelines.teacher.endpoint import lessons_of

SCHEMA = {
    "type": "object",
    "properties": {"text": {"type": "string"}},
    "required": ["text"],
    "additionalProperties": False,
}
CAPS = "teacher.caps={calls: 1000000, tokens: 1000000000, dollars: 1000}"


def main() -> None:
    """Ask, and print answers, seconds and CPU seconds."""
    url, count, width = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    os.environ["OPENAI_API_KEY"] = "none"
    questions = [Question(f"Write a short text about {n}.", SCHEMA, n) for n in range(count)]
    with tempfile.TemporaryDirectory() as folder:
        run = Run(UPath(folder), load_recipe("laptop", [f"teacher.concurrency={width}", CAPS]))
        work = Work("seed", run, SeedSettings(run=folder, teacher=url))
        # what preflight's question leaves: a stage of a run waits for no first answer
        lessons_of(work).write(Lessons(is_answered=True))
        began, spent = time.perf_counter(), time.process_time()
        answers = asyncio.run(ask_all(work, questions, Tally()))
        seconds, cpu_s = time.perf_counter() - began, time.process_time() - spent
    good = sum(not answer.fault for answer in answers)
    print(json.dumps({"count": good, "seconds": seconds, "cpu_s": cpu_s}))


if __name__ == "__main__":
    main()
