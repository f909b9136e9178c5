"""Usable tasks for each topic, none twice, and as fast for the last topic as for the first."""

import json
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from upath import UPath

from littlegiants.errors import Unparsable
from littlegiants.kinds import SPECS, Kind
from littlegiants.tasks import Task
from pipelines.budget.usage import Usage
from pipelines.chat_api.questions import Answer, Question
from pipelines.cli.step_flags import StepSettings
from pipelines.data.examples import Turn
from pipelines.models import encoded
from pipelines.recipe.recipe import load_recipe
from pipelines.run.folder import Run
from pipelines.run.step import Work
from pipelines.run.tally import Tally
from pipelines.steps.brainstorm import fresh_tasks, told_apart, usable_of_each
from pipelines.topics.task_texts import usable, wording

GOOD = "Given a bread recipe, retrieve the flour it needs."


@pytest.mark.parametrize(
    ("tasks", "used", "reason"),
    [
        (["[A/B](http://x)", "1. 2. 3."], (), "no_usable_task"),
        (["Too short"], (), "no_usable_task"),
        ([GOOD], {wording(GOOD)}, "repeated_task"),
    ],
    ids=["no sentence", "short", "used"],
)
def test_says_why_no_task_is_usable(tasks: list[str], used: set[str], reason: str) -> None:
    with pytest.raises(Unparsable, match=reason):
        usable(tasks, used, count=1)


def test_usable_tasks_stand_in_their_order() -> None:
    other = "Another task that would do as well."
    assert usable(["###", GOOD, GOOD.upper(), other, GOOD], count=3) == [GOOD, other]


@pytest.mark.parametrize(
    "task",
    [
        "给定一个关于果园第3号问题，检索能够回答它的文章。",
        "「果樹園」に関する質問に対して、適切な文書を検索してください。",
        "किसी पौधे की बीमारी को देखते हुए, उसका कारण बताने वाले लेख खोजें।",
        "بالنظر إلى مرض نباتي، استرجع المقالات التي تشرح أسبابه.",
        "با توجه به بیماری گیاه، مقاله‌هایی را بیاب که علت آن را توضیح می‌دهند.",
        "จากคำถามเกี่ยวกับสวนผลไม้ ให้ค้นหาเอกสารที่ตอบคำถามนั้น",
        "식물 질병이 주어지면 그 원인을 설명하는 글을 찾으세요.",
        "По описанию болезни найди статьи о её причинах.",
        "ყოველ კითხვაზე მოძებნე შესაბამისი დოკუმენტი.",
        "Étant donné une maladie, retrouver l'article (récent) qui l'explique.",
        'Given a proverb, retrieve the tale (or "fable") behind it (if any).',
        "Given an error of a C++ or C# compiler, retrieve its remedy, e.g. a missing header.",
        "Given a U.S. court's ruling, retrieve rulings that cite it — or overturn it.",
        "Given a question such as 'who built it?', retrieve the page on the building & its maker.",
        "Given a product pair (iOS vs. Android), retrieve what compares them.",
        "Given a claim by Dr. Fauci on St. Louis, retrieve its evidence.",
        "Given symptoms, causes, etc., retrieve the articles on them.",
        "Given a Node.js or .NET 3.5 exception, retrieve the thread that solves it.",
        "Given a budget of $500 or less than 50% of it, retrieve a 3.5 mm jack.",
        "Given a study by Smith et al. of 1,000 people, retrieve those that cite it.",
        "Given a clause (such as § 4.2 or §12), find clauses that contradict it.",
        "Étant donné une question (« Qui\u202f? »), retrouver la réponse.",
        "Étant donné la question « Qui ? », retrouver la réponse.",
        "3D-printing faults classified by their cause",
        "iPhone users' questions matched to the answers in forums",
        "U.S. statutes matched to the cases that cite them",
    ],
)
def test_a_sentence_of_any_script_is_a_usable_task(task: str) -> None:
    assert usable([task], count=1) == [task]


@pytest.mark.parametrize(
    "task",
    [
        "给定一个问题，检索文章。再给定一个问题，检索资料。",
        "1、检索能够回答问题的文章。",
        "检索能够回答问题的文章 http://example.org",
        "检索★能够★回答★问题的文章",
        "检索文章。",
        "given a stain, retrieve what takes it off.",
        "по описанию болезни найди статьи о причинах.",
        "किसी पौधे की बीमारी देखें। उसका कारण बताने वाले लेख खोजें।",
        "{user_query} is what the text asks for",
        "Given a stain, retrieve soaps, creams, etc. Then sort them.",
        "Given a stain, retrieve it.Then sort all of them",
        "1.Given a stain, retrieve what takes it off",
        "2) Given a stain, retrieve what takes it off",
        "given a 3D model, retrieve what prints it",
        "Given a stain\nretrieve what takes it off",
        "Given a page of www.example.org retrieve more",
        "Given $stain, retrieve what takes it off",
        "Given a stain § retrieve what takes it off",
        "Given a stain, what takes it off ? Sort them all »",
    ],
)
def test_what_is_no_single_sentence_is_no_task(task: str) -> None:
    with pytest.raises(Unparsable, match="no_usable_task"):
        usable([task], count=1)


def test_blanks_around_a_task_are_no_part_of_it() -> None:
    assert usable([f" {GOOD}\n"], count=1) == [GOOD]


def asked(*answers: list[str], shown: str = "") -> list[tuple[Question, Answer]]:
    shots = (Turn("?", json.dumps({"tasks": [shown]})),) if shown else ()
    return [
        (Question("?", {}, 0, shots=shots), Answer(json.dumps({"tasks": tasks}), Usage()))
        for tasks in answers
    ]


def test_no_task_is_used_twice_or_copied_from_an_example() -> None:
    tally, more = Tally(), "Given a stain, retrieve what takes it off."
    found = usable_of_each(asked([GOOD], [GOOD], [GOOD, more], [more]), 1, tally)
    assert list(found) == [[GOOD], (), [more], ()]
    assert tally.dropped == {"repeated_task": 2}
    assert list(usable_of_each(asked([GOOD], shown=GOOD), 1, tally)) == [()]


def test_as_many_tasks_a_topic_as_are_wanted() -> None:
    tasks = [f"Given a stain, retrieve {n} things that take it off." for n in range(4)]
    (found,) = usable_of_each(asked(tasks), 3, Tally())
    assert len(found) == 3 and set(found) < set(tasks)


def test_one_of_the_list_is_drawn_and_not_always_the_first() -> None:
    tasks = [f"Given a stain, retrieve {n} things that take it off." for n in range(4)]
    answer = Answer(json.dumps({"tasks": tasks}), Usage())
    drawn = {fresh_tasks(Question("?", {}, seed), answer)[0] for seed in range(40)}
    assert drawn == set(tasks)


def test_time_grows_with_the_number_of_topics_and_not_with_its_square() -> None:
    many = asked(*([f"Given item {n}, retrieve the manual of it."] for n in range(20_000)))
    began = time.process_time()
    found = list(usable_of_each(many, 1, Tally()))
    assert all(found)
    assert time.process_time() - began < 10


class Letters:
    """A double of the scorer: a text is the letters that it has."""

    def __init__(self, model: Path) -> None:
        pass

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Of length 1."""
        rows = [[text.lower().count(chr(ord("a") + n)) for n in range(26)] for text in texts]
        found = np.array(rows, dtype=np.float32)
        return found / np.linalg.norm(found, axis=1, keepdims=True)


FIXED = SPECS[Kind.STS].fixed_task or ""
NAMED = [
    Task(Kind.RETRIEVAL, "A", "Given a bread recipe, retrieve the flour it needs."),
    Task(Kind.RETRIEVAL, "B", "Given the bread recipe, retrieve a flour it needs."),
    Task(Kind.RETRIEVAL, "C", "Given a claim, find what refutes it."),
    Task(Kind.MATCHING_SHORT, "D", "Given a bread recipe, retrieve the flour it needs."),
    Task(Kind.STS, "E", FIXED),
    Task(Kind.STS, "F", FIXED),
]


@pytest.mark.parametrize(("most_alike", "topics"), [(0.97, "ACDEF"), (1, "ABCDEF")])
def test_of_near_equal_tasks_of_a_kind_one_stays(
    most_alike: float, topics: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoded, "ShortTexts", Letters)
    recipe = load_recipe("laptop", [f"brainstorm.most_alike={most_alike}"])
    tally, run = Tally(), Run(UPath(tmp_path), recipe)
    work = Work("brainstorm", run, StepSettings(_cli_parse_args=False))
    assert "".join(task.topic for task in told_apart(work, NAMED, tally)) == topics
    assert sum(tally.dropped.values()) == len(NAMED) - len(topics)
