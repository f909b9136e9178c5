"""Token lengths of prompts and answers: from prompts drawn as the run will draw them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from littlegiants.kinds import SPECS, Kind, length_of
from littlegiants.prompts import (
    brainstorm_prompt,
    correct_prompt,
    judge_prompt,
    synthesize_prompt,
    widen_prompt,
)
from littlegiants.tasks import Prompt, Task, draw_prompt
from pipelines.data.own_templates import own_templates
from pipelines.forecast.assumptions import (
    CHARACTERS_PER_TOKEN,
    FIELD_TOKENS,
    REASON_WORDS,
    TOKENS_PER_WORD,
    WRITTEN_SHARE,
)
from pipelines.recipe.recipe import Recipe

DRAWS = 60
TASK = "Given a question about the topic, retrieve passages that answer it."
TOPIC = "Science/Biology/Ecology"
TASK_WORDS = 15
NAME_WORDS = 3
MOST_WRITTEN_WORDS = 600


@dataclass(frozen=True)
class Texts:
    """Mean tokens of each text that is asked or written, in a recipe's shares of the kinds."""

    recipe: Recipe

    @cached_property
    def prompts(self) -> list[tuple[float, Prompt]]:
        """Drawn prompts, each with its weight; the weights sum to 1."""
        shares = {kind: share for kind, share in self.recipe.shares.items() if share}
        total, slots = sum(shares.values()) * DRAWS, self.recipe.slots
        return [
            (
                share / total,
                draw_prompt(
                    Task(kind, TOPIC, TASK),
                    seed=n,
                    changes=slots.get(kind),
                    template=self._own(f"synthesize_{kind}"),
                ),
            )
            for kind, share in shares.items()
            for n in range(DRAWS)
        ]

    @cached_property
    def prompt(self) -> float:
        """Of a prompt that asks for one sample."""
        return sum(w * tokens_of(synthesize_prompt(prompt)) for w, prompt in self.prompts)

    @cached_property
    def sample(self) -> float:
        """Of a sample as JSON."""
        return sum(weight * sample_tokens(prompt) for weight, prompt in self.prompts)

    @cached_property
    def text_count(self) -> float:
        """Texts of a sample: 3, or 2 where the kind has no negative."""
        return sum(w * len(SPECS[prompt.task.kind].fields) for w, prompt in self.prompts)

    @property
    def reason(self) -> float:
        """Of a reason."""
        return REASON_WORDS.value * TOKENS_PER_WORD.value + FIELD_TOKENS.value

    @property
    def revision(self) -> float:
        """Of a reason with the sample written again."""
        return self.reason + self.sample

    @property
    def judgement(self) -> float:
        """Of a reason with two indices."""
        return self.reason + 2 * FIELD_TOKENS.value

    @property
    def widen_prompt(self) -> float:
        """Of a question for narrower topics."""
        return tokens_of(
            widen_prompt(TOPIC, count=self.recipe.topics.children, own=self._own("widen"))
        )

    @property
    def subtopics(self) -> float:
        """Of a list of topic names."""
        each = NAME_WORDS * TOKENS_PER_WORD.value + FIELD_TOKENS.value / 2
        return self.recipe.topics.children * each + FIELD_TOKENS.value

    @cached_property
    def brainstorm_prompt(self) -> float:
        """Of a question for tasks."""
        count = self.recipe.brainstorm.list_length
        own = self._own("brainstorm")
        text = brainstorm_prompt(TOPIC, Kind.RETRIEVAL, count=count, own=own)
        return tokens_of(text) + self.recipe.brainstorm.shots * (tokens_of(text) + self.tasks)

    @property
    def tasks(self) -> float:
        """Of a list of tasks."""
        each = TASK_WORDS * TOKENS_PER_WORD.value + FIELD_TOKENS.value / 2
        return self.recipe.brainstorm.list_length * each + FIELD_TOKENS.value

    def judge_prompt(self, candidate_count: int) -> float:
        """Of a question for the best of some samples."""
        frame = (
            tokens_of(judge_prompt(self.prompts[0][1], [], own=self._own("judge"))) - self._first
        )
        return frame + self.prompt + candidate_count * self.sample

    @cached_property
    def correct_prompt(self) -> float:
        """Of a question for a better sample; a revisor is asked nearly the same."""
        frame = tokens_of(correct_prompt(self.prompts[0][1], "", own=self._own("correct")))
        frame -= self._first
        return frame + self.prompt + self.sample

    def shot(self, prompt: float, answer: float) -> float:
        """Of the example turns before a question."""
        return self.recipe.teacher.shots * (prompt + answer)

    def _own(self, name: str) -> str:
        return self._templates.get(name, "")

    @cached_property
    def _templates(self) -> Mapping[str, str]:
        return own_templates(self.recipe)

    @cached_property
    def _first(self) -> float:
        return tokens_of(synthesize_prompt(self.prompts[0][1]))


def tokens_of(text: str) -> float:
    """Tokens of a text that is at hand."""
    return len(text) / CHARACTERS_PER_TOKEN.value


def sample_tokens(prompt: Prompt) -> float:
    """Tokens of the sample that `prompt` asks for."""
    total = 0.0
    for each in SPECS[prompt.task.kind].fields:
        low, high = length_of(each, prompt.attributes)
        words = (low + high) / 2 if high else low
        written = words if words <= TASK_WORDS else words * WRITTEN_SHARE.value
        total += min(written, MOST_WRITTEN_WORDS) * TOKENS_PER_WORD.value + FIELD_TOKENS.value
    return total
