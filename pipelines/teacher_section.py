"""The recipe's section on the teacher: how it is asked, how fast, and what it may cost."""

from typing import Literal

from pydantic import Field, NonNegativeFloat, PositiveInt

from pipelines.sections import Section

Asking = Literal["topics", "brainstorm", "seed", "judge", "correct"]
"""What asks the teacher: growing topics is a part of brainstorming."""


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


class Teacher(Section):
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
    """Longest answer."""
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
    structured: Literal["json_schema", "json_object", "text"] = "json_schema"
    """How form is asked for; an endpoint that refuses it is asked with the next weaker one."""
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
    length_in_schema: bool = False
    """Put string lengths into the JSON schema (vLLM reads them, OpenAI refuses them)."""
    shots: int = Field(0, ge=0)
    """Example turns before each question; a weak teacher needs one or more."""
    prices: Prices | None = None
    """Unset: the table's price of `model`; where it has none, the report gives no dollars."""
    caps: TeacherCaps = TeacherCaps()
    """Budget of the run."""
    stage_caps: dict[Literal["topics", "brainstorm", "seed", "judge", "correct"], TeacherCaps] = (
        Field({})
    )
    """Budgets of single stages within it."""
