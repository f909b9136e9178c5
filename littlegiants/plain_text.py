"""Is a text fit for a data set? Control characters and tokens of a model's own format are not."""

import re

ANSI = re.compile(r"\x1b\[[0-?]*+[ -/]*+[@-~]|\x1b\][^\x07\x1b]*+(?:\x07|\x1b\\)")
"""Colours of a terminal; no JSON string holds the escape character itself."""
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
NOT_UNICODE = re.compile("[\ud800-\udfff\ufffd]")
"""Half a surrogate pair cannot be written as UTF-8; U+FFFD stands where bytes were lost."""
SPECIAL_TOKEN = re.compile(
    r"<\|[^<>|\s][^<>|]{0,60}\|>|<｜[^<>｜]{1,60}｜>|<\|[a-z_]{1,30}>|<[a-z_]{1,30}\|>"
    r"|</?s>|<(?:bos|eos|pad|unk|sop|eop|cls|sep|mask)>|<(?:start|end)_of_(?:turn|image)>"
    r"|<</?SYS>>|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\]"
    r"|\[(?:CLS|SEP|PAD|UNK|MASK|gMASK|sMASK)\]"
    r"|<0x[0-9A-F]{2}>|<(?:unused|extra_id_|reserved_)\d{1,4}>",
)
"""Of Qwen, Llama, gpt-oss, DeepSeek, Gemma, Mistral, GLM, T5 and BERT; a tokenizer that reads one
in a training text takes it for an order."""
FAULTS = {
    "not_unicode": NOT_UNICODE,
    "control_character": CONTROL,
    "special_token": SPECIAL_TOKEN,
}


ASCII_CONTROL = bytes({*range(32), 127} - {*b"\t\n\r"})


def fault_of_text(text: str) -> str:
    """Why `text` may not enter a data set; empty when it may."""
    if text.isascii() and not ("<" in text or "[" in text or len(text) > len(_written(text))):
        return ""  # most texts: ten times as fast as the patterns
    return next((name for name, pattern in FAULTS.items() if pattern.search(text)), "")


def _written(text: str) -> bytes:
    return text.encode().translate(None, ASCII_CONTROL)


def without_faults(text: str) -> str:
    """`text` for a person to read: what may not enter a data set is left out."""
    text = ANSI.sub("", text)
    for pattern in FAULTS.values():
        text = pattern.sub("", text)
    return text
