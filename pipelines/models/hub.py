"""Whether the Hugging Face hub answers: asked once, for its client tries for half a minute."""

import httpx
from huggingface_hub import constants

ANSWER_S = 5.0


def go_offline_without_hub() -> bool:
    """Whether the hub answers; if not, this process's libraries look into their caches alone.

    They read the switch when they are imported: call this before.
    """
    if not constants.HF_HUB_OFFLINE:
        try:
            httpx.head(constants.ENDPOINT, timeout=ANSWER_S)
        except httpx.HTTPError:
            constants.HF_HUB_OFFLINE = True
    return not constants.HF_HUB_OFFLINE
