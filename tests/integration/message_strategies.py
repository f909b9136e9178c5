"""Any message that a descriptor allows, good values and bad ones: strategies follow the protos."""

import math
from functools import cache
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import strategies as st

DEEPEST = 5
MOST_ITEMS = 3
SOUND_WORDS = ("Science", "Match a word to a word.", "en", "English", "5 to 15 words", "first")
ODD_WORDS = ("", " ", "\x00", "{", "{}", "%s", "\u202e", "at least 4096 words", "0 to 0 words")
ODD_NUMBERS = (0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan, 1e308, 5e-324)

TEXTS = st.one_of(st.sampled_from(SOUND_WORDS + ODD_WORDS), st.text(max_size=40)).filter(
    lambda text: text.isprintable() or "\ud800" not in text
)
SCALARS: dict[int, st.SearchStrategy[Any]] = {
    FieldDescriptor.CPPTYPE_INT32: st.integers(-(2**31), 2**31 - 1) | st.integers(-1, 3),
    FieldDescriptor.CPPTYPE_INT64: st.integers(-(2**63), 2**63 - 1) | st.integers(-1, 3),
    FieldDescriptor.CPPTYPE_UINT32: st.integers(0, 2**32 - 1) | st.integers(0, 3),
    FieldDescriptor.CPPTYPE_UINT64: st.integers(0, 2**64 - 1) | st.integers(0, 3),
    FieldDescriptor.CPPTYPE_DOUBLE: st.sampled_from(ODD_NUMBERS) | st.floats(),
    FieldDescriptor.CPPTYPE_FLOAT: st.sampled_from(ODD_NUMBERS[:7]) | st.floats(width=32),
    FieldDescriptor.CPPTYPE_BOOL: st.booleans(),
}


@cache
def messages(descriptor: Descriptor, depth: int = 0) -> st.SearchStrategy[Message]:
    """Messages of one type, of which any fields are set."""
    inner = [field for field in descriptor.fields if depth < DEEPEST or not field.message_type]
    values = {field.name: _present(field, depth) for field in inner}
    return st.fixed_dictionaries({}, optional=values).map(
        lambda chosen: _message(descriptor, chosen)
    )


def mixed(sound: Message) -> st.SearchStrategy[Message]:
    """`sound`, or another message of its type merged into it, so that many calls get far."""

    def merged(other: Message) -> Message:
        message = type(sound)()
        message.CopyFrom(sound)
        message.MergeFrom(other)
        return message

    return messages(sound.DESCRIPTOR).map(merged)


def _message(descriptor: Any, chosen: dict[str, Any]) -> Message:
    message = GetMessageClass(descriptor)()
    for name, value in chosen.items():
        field = descriptor.fields_by_name[name]
        target = getattr(message, name)
        if isinstance(value, dict):
            if field.message_type.fields_by_name["value"].message_type:
                for key, each in value.items():
                    target[key].CopyFrom(each)
            else:
                target.update(value)
        elif isinstance(value, list):
            target.extend(value)
        elif field.message_type:
            target.CopyFrom(value)
        else:
            setattr(message, name, value)
    return message


def _present(field: FieldDescriptor, depth: int) -> st.SearchStrategy[Any]:
    entry = field.message_type
    if entry and entry.GetOptions().map_entry:
        key, value = entry.fields_by_name["key"], entry.fields_by_name["value"]
        return st.dictionaries(_one(key, depth), _one(value, depth), max_size=MOST_ITEMS)
    if field.is_repeated:
        return st.lists(_one(field, depth), max_size=MOST_ITEMS)
    return _one(field, depth)


def _one(field: FieldDescriptor, depth: int) -> st.SearchStrategy[Any]:
    if field.message_type:
        return messages(field.message_type, depth + 1)
    if field.enum_type:
        known = [value.number for value in field.enum_type.values]
        return st.sampled_from(known) | st.integers(-(2**31), 2**31 - 1)
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        if field.type == FieldDescriptor.TYPE_BYTES:
            return st.binary(max_size=40)
        return TEXTS
    return SCALARS[field.cpp_type]
