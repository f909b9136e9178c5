"""The recipe's section on the teacher: how it is asked, how fast, and what it may cost."""

import re
from typing import Any, Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveInt, field_validator

from pipelines.recipe.sections import Section

HEADER = re.compile(r"[!#$%&'*+.^_`|~\w-]+", re.ASCII)
KEPT = {
    "model": "name it in teacher.model",
    "messages": "they are the question",
    "response_format": "set teacher.structured",
    "n": "one answer is taken",
}
AskingStage = Literal[
    "topics",
    "brainstorm",
    "seed",
    "judge",
    "correct",
    "promote-junior",
    "promote-senior",
    "promote-revisor",
]
"""Stages that may ask the teacher."""


class Prices(Section):
    """Dollars a million tokens."""

    prompt: NonNegativeFloat
    """For what is sent."""
    completion: NonNegativeFloat
    """For what is written."""
    batch: float = Field(1.0, ge=0, le=1)
    """Share of these that a request in a batch costs."""


class TeacherCaps(Section):
    """The most that a run, or one stage of it, may spend on the teacher; unset is no cap."""

    calls: PositiveInt | None = None
    """Requests."""
    tokens: PositiveInt | None = None
    """Prompt and completion tokens."""
    dollars: float | None = Field(None, gt=0)
    """Needs a price: the recipe's `prices`, or the table's of that model."""


class TeacherSection(Section):
    """How the teacher is asked."""

    place: str = Field("local", min_length=1)
    """Where it is unless `--teacher` says: `recorded` replays `recording`, `local` starts
    `models.teacher` for each step, `openai` is api.openai.com, else an endpoint's base URL."""
    recording: str = "examples/recorded"
    """Folder of answers that `recorded` replays: records such as a run leaves in `data/`."""
    model: str
    """Name of the bought teacher's model."""
    temperature: NonNegativeFloat = 1.0
    """For all writing; judging is done at 0."""
    top_p: float = Field(1.0, gt=0, le=1)
    """Share of the probability that is sampled from."""
    max_tokens: PositiveInt = 2000
    """Longest answer, without the thinking before it."""
    thinking_tokens: NonNegativeInt | None = None
    """[ours] Set aside for thinking: an answer may have so many beside `max_tokens`. Unset: by
    `reasoning_effort`, and more once thinking has left an answer no room, up to 32,000."""
    concurrency: PositiveInt = 16
    """Most requests in flight; fewer while the endpoint is busy or fails."""
    rpm: PositiveInt | None = None
    """Most requests in any minute; unset is no limit."""
    tpm: PositiveInt | None = None
    """Most tokens in any minute, prompt and longest answer counted, as providers count."""
    retries: PositiveInt = 5
    """Tries of a request that the endpoint could not serve; in a batch, batches it is put into."""
    attempts: PositiveInt = 1
    """Answers to try for when one is cut at max_tokens, filtered or empty; then it is dropped."""
    timeout_s: PositiveInt = 300
    """For one request, however slowly its answer trickles in."""
    deadline_s: PositiveInt = 3600
    """For one question with all its tries and waits."""
    failing_share: float = Field(0.5, gt=0, le=1)
    """Share of failing requests at which the step stops, when it lasts for `failing_s`."""
    failing_s: NonNegativeFloat = 60
    """How long that share must last."""
    useless_share: float = Field(0.5, gt=0, le=1)
    """Share of the last 50 answers that may be of no use (unreadable, failing a check, cut,
    refused); at more the step stops."""
    structured: Literal["json_schema", "json_object_with_schema", "json_object", "text"] = (
        "json_schema"
    )
    """How form is asked for; an endpoint that refuses or ignores it is asked with the next weaker
    one."""
    reasoning_effort: str = ""
    """How much a thinking model thinks, in the endpoint's word: minimal, low, …; unset: as it is
    used to. Thinking is paid for; `thinking_tokens` has its room."""
    leave_out: tuple[str, ...] = ()
    """Parts of a request that are not sent: `temperature`, `seed`, `strict`, … What an endpoint
    refuses by name is left out by itself."""
    extra_body: dict[str, Any] = Field({})
    """More parts of each request, as the endpoint names them; they win over this section's own."""
    headers: dict[str, str] = Field({})
    """Sent with each request; a value `$NAME` is that environment variable's: a secret's place."""
    key_variable: str = "OPENAI_API_KEY"
    """Environment variable with the endpoint's key; empty: the endpoint asks for none."""
    azure_api_version: str = ""
    """Set for Azure OpenAI: the place is the resource's URL, `model` the deployment."""
    cache: str = ""
    """Folder or fsspec URL of answers that runs share; an answer from it costs nothing."""
    batch: bool = False
    """Ask through the provider's batch API: cheaper, and answered within a day."""
    batch_poll_s: float = Field(30, gt=0)
    """Seconds between two looks at a batch."""
    batch_requests: PositiveInt = 50_000
    """Most requests in a batch's file; fewer from then on where a provider says they are many."""
    batch_bytes: PositiveInt = 200_000_000
    """Most bytes of a batch's file."""
    batch_deadline_s: PositiveInt = 93_600
    """For one batch: 24 hours are promised."""
    length_in_schema: bool = False
    """Put string lengths into the JSON schema (vLLM reads them, OpenAI refuses them)."""
    shots: int = Field(0, ge=0)
    """Example turns before each question; a weak teacher needs one or more."""
    prices: Prices | None = None
    """Unset: the table's price of `model`; where it has none, the report gives no dollars."""
    caps: TeacherCaps = TeacherCaps()
    """Budget of the run."""
    stage_caps: dict[AskingStage, TeacherCaps] = Field({})
    """Budgets of single stages within it."""

    @property
    def manner(self) -> list[Any]:
        """How a question is asked, so far as another way of asking is another answer."""
        plain = [self.temperature, self.top_p, self.max_tokens]
        more = [self.reasoning_effort, list(self.leave_out), self.extra_body]
        return [*plain, *more] if any(more) else plain

    @field_validator("leave_out", "extra_body")
    @classmethod
    def a_question_stays_one(cls, names: Any) -> Any:
        """What makes the question, and the form of its answer, is not for these fields."""
        for name, instead in KEPT.items():
            if name in names:
                raise ValueError(f"{name} cannot be among these; {instead}")
        return names

    @field_validator("headers")
    @classmethod
    def headers_can_be_sent(cls, headers: dict[str, str]) -> dict[str, str]:
        """Names and values as HTTP takes them."""
        for name, value in headers.items():
            if not HEADER.fullmatch(name) or not (value.isascii() and value.isprintable()):
                raise ValueError(f"{name!r}: neither name nor value may have line ends or the like")
        return headers
