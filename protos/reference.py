"""Protos in, a reference for people out: every service, message and field with its comment."""

from collections.abc import Iterator, Mapping
from typing import Any

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    ServiceDescriptorProto,
)

HEAD = """# API

What the generator services speak, made from the comments in `protos/littlegiants/v1` by
`python protos/generate.py`.
"""
# numbers of the fields that a comment's path goes through (descriptor.proto)
MESSAGES, ENUMS, SERVICES, FIELDS, METHODS, VALUES = 4, 5, 6, 2, 2, 2
Comments = Mapping[tuple[int, ...], str]


def reference_of(described: bytes) -> str:
    """Markdown of a serialized FileDescriptorSet with source info."""
    files = FileDescriptorSet.FromString(described).file
    lines = [HEAD]
    for file in files:
        lines += _file(file)
    return "\n".join(lines).rstrip() + "\n"


def _file(file: FileDescriptorProto) -> Iterator[str]:
    comments = {
        tuple(place.path): " ".join(place.leading_comments.split())
        for place in file.source_code_info.location
    }
    yield f"## {file.name}\n"
    for number, service in enumerate(file.service):
        yield from _service(service, comments, (SERVICES, number))
    for number, message in enumerate(file.message_type):
        yield from _message(message, comments, (MESSAGES, number))
    for number, enum in enumerate(file.enum_type):
        yield from _enum(enum, comments, (ENUMS, number))


def _service(
    service: ServiceDescriptorProto, comments: Comments, path: tuple[int, ...]
) -> Iterator[str]:
    yield f"### service {service.name}\n\n{comments[path]}\n"
    yield "| method | request | response | |\n|---|---|---|---|"
    for number, method in enumerate(service.method):
        stream = "stream of " if method.server_streaming else ""
        response = f"{stream}{_short(method.output_type)}"
        about = comments[(*path, METHODS, number)]
        yield f"| `{method.name}` | {_short(method.input_type)} | {response} | {about} |"
    yield ""


def _message(message: DescriptorProto, comments: Comments, path: tuple[int, ...]) -> Iterator[str]:
    yield f"### {message.name}\n\n{comments[path]}\n"
    if not message.field:
        return
    yield "| field | type | |\n|---|---|---|"
    for number, field in enumerate(message.field):
        about = comments[(*path, FIELDS, number)]
        yield f"| `{field.name}` = {field.number} | {_type(field, message)} | {about} |"
    yield ""


def _enum(enum: EnumDescriptorProto, comments: Comments, path: tuple[int, ...]) -> Iterator[str]:
    yield f"### enum {enum.name}\n\n{comments[path]}\n"
    yield "| value | |\n|---|---|"
    for number, value in enumerate(enum.value):
        yield f"| `{value.name}` = {value.number} | {comments[(*path, VALUES, number)]} |"
    yield ""


def _type(field: FieldDescriptorProto, message: DescriptorProto) -> str:
    entries: dict[str, Any] = {each.name: each.field for each in message.nested_type}
    name = _short(field.type_name) or FieldDescriptorProto.Type.Name(field.type)[5:].lower()
    if name in entries:
        key, value = entries[name]
        return f"map of {_type(key, message)} to {_type(value, message)}"
    if field.label == FieldDescriptorProto.LABEL_REPEATED:
        return f"repeated {name}"
    if field.proto3_optional:
        return f"optional {name}"
    if field.HasField("oneof_index"):
        return f"{name}, one of `{message.oneof_decl[field.oneof_index].name}`"
    return name


def _short(type_name: str) -> str:
    return type_name.rpartition(".")[2]
