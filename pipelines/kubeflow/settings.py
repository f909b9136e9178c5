"""Settings of the commands that concern a cluster: what is compiled, and which API is asked."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

import littlegiants
from pipelines.cli.command_line import Flags
from pipelines.kubeflow.placement import load_placement
from pipelines.run.stages import Gate

if TYPE_CHECKING:
    from pipelines.kubeflow.api import ApiAddress, Version
    from pipelines.kubeflow.client import Api
    from pipelines.kubeflow.graph import GraphOptions

TOKEN_FILE = Path("/var/run/secrets/kubeflow/pipelines/token")
"""Where Kubeflow's own PodDefault projects a service account's token."""


class GraphSettings(Flags):
    """What a compiled graph depends on."""

    model_config = SettingsConfigDict(env_prefix="LITTLEGIANTS_KFP_")

    placement: str = ""
    """YAML file that says where each stage runs: resources, nodes, secrets, volumes."""
    image: list[str] = Field(default_factory=list)
    """pipeline=IMAGE or trainer=IMAGE in place of the default; may be given twice."""
    pause_after: list[Gate] = Field(default_factory=list)
    """judge, correct or curate: a person reads what came of it before the run goes on."""

    def options(self) -> "GraphOptions":
        """The graph that these settings ask for; raises BadInput naming what is wrong."""
        placement = load_placement(self.placement, self.image)
        from pipelines.kubeflow.graph import GraphOptions

        return GraphOptions(placement, tuple(self.pause_after))


class ApiSettings(Flags):
    """Where the API of Kubeflow Pipelines is, and who asks."""

    model_config = GraphSettings.model_config

    host: str = Field("http://localhost:8888", pattern="^https?://")
    """URL of the API, as http://ml-pipeline.kubeflow:8888 in a cluster."""
    ui: str = ""
    """URL of the user interface, for links; unset: the API's."""
    namespace: str = ""
    """Namespace of a multi-user installation."""
    token: SecretStr = SecretStr("")
    """Bearer token; set LITTLEGIANTS_KFP_TOKEN rather than the flag."""
    token_file: str = ""
    """File with a projected service-account token; unset: Kubeflow's own one if it is there."""
    ca_file: str = ""
    """Certificates that the API's is signed by."""
    wait_s: float = Field(60.0, ge=0)
    """How long an API that is not up is asked again."""

    def address(self) -> "ApiAddress":
        """Where to ask, and as whom."""
        from pipelines.kubeflow.api import ApiAddress

        token = self.token.get_secret_value()
        found = str(TOKEN_FILE) if TOKEN_FILE.exists() else ""
        return ApiAddress(
            self.host,
            namespace=self.namespace,
            token=token,
            token_file="" if token else self.token_file or found,
            ca_file=self.ca_file,
            ui=self.ui,
        )

    def api(self) -> "Api":
        """The API, as soon as it is up."""
        from pipelines.kubeflow.api import patiently
        from pipelines.kubeflow.client import Api

        return patiently(lambda: Api(self.address()), self.wait_s)


class VersionSettings(ApiSettings, GraphSettings):
    """Which version of which pipeline."""

    pipeline: str = "speed"
    """Name of the pipeline."""
    version: str = littlegiants.__version__
    """First part of the version's name; the second is the digest of the compiled graph."""

    def registered(
        self, api: "Api", options: "GraphOptions", *, is_newest: bool = False
    ) -> "Version":
        """The version at the API, uploaded if it is not there; with `is_newest`, as the last."""
        from pipelines.kubeflow.api import patiently

        told: dict[str, Any] = {"version": self.version, "pipeline": self.pipeline}
        return patiently(lambda: api.register(options, **told, is_newest=is_newest), self.wait_s)
