"""What holds for every test: no network to a model hub, and hypothesis tries the same examples."""

import os

from hypothesis import settings

os.environ.setdefault("HF_HUB_OFFLINE", "1")

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")
