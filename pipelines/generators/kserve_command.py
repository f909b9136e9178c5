"""`python -m pipelines kserve`: weights through KServe by hand, to all calls or to a share."""

from typing import Literal

from pydantic import Field, model_validator
from pydantic_settings import CliPositionalArg

from pipelines.cli.command_line import Flags
from pipelines.generators.kserve import (
    canaries_of,
    finish,
    promote,
    roll_back,
    uri_of,
    withdraw,
)
from pipelines.generators.kserve_client import PATIENCE, Cluster, Patience, Services


class Kserve(Flags):
    """Promote weights through KServe, finish or withdraw a canary, or roll back.

    python -m pipelines kserve rollback --service littlegiants/littlegiants-senior
    """

    action: CliPositionalArg[Literal["promote", "finish", "withdraw", "rollback"]]
    """promote --uri URI, finish a canary, withdraw it, or rollback."""
    service: str = Field(pattern="^[^/]+/[^/]+$")
    """NAMESPACE/NAME of the InferenceService."""
    uri: str = ""
    """Weights to serve, as s3://bucket/run/weights/senior/DIGEST."""
    percent: int = Field(100, ge=1, le=100)
    """Share of the calls; below 100 a canary stands beside what is served."""

    @model_validator(mode="after")
    def _has_weights(self) -> "Kserve":
        if (self.action == "promote") != bool(self.uri):
            raise ValueError("give --uri to promote, and only then")
        return self

    def cli_cmd(self) -> None:
        """Do it, and say what is served now."""
        print(self.done(Cluster.connect(self.service.partition("/")[0])))

    def done(self, services: Services, patience: Patience = PATIENCE) -> str:
        """A line on what is served after the action."""
        name = self.service.partition("/")[2]
        match self.action:
            case "promote":
                promote(services, name, self.uri, percent=self.percent, patience=patience)
            case "finish":
                finish(services, name, patience)
            case "withdraw":
                withdraw(services, name, patience)
            case "rollback":
                roll_back(services, name, patience)
        service = services.get(name)
        shares = (f", {each['trafficPercent']} % to a canary" for each in canaries_of(service))
        return f"{name} serves {uri_of(service)}{''.join(shares)}"
