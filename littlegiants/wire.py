"""The language's values as messages on the wire, and back."""

from collections.abc import Sequence
from typing import Any, cast

from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper
from google.rpc import code_pb2, error_details_pb2, status_pb2

from littlegiants.errors import BadInput
from littlegiants.kinds import SPECS, Attributes, Kind
from littlegiants.optional_slots import OPTIONAL
from littlegiants.samples import Sample
from littlegiants.tasks import LINE_ORDER, REVISE_TEMPLATE, TEMPLATE, Prompt, Task, draw_prompt
from littlegiants.v1 import generator_pb2, revisor_pb2, sample_pb2, score_pb2

MAX_MESSAGE_BYTES = 32 * 2**20
"""Both sides must allow it: gRPC's own limit is 4 MiB on receipt."""

ERROR_DOMAIN = "littlegiants"
MAX_SEED = 2**62
"""Room above it for candidates, within an int64."""

Request = generator_pb2.GenerateRequest | revisor_pb2.ReviseRequest | score_pb2.ScoreItem


def enum_label(prefix: str, name: str) -> Any:
    """What the wire calls `name` ("junior") in an enum whose values start with `prefix` ("ROLE").

    A message takes it in place of the number; checkers do not know that.
    """
    return f"{prefix}_{name.upper()}"


def enum_name(enum: EnumTypeWrapper, prefix: str, value: int) -> str:
    """Name of an enum's number: "junior"; a number that this version does not know is "unknown"."""
    names = {number: name for name, number in enum.items()}
    return names.get(value, f"{prefix}_UNKNOWN").removeprefix(f"{prefix}_").lower()


def kind_to_wire(kind: Kind) -> "sample_pb2.Kind":
    """The enum value of `kind`."""
    return cast("sample_pb2.Kind", sample_pb2.Kind.Value(f"KIND_{kind.name}"))


def kind_from_wire(value: int, field: str) -> Kind:
    """The kind that an enum value means.

    Raises BadInput naming `field` when it is unset or unknown.
    """
    try:
        return Kind(enum_name(sample_pb2.Kind, "KIND", value))
    except ValueError as error:
        known = ", ".join(f"KIND_{kind.name}" for kind in Kind)
        raise BadInput(f"{field}: set it to one of {known}") from error


def task_to_wire(task: Task, attributes: Attributes | None = None) -> sample_pb2.EmbeddingTask:
    """A task with the attributes of a sample; what `attributes` lack is drawn by the server.

    Raises BadInput naming an attribute that the kind has not, or whose value will not do.
    """
    message = sample_pb2.EmbeddingTask(topic=task.topic, text=task.text, language=task.language)
    chosen = getattr(message, task.kind)
    chosen.SetInParent()
    given = attributes or {}
    own = {*OPTIONAL[task.kind], TEMPLATE, REVISE_TEMPLATE, LINE_ORDER}
    typed = {field.name for field in chosen.DESCRIPTOR.fields}
    for name, value in given.items():
        if name not in typed and (name in own or TEMPLATE in given):
            message.attributes[name] = value
            continue
        try:
            setattr(chosen, name, int(value) if name == LINE_ORDER else value)
        except (AttributeError, TypeError, ValueError) as error:
            known = ", ".join(field.name for field in chosen.DESCRIPTOR.fields) or "none"
            raise BadInput(
                f"attributes.{name}: {value!r} will not do; {task.kind} has {known}"
            ) from error
    return message


def prompt_from_wire(request: Request) -> Prompt:
    """The prompt that a request carries; attributes that it leaves out are drawn with its seed.

    Raises BadInput when its task or its seed will not do.
    """
    if not request.HasField("task"):
        raise BadInput("task: set it")
    if not 0 <= request.seed < MAX_SEED:
        raise BadInput("seed: give a number from 0 to 2^62")
    task = task_from_wire(request.task)
    given = getattr(request.task, task.kind).ListFields()
    attributes = {field.name: str(value) for field, value in given}
    attributes |= request.task.attributes
    drawn = draw_prompt(task, seed=request.seed).attributes
    return Prompt(task, {**drawn, **attributes}, request.seed)


def task_from_wire(message: sample_pb2.EmbeddingTask) -> Task:
    """The task that a message carries.

    Raises BadInput naming the field that is not set.
    """
    name = message.WhichOneof("kind")
    if name is None:
        raise BadInput(f"task.kind: set one of {', '.join(Kind)}")
    kind = Kind(name)
    text = message.text or SPECS[kind].fixed_task
    if not text:
        raise BadInput("task.text: write the task in one sentence")
    return Task(kind, message.topic, text, message.language or "English")


def sample_to_wire(sample: Sample) -> sample_pb2.Sample:
    """A sample as a message."""
    return sample_pb2.Sample(
        kind=kind_to_wire(sample.kind),
        query=sample.query,
        positive=sample.positive,
        negative=sample.negative,
    )


def sample_from_wire(message: sample_pb2.Sample, field: str = "sample") -> Sample:
    """The sample that a message carries.

    Raises BadInput when its kind is unset or unknown.
    """
    kind = kind_from_wire(message.kind, f"{field}.kind")
    return Sample(kind, message.query, message.positive, message.negative)


def error_status(
    code: int, message: str, *, reason: str, failed_checks: Sequence[str] = ()
) -> status_pb2.Status:
    """A status whose ErrorInfo names `reason`; `code` is a google.rpc.Code."""
    status = status_pb2.Status(code=code, message=message)
    info = error_details_pb2.ErrorInfo(reason=reason, domain=ERROR_DOMAIN)
    if failed_checks:
        info.metadata["failed_checks"] = ",".join(failed_checks)
    status.details.add().Pack(info)
    return status


def error_reason(status: status_pb2.Status) -> str:
    """The reason that a status names; without one, its code's name in lower case."""
    info = error_details_pb2.ErrorInfo()
    for detail in status.details:
        if detail.Unpack(info):
            return str(info.reason)
    return enum_name(code_pb2.Code, "CODE", status.code)
