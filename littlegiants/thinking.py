"""Which part of a model's text is its answer: thinking, channels and turns are marked in it."""

import re

NAME = (
    r"(?:\w{1,16}[:_-])?(?:think(?:ing)?|thoughts?|reason(?:ing)?|reflection|scratchpad|analysis)"
    r"(?:[_-]\w{1,16})?"
)
OPEN = (
    rf"<\s?{NAME}(?:\s[^<>]{{0,80}})?>|<\|(?:begin_of_|start_of_|start_)?{NAME}\|>"
    r"|\[THINK\]|◁think▷|<unused94>|<\|channel>thought"
)
CLOSE = (
    rf"<\s?/\s?{NAME}\s?>|<\|(?:/|end_of_|end_){NAME}\|>|\[/THINK\]|◁/think▷|<unused95>|<channel\|>"
    r"|<\|START_RESPONSE\|>|\bassistant\s{0,3}final(?=\s{0,9}[\[{`\"])"
)
"""The last one is what is left of gpt-oss's channels when special tokens are not written out."""
MESSAGE = r"[^<>]{0,40}(?:<\|constrain\|>\s?\w{1,20})?<\|message\|>"
FINAL_CHANNEL = rf"<\|channel\|>\s{{0,3}}(?:final|response)\b{MESSAGE}"
CHANNEL = rf"<\|channel\|>{MESSAGE}"
TURN_END = (
    r"<\|(?:im_end|eot_id|eom_id|endoftext|end_of_text|end|return|end_of_turn|END_OF_TURN_TOKEN)\|>"
    r"|</s>|<end_of_turn>|<eos>|<｜end▁of▁sentence｜>|\[INST\]"
)
ANSWER = r"(?:final_)?(?:answer|output|response|result|json)"
ANSWER_OPEN = (
    rf"<{ANSWER}>|(?m:^[^\w\n]{{0,9}}final (?:answer|output|response|verdict|version|json)\b)"
)
ANSWER_CLOSE = rf"</{ANSWER}>"
AFTER_THINKING = re.compile(f"{CLOSE}|{FINAL_CHANNEL}", re.IGNORECASE)

MARKS = ("<", "[/", "◁", "ssistant", "SSISTANT")
"""Texts without any of these, most answers, need no search."""


def after_thinking(text: str) -> str | None:
    """What follows the last end of thinking; None where no thinking ends."""
    if not any(mark in text for mark in MARKS):
        return None
    ends = [found.end() for found in AFTER_THINKING.finditer(text)]
    return text[ends[-1] :] if ends else None
