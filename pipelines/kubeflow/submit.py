"""The command `submit`: a run is started on Kubeflow Pipelines, and told while it goes."""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

import yaml
from pydantic import Field, model_validator
from pydantic_settings import CliImplicitFlag

from littlegiants.errors import BadInput
from littlegiants.heartbeat import doing
from pipelines.cli.step_flags import ChannelSettings, GeneratorsSettings, TeacherSettings
from pipelines.kubeflow.asked_roles import unwoken
from pipelines.kubeflow.placement import Arguments
from pipelines.kubeflow.settings import ApiSettings, GraphSettings, VersionSettings
from pipelines.preflight.preflight import EVERYTHING, findings_of, refuse, start_of
from pipelines.recipe.recipe import load_recipe, resolved
from pipelines.run.recipe_inputs import with_inputs

if TYPE_CHECKING:
    from pipelines.kubeflow.api import RunRequest, Version
    from pipelines.kubeflow.client import Api

LEFT_GOING = 130
"""Exit code after Ctrl-C."""
PLACES = ("run", "teacher", "generators", "channel")
OF_A_GRAPH = ("placement", "image", "pause_after")
"""What a version is compiled with, which is there when it is registered."""
SECONDS = {"m": 60, "h": 3600, "d": 86400}


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


class Submit(VersionSettings, FollowSettings, TeacherSettings, GeneratorsSettings, ChannelSettings):
    """Start a run on Kubeflow Pipelines; `--wait` follows it and leaves with its exit code."""

    # the last base's would win, which has no prefix for the environment
    model_config = GraphSettings.model_config

    as_registered: CliImplicitFlag[bool] = False
    """Start the version that was registered last, with its own recipe, run, teacher and generators
    where no flag says otherwise: nothing is compiled or looked at here."""
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
        said = [each for each in OF_A_GRAPH if getattr(self, each)]
        if self.as_registered and said:
            raise ValueError(f"as_registered: what is registered has its own {', '.join(said)}")
        return self

    def cli_cmd(self) -> None:
        """Check everything, upload the version if need be, start."""
        if self.as_registered:
            api, arguments = self.api(), self.changed()
            version = api.newest(self.pipeline)
            if "recipe" in arguments:
                self._check_woken(api.spec(version))
            self._begin(api, version, self.run_request(arguments))
            return
        options = self.options()
        settings = self.with_defaults(options.placement.arguments)
        devices = options.placement.training.over()
        start_there = start_of(settings, devices=devices, is_elsewhere=True)
        refuse(findings_of(start_there, EVERYTHING))
        wanted = self.run_request(settings.arguments())
        api = self.api()
        self._begin(api, self.registered(api, options), wanted)

    def _check_woken(self, spec: Mapping[str, Any]) -> None:
        """Raises BadInput where the recipe's stages would wait for generators that none wakes."""
        if faults := list(unwoken(spec, load_recipe(self.recipe, self.changes))):
            raise BadInput(
                f"recipe: {'; '.join(faults)}. Its labels are those of the recipe that it was "
                "registered with: set pipelines.recipe of the release to this one, then submit"
            )

    def _begin(self, api: "Api", version: "Version", wanted: "RunRequest") -> None:
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

    def run_request(self, arguments: Mapping[str, str]) -> "RunRequest":
        """What the run is started with."""
        from pipelines.kubeflow.api import RunRequest, run_name

        return RunRequest(
            self.name or run_name(arguments.get("run", self.pipeline)),
            experiment=self.experiment,
            arguments=arguments,
            service_account=self.service_account,
            pipeline_root=self.pipeline_root,
        )

    def with_defaults(self, told: Arguments) -> Self:
        """These settings, with the placement's arguments where a flag is not given."""
        given = told.model_dump(exclude_defaults=True)
        return self.model_copy(
            update={key: each for key, each in given.items() if key not in self.model_fields_set}
        )

    def changed(self) -> Mapping[str, str]:
        """The arguments that flags are given for; the registered version has the others.

        Raises BadInput when a recipe is changed that is not named.
        """
        if self.changes and "recipe" not in self.model_fields_set:
            raise BadInput("set: name the recipe that it changes with --recipe")
        told = self.arguments() if "recipe" in self.model_fields_set else {}
        given = {name: getattr(self, name) for name in PLACES}
        return {
            **{name: told[name] for name in ("recipe",) if name in told},
            **{name: each for name, each in given.items() if name in self.model_fields_set},
        }

    def arguments(self) -> Mapping[str, str]:
        """What the pipeline is started with."""
        recipe = with_inputs(load_recipe(self.recipe, self.changes))
        teacher = self.teacher or recipe.teacher.place
        told = {name: getattr(self, name) for name in PLACES} | {"teacher": teacher}
        return {"recipe": yaml.safe_dump(dict(resolved(recipe)), sort_keys=False), **told}
