"""Commands that concern a cluster: compile, register, follow, stop."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic_settings import CliPositionalArg

from littlegiants.errors import BadInput, LittleGiantsError
from pipelines.kubeflow.settings import ApiSettings, GraphSettings, VersionSettings
from pipelines.kubeflow.submit import FollowSettings

if TYPE_CHECKING:
    from pipelines.kubeflow.graph import GraphOptions

SINGLE_USER = "kubeflow"
"""Where all steps run, in an installation without tenants."""


class Compile(GraphSettings):
    """Write the pipeline's YAML: what is uploaded to Kubeflow Pipelines."""

    output: Path = Path("speed.yaml")
    """File to write."""

    def cli_cmd(self) -> None:
        """Compile."""
        options = self.options()
        if self.output.suffix not in (".yaml", ".yml"):
            raise BadInput(f"--output {self.output}: name a file that ends in .yaml")
        from pipelines.kubeflow.graph import compile_graph

        compile_graph(self.output, options)
        print(self.output)


class Register(VersionSettings):
    """Upload the pipeline, or a new version of it, unless that is its newest already."""

    form: Literal["api", "crd"] = "api"
    """`api` uploads; `crd` prints Pipeline and PipelineVersion objects for kubectl or a chart."""

    def cli_cmd(self) -> None:
        """Upload, or print."""
        options = self.options()
        if self.form == "crd":
            print(self._manifests(options), end="")
            return
        version = self.registered(self.api(), options, is_newest=True)
        state = "uploaded" if version.is_new else "is there already"
        print(f"{self.pipeline} {version.name}: {state} (version id {version.version_id})")

    def _manifests(self, options: "GraphOptions") -> str:
        from pipelines.kubeflow.api import version_name
        from pipelines.kubeflow.graph import compile_graph, compile_manifests

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "pipeline.yaml")
            compile_graph(path, options)
            version = version_name(self.version, path.read_bytes())
            named = {"pipeline": self.pipeline, "namespace": self.namespace}
            compile_manifests(path, options, version=version, **named)
            return path.read_text(encoding="utf-8")


class Follow(FollowSettings):
    """Tell how a run goes until it is over; leaves with its exit code."""

    run_id: CliPositionalArg[str]
    """Id of the run, as `submit` printed it."""

    def cli_cmd(self) -> None:
        """Follow."""
        self.follow(self.api(), self.run_id)


class Stop(ApiSettings):
    """Stop a run and its trainings on several nodes; what its stages have done stays, and the same
    run can be submitted again."""

    run_id: CliPositionalArg[str]
    """Id of the run, as `submit` printed it."""

    def cli_cmd(self) -> None:
        """Stop."""
        self.api().stop(self.run_id)
        print(f"{self.run_id}: told to stop")
        from pipelines.distributed.trainjob import end_trainings

        space = self.namespace or SINGLE_USER
        try:
            for each in end_trainings(space, self.run_id):
                print(f"TrainJob {space}/{each}: ended")
        except LittleGiantsError as error:
            print(
                f"A training on several nodes ends when its pod is told; from here it cannot be "
                f"seen ({error}). To make sure: kubectl delete trainjobs --namespace {space} "
                f"--selector littlegiants/run-id={self.run_id}"
            )
