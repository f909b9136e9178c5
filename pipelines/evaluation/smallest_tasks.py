"""Of what embedders are scored on, the smallest task of each type; offline a built-in set."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from mteb.abstasks import AbsTask

from littlegiants.errors import Unavailable
from pipelines.evaluation.beir import folder_and_split, read_beir, write_beir
from pipelines.evaluation.benchmarks import mteb_task, parts_of
from pipelines.evaluation.mteb_scores import instruction_of
from pipelines.evaluation.presets import BEIR, BUILTIN, MODULE, is_local
from pipelines.evaluation.tasks import load, with_benchmarks_opened

STAND_INS = {
    "Retrieval": "stdlib-retrieval",
    "Reranking": "stdlib-retrieval",
    "Classification": "stdlib-classification",
    "Clustering": "stdlib-clustering",
}
"""Built-in sets by the type of the task that they stand in for."""
QUERIES, DOCUMENTS = 20, 100
"""Of a BEIR folder."""


def smallest_tasks(references: Sequence[str], folder: Path) -> tuple[list[str], list[str]]:
    """References to rehearse on, and a line on each that stands in for others.

    Every task is opened: its metadata and its instruction are read. Raises BadInput for one that
    is none.
    """
    opened = with_benchmarks_opened(references)
    kept = [name for name in opened if name in BUILTIN or name.startswith(MODULE)]
    kept += [cut_beir(name, folder) for name in opened if name.startswith(BEIR)]
    named = [name for name in opened if not is_local(name)]
    tasks = {name: mteb_task(name) for name in named}
    for task in tasks.values():
        for part in parts_of(task):
            instruction_of(part)
    notes = [f"{len(tasks)} tasks of MTEB opened; of each type one is scored"] if tasks else []
    for kind, names in by_type(tasks).items():
        name, how = _rehearsed(kind, names[0], tasks[names[0]])
        kept += [name] if name else []
        notes.append(f"{kind}, {len(names)} tasks: {how}")
    return list(dict.fromkeys(kept)), notes


def by_type(tasks: Mapping[str, AbsTask]) -> dict[str, list[str]]:
    """References of tasks by what these measure, the smallest first."""
    found: dict[str, list[str]] = {}
    for name in sorted(tasks, key=lambda name: _size(tasks[name])):
        found.setdefault(str(tasks[name].metadata.type), []).append(name)
    return found


def _size(task: AbsTask) -> int:
    """Its samples; of what has no number of its own, the mean of several, more than any other."""
    told = {} if task.is_aggregate else task.metadata.n_samples or {}
    return sum(count or 0 for count in told.values()) or sys.maxsize


def _rehearsed(kind: str, name: str, task: AbsTask) -> tuple[str, str]:
    try:
        load(parts_of(task)[0])
    except Unavailable:
        stand_in = STAND_INS.get(kind, "")
        how = f"{stand_in} stands in" if stand_in else "not rehearsed"
        return stand_in, f"{how}, for the hub does not give {name}"
    return name, f"{name} is the smallest"


def cut_beir(reference: str, folder: Path) -> str:
    """The first queries of a BEIR folder with their documents and some others, as a new one."""
    source, split = folder_and_split(reference.removeprefix(BEIR))
    whole = read_beir(source, split)
    queries = dict(islice(whole.queries.items(), QUERIES))
    qrels = {query: whole.qrels[query] for query in queries}
    judged = {document for grades in qrels.values() for document in grades}
    others = islice((name for name in whole.corpus if name not in judged), DOCUMENTS)
    chosen = judged.union(others)
    corpus = {name: document for name, document in whole.corpus.items() if name in chosen}
    target = (folder / source.name).absolute()
    write_beir(target, replace(whole, queries=queries, corpus=corpus, qrels=qrels))
    return f"{BEIR}{target}"
