"""Safetensors files whose one tensor holds a text, written without torch."""

import json
from pathlib import Path


def save_text(file: Path, text: str, *, note: str = "") -> None:
    """Write `text` as a tensor of bytes; `note` stands in the header and is no part of it."""
    content = text.encode()
    tensor = {"dtype": "U8", "shape": [len(content)], "data_offsets": [0, len(content)]}
    header = json.dumps({"__metadata__": {"note": note}, "text": tensor}).encode()
    file.write_bytes(len(header).to_bytes(8, "little") + header + content)
