"""A home for what libraries cache and a step copies, also where a pod's user has none."""

import os
import tempfile
from pathlib import Path


def ensure_home() -> None:
    """Make the temporary folder the home where the user's own cannot be written.

    So it is where a cluster gives each pod a user that the image does not know.
    """
    home = Path.home()
    is_there = home.is_dir() and os.access(home, os.W_OK)
    if not (is_there or (home / ".cache").is_dir()):  # which may be a volume of its own
        os.environ["HOME"] = tempfile.gettempdir()
