"""The chat template of a model that has none, in training as in serving."""

from typing import Any

PLAIN_TEMPLATE = (
    "{{ bos_token | default('') }}{% for message in messages %}"
    "{% if message['role'] == 'assistant' %}{{ '### Answer:\n' + message['content'] + eos_token }}"
    "{% else %}{{ message['content'] + '\n\n' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '### Answer:\n' }}{% endif %}"
)
"""The prompt, a heading, the answer."""


def prompt_tokens(tokenizer: Any, prompt: str) -> list[int]:
    """The tokens of `prompt` as a user's message that a model is to answer.

    `tokenizer` is one of transformers', whose own template wins.
    """
    message = {"role": "user", "content": prompt}
    tokens = tokenizer.apply_chat_template(
        [message],
        chat_template=None if tokenizer.chat_template else PLAIN_TEMPLATE,
        add_generation_prompt=True,
        tokenize=True,
        return_dict=False,
    )
    return list(tokens)
