"""A seed is the teacher's own, not an example over again."""

import pytest

from littlegiants.errors import Unparsable
from littlegiants.kinds import Kind
from littlegiants.prompts import sample_text
from littlegiants.samples import Sample
from littlegiants.tasks import Prompt, Task
from pipelines.budget.usage import Usage
from pipelines.chat_api.questions import Answer
from pipelines.data.examples import Turn
from pipelines.steps.seed import new_sample

PROMPT = Prompt(Task(Kind.MATCHING_SHORT, "Food", "Match a dish to a drink"), {}, seed=1)
SOUP = Sample(Kind.MATCHING_SHORT, "onion soup with toast", "a glass of dry cider")
CAKE = Sample(Kind.MATCHING_SHORT, "walnut cake", "black tea in a thin cup")


def test_an_example_over_again_is_no_seed() -> None:
    shots = (Turn("?", sample_text(SOUP)),)
    answer = Answer(sample_text(Sample(SOUP.kind, SOUP.query.upper(), CAKE.positive)), Usage())
    with pytest.raises(Unparsable, match="repeats_example"):
        new_sample(PROMPT, answer, shots)
    assert new_sample(PROMPT, Answer(sample_text(CAKE), Usage()), shots) == CAKE
