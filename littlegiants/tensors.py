"""The tensors in safetensors files: names and shapes from the headers alone, or every byte."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from littlegiants.errors import BadInput
from littlegiants.weights import SAFETENSORS

LONGEST_HEADER = 100_000_000
"""Bytes; the format's own limit."""

CHUNK_BYTES = 1 << 24

Shapes = dict[str, tuple[int, ...]]
Tensor = tuple[tuple[int, ...], str, tuple[int, int]]
"""Shape, type, and where its bytes begin and end behind the header."""


def tensor_shapes(folder: Path) -> Shapes:
    """The shape of every tensor in the safetensors files of `folder`.

    Raises BadInput when there is no such file, or one that is none.
    """
    return {name: shape for file in _files(folder) for name, (shape, *_) in _tensors(file).items()}


def tensor_digests(folder: Path) -> dict[str, str]:
    """A digest of the type, the shape and the bytes of every tensor there, whatever file it is in.

    Raises as `tensor_shapes`.
    """
    return {name: digest for file in _files(folder) for name, digest in _digests(file)}


def check_whole(folder: Path) -> None:
    """Raise BadInput when a safetensors file of a model is missing, cut short or none."""
    for file in _files(folder):
        tensors, size = _tensors(file), file.stat().st_size
        with file.open("rb") as stream:
            start = 8 + int.from_bytes(stream.read(8), "little")
        if size != start + max((end for *_, (_, end) in tensors.values()), default=0):
            raise BadInput(f"{file.name}: is not whole ({size} bytes); get it again")
    index = folder / f"model{SAFETENSORS}.index.json"
    if index.is_file():
        named = set(json.loads(index.read_bytes())["weight_map"].values())
        if missing := sorted(name for name in named if not (folder / name).is_file()):
            raise BadInput(f"{missing[0]}: is named by {index.name} and not there; get it again")


def _files(folder: Path) -> list[Path]:
    files = sorted(folder.glob(f"*{SAFETENSORS}"))
    if not files:
        raise BadInput(f"{folder}: holds no {SAFETENSORS} file; save the weights as safetensors")
    return files


def _digests(file: Path) -> Iterator[tuple[str, str]]:
    tensors = _tensors(file)
    with file.open("rb") as stream:
        start = 8 + int.from_bytes(stream.read(8), "little")
        for name, (shape, dtype, (begin, end)) in tensors.items():
            digest = hashlib.sha256(f"{dtype} {shape} ".encode())
            stream.seek(start + begin)
            for left in range(end - begin, 0, -CHUNK_BYTES):
                digest.update(stream.read(min(left, CHUNK_BYTES)))
            yield name, digest.hexdigest()


def _tensors(file: Path) -> dict[str, Tensor]:
    try:
        return {name: _tensor(field) for name, field in _header(file).items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadInput(f"{file.name}: is no safetensors file ({error}); save it anew") from error


def _header(file: Path) -> dict[str, Any]:
    with file.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        if length > LONGEST_HEADER:
            raise ValueError(f"a header of {length} bytes")
        fields: dict[str, Any] = json.loads(stream.read(length))
    fields.pop("__metadata__", None)
    return fields


def _tensor(field: Mapping[str, Any]) -> Tensor:
    begin, end = map(int, field["data_offsets"])
    return tuple(map(int, field["shape"])), str(field["dtype"]), (begin, end)
