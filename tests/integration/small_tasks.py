"""Nine tasks of mteb that need no hub, over all seven types that the paper averages."""

import os
import signal
from pathlib import Path
from typing import Any

from mteb.abstasks.aggregate_task_metadata import AggregateTaskMetadata
from mteb.abstasks.aggregated_task import AbsTaskAggregate
from mteb.mocks.mock_tasks import (
    LegacyMockClusteringFastTask,
    MockClassificationTask,
    MockMultilingualSTSTask,
    MockPairClassificationTask,
    MockRerankingTask,
    MockRetrievalTask,
    MockSTSTask,
    MockSummarizationTask,
)

LOADED, DEADLY = "SMALL_TASKS_LOADED", "SMALL_TASKS_DEADLY"
"""Of the environment: a file that tells what was loaded, and the task whose loading kills."""


class Loads:
    """Tells when its data are read, which is when it is scored."""

    def load_data(self, **kwargs: Any) -> None:
        name = type(self).__name__
        if path := os.environ.get(LOADED):
            with Path(path).open("a") as file:
                file.write(f"{name}\n")
        if os.environ.get(DEADLY) == name:
            os.kill(os.getpid(), signal.SIGKILL)
        super().load_data(**kwargs)  # type: ignore[misc]


class Classify(Loads, MockClassificationTask):
    pass


class Cluster(Loads, LegacyMockClusteringFastTask):
    pass


class Pairs(Loads, MockPairClassificationTask):
    pass


class Rerank(Loads, MockRerankingTask):
    pass


class Retrieve(Loads, MockRetrievalTask):
    pass


class Similar(Loads, MockSTSTask):
    pass


class SimilarInTwo(Loads, MockMultilingualSTSTask):
    pass


class Summarize(Loads, MockSummarizationTask):
    pass


def forum(number: int) -> MockRetrievalTask:
    """One of the forums whose mean a task is, each with its own name, as CQADupstack's have."""
    class_: Any = type(f"Forum{number}", (Loads, MockRetrievalTask), {})
    class_.metadata = MockRetrievalTask.metadata.model_copy(update={"name": f"Forum{number}"})
    task: MockRetrievalTask = class_()
    return task


class Forums(AbsTaskAggregate):
    metadata = AggregateTaskMetadata(
        name="Forums",
        description="The mean of three",
        tasks=[forum(number) for number in range(3)],
        main_score="ndcg_at_10",
        type="Retrieval",
        eval_splits=["test"],
    )
