"""What holds for every test: no network to a hub or a cloud; hypothesis tries the same examples."""

import os

from hypothesis import settings

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")
