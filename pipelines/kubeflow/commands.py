"""Commands that concern a cluster: compile, register, submit, follow, stop."""

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

import yaml
from pydantic import Field, model_validator
from pydantic_settings import CliImplicitFlag, CliPositionalArg

from littlegiants.heartbeat import doing
from pipelines.cli.step_flags import GeneratorsSettings, TeacherSettings
from pipelines.kubeflow.settings import ApiSettings, GraphSettings, VersionSettings
from pipelines.preflight.preflight import EVERYTHING, findings_of, refuse, start_of
from pipelines.recipe.recipe import load_recipe, resolved
from pipelines.run.recipe_inputs import with_inputs

if TYPE_CHECKING:
    from pipelines.kubeflow.api import RunRequest
    from pipelines.kubeflow.client import Api
    from pipelines.kubeflow.graph import GraphOptions

LEFT_GOING = 130
"""Exit code after Ctrl-C."""
SECONDS = {"m": 60, "h": 3600, "d": 86400}


class Compile(GraphSettings):
    """Write the pipeline's YAML: what is uploaded to Kubeflow Pipelines."""

    output: Path = Path("speed.yaml")
    """File to write."""

    def cli_cmd(self) -> None:
        """Compile."""
        options = self.options()
        from pipelines.kubeflow.graph import compile_graph

        compile_graph(self.output, options)
        print(self.output)


class Register(VersionSettings):
    """Upload the pipeline, or a new version of it; what is there already stays as it is."""

    form: Literal["api", "crd"] = "api"
    """`api` uploads; `crd` prints Pipeline and PipelineVersion objects for kubectl or a chart."""

    def cli_cmd(self) -> None:
        """Upload, or print."""
        options = self.options()
        if self.form == "crd":
            print(self._manifests(options), end="")
            return
        version = self.registered(self.api(), options)
        state = "uploaded" if version.is_new else "is there already"
        print(f"{self.pipeline} {version.name}: {state} (version id {version.version_id})")

    def _manifests(self, options: "GraphOptions") -> str:
        from pipelines.kubeflow.api import version_name
        from pipelines.kubeflow.graph import compile_graph, compile_manifests

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "pipeline.yaml")
            compile_graph(path, options)
            version = version_name(self.version, path.read_bytes())
            compile_manifests(path, options, version=version, namespace=self.namespace)
            return path.read_text(encoding="utf-8")


class FollowSettings(ApiSettings):
    """How a run is told."""

    interval_s: float = Field(5.0, gt=0)
    """Seconds between looks at the run."""

    def follow(self, api: "Api", run_id: str) -> None:
        """Tell how a run goes, and leave with its exit code."""
        from pipelines.kubeflow.follow import Teller, ending_of, exit_code_of, follow

        teller = Teller()
        try:
            with doing(lambda: f"nothing new: {teller.standing}"):
                look = follow(api, run_id, teller=teller, interval_s=self.interval_s)
        except KeyboardInterrupt:
            print(f"\nThe run goes on: {api.link(run_id)}\n{self.remedies(run_id)}")
            sys.exit(LEFT_GOING)
        print(f"[run] {ending_of(look)}\n{api.link(run_id)}", flush=True)
        sys.exit(exit_code_of(look))

    def remedies(self, run_id: str) -> str:
        """What can be done about a run that goes on."""
        where = f"{run_id} --host {self.host}"
        where += f" --namespace {self.namespace}" if self.namespace else ""
        return (
            f"follow: python -m pipelines follow {where}\nstop:   python -m pipelines stop {where}"
        )


class Submit(VersionSettings, FollowSettings, TeacherSettings, GeneratorsSettings):
    """Start a run on Kubeflow Pipelines; `--wait` follows it and leaves with its exit code."""

    # the last base's would win, which has no prefix for the environment
    model_config = GraphSettings.model_config

    wait: CliImplicitFlag[bool] = False
    """Tell how the run goes until it is over; Ctrl-C leaves it going."""
    name: str = ""
    """Name of the run; unset: the run's folder and the time."""
    experiment: str = "littlegiants"
    """Experiment that the run belongs to."""
    service_account: str = ""
    """Service account of the run's pods; unset: the installation's."""
    pipeline_root: str = ""
    """URL below which KFP keeps its own artifacts; unset: the installation's."""
    every: str = Field("", pattern=r"^([1-9][0-9]*[mhd])?$")
    """Start again and again, as often as 30m, 6h or 1d."""
    cron: str = ""
    """Start at the times of a cron expression of six fields, seconds first: 0 0 3 * * *."""

    @model_validator(mode="after")
    def _is_one_kind_of_run(self) -> Self:
        if self.every and self.cron:
            raise ValueError("every, cron: give one of them")
        if self.wait and (self.every or self.cron):
            raise ValueError("wait: a recurring run has no end to wait for; leave --wait out")
        return self

    def cli_cmd(self) -> None:
        """Check everything, upload the version if need be, start."""
        options = self.options()
        devices = options.placement.training.over()
        start_there = start_of(self, devices=devices, is_elsewhere=True)
        refuse(findings_of(start_there, EVERYTHING))
        wanted = self.run_request()
        api = self.api()
        version = self.registered(api, options)
        what = f"of {self.pipeline} {version.name}"
        if self.every or self.cron:
            from pipelines.kubeflow.api import Trigger

            every = int(self.every[:-1]) * SECONDS[self.every[-1]] if self.every else 0
            found = api.repeat(version, wanted, Trigger(every, self.cron))
            print(f"{wanted.name}: recurring run {found} {what}")
            return
        run_id = api.start(version, wanted)
        print(f"{wanted.name}: run {run_id} {what}\n{api.link(run_id)}", flush=True)
        if self.wait:
            self.follow(api, run_id)
        print(self.remedies(run_id))

    def run_request(self) -> "RunRequest":
        """What the run is started with."""
        from pipelines.kubeflow.api import RunRequest, run_name

        return RunRequest(
            self.name or run_name(self.run),
            experiment=self.experiment,
            arguments=self.arguments(),
            service_account=self.service_account,
            pipeline_root=self.pipeline_root,
        )

    def arguments(self) -> Mapping[str, str]:
        """What the pipeline is started with."""
        recipe = with_inputs(load_recipe(self.recipe, self.changes))
        teacher = self.teacher or recipe.teacher.place
        told = {"run": self.run, "teacher": teacher, "generators": self.generators}
        return {"recipe": yaml.safe_dump(dict(resolved(recipe)), sort_keys=False), **told}


class Follow(FollowSettings):
    """Tell how a run goes until it is over; leaves with its exit code."""

    run_id: CliPositionalArg[str]
    """Id of the run, as `submit` printed it."""

    def cli_cmd(self) -> None:
        """Follow."""
        self.follow(self.api(), self.run_id)


class Stop(ApiSettings):
    """Stop a run; what its stages have done stays, and the same run can be submitted again."""

    run_id: CliPositionalArg[str]
    """Id of the run, as `submit` printed it."""

    def cli_cmd(self) -> None:
        """Stop."""
        self.api().stop(self.run_id)
        print(f"{self.run_id}: told to stop")
