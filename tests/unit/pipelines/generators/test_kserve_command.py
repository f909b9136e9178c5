"""`python -m pipelines kserve` does what is asked and says what is served then."""

from collections.abc import Mapping
from typing import Any

import pytest

from littlegiants.errors import BadInput
from pipelines.__main__ import Pipelines
from pipelines.cli.command_line import parsed
from pipelines.generators.kserve_client import Object, Patience
from pipelines.generators.kserve_command import Kserve
from tests.unit.pipelines.kserve_server import ApiServer

NAME = "lg-senior"
SERVICE = f"giants/{NAME}"
OLD, NEW = "s3://bucket/weights/senior/1", "s3://bucket/weights/senior/2"
SOON = Patience(limit_s=5, interval_s=0.01)


class Services:
    """One InferenceService that serves OLD and is ready at once."""

    def __init__(self) -> None:
        """Nothing was served before."""
        model = {"storageUri": OLD}
        mode = {"serving.kserve.io/deploymentMode": "Standard"}
        metadata = {"generation": 1, "annotations": mode}
        senior = {"metadata": metadata, "spec": {"predictor": {"model": model}}}
        self.server = ApiServer({NAME: senior})

    def get(self, name: str) -> Object:
        """The object as it is now."""
        return self.server.look(name)

    def patch(self, name: str, change: Mapping[str, Any]) -> Object:
        """The object after the change."""
        return self.server.patch(name, dict(change))


def done(services: Services, action: str, **flags: Any) -> str:
    command = Kserve.model_validate({"action": action, "service": SERVICE, **flags})
    return command.done(services, SOON)


def test_weights_are_promoted_and_rolled_back_by_hand() -> None:
    services = Services()
    assert done(services, "promote", uri=NEW) == f"{NAME} serves {NEW}"
    assert done(services, "rollback") == f"{NAME} serves {OLD}"


@pytest.mark.parametrize(("action", "served"), [("finish", NEW), ("withdraw", OLD)])
def test_a_share_of_the_calls_comes_first(action: str, served: str) -> None:
    services = Services()
    told = done(services, "promote", uri=NEW, percent=10)
    assert told == f"{NAME} serves {OLD}, 10 % to a canary"
    assert done(services, action) == f"{NAME} serves {served}"


@pytest.mark.parametrize("arguments", [["promote"], ["rollback", "--uri", NEW]])
def test_weights_are_named_to_promote_and_only_then(arguments: list[str]) -> None:
    with pytest.raises(BadInput, match="give --uri to promote, and only then"):
        parsed(Pipelines, ["kserve", *arguments, "--service", SERVICE])


def test_a_service_is_named_with_its_namespace() -> None:
    with pytest.raises(BadInput, match="--service"):
        parsed(Pipelines, ["kserve", "rollback", "--service", NAME])
