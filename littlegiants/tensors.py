"""Names and shapes of the tensors in safetensors files, read from their headers alone."""

import json
from pathlib import Path

from littlegiants.errors import BadInput
from littlegiants.weights import SAFETENSORS

LONGEST_HEADER = 100_000_000
"""Bytes; the format's own limit."""

Shapes = dict[str, tuple[int, ...]]


def tensor_shapes(folder: Path) -> Shapes:
    """The shape of every tensor in the safetensors files of `folder`.

    Raises BadInput when there is no such file, or one that is none.
    """
    files = sorted(folder.glob(f"*{SAFETENSORS}"))
    if not files:
        raise BadInput(f"{folder}: holds no {SAFETENSORS} file; save the weights as safetensors")
    return {name: shape for file in files for name, shape in _header(file).items()}


def _header(file: Path) -> Shapes:
    try:
        with file.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            if length > LONGEST_HEADER:
                raise ValueError(f"a header of {length} bytes")
            fields = json.loads(stream.read(length))
        fields.pop("__metadata__", None)
        return {name: tuple(map(int, field["shape"])) for name, field in fields.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadInput(f"{file.name}: is no safetensors file ({error}); save it anew") from error
