"""`python -m pipelines`: run the loop here or on a cluster, read it, measure what it brings."""

import contextlib
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from pydantic import Field
from pydantic_settings import (
    CliApp,
    CliImplicitFlag,
    CliSubCommand,
    SettingsConfigDict,
    get_subcommand,
)

from littlegiants.errors import BadInput
from littlegiants.heartbeat import Heartbeat
from littlegiants.proxies import spare_nearby
from pipelines.cli.command_line import Flags, parsed, told_on_one_line
from pipelines.cli.step_flags import (
    ChannelSettings,
    GeneratorsSettings,
    TeacherSettings,
)
from pipelines.comparison.command import Compare
from pipelines.distributed.devices import Devices
from pipelines.generators.kserve_command import Kserve
from pipelines.generators.weights_commands import CandidateWeights, ListWeights, Rollback
from pipelines.journal.command import JournalCommand
from pipelines.kubeflow.commands import Compile, Follow, Register, Stop
from pipelines.kubeflow.submit import Submit
from pipelines.rehearsal.command import Rehearse
from pipelines.review.command import Review
from pipelines.run.stages import Gate
from pipelines.studies.command import Ablate, Study

if TYPE_CHECKING:
    from pipelines.forecast.stage_costs import Forecast
    from pipelines.forecast.stage_gpus import StageGpus
    from pipelines.preflight.findings import Start


class RunHere(TeacherSettings, GeneratorsSettings, ChannelSettings):
    """Run the whole loop on this machine; started again, it goes on where it was."""

    pause_after: list[Gate] = Field(default_factory=list)
    """judge, correct or curate: a person reads what came of it before the run goes on."""

    def cli_cmd(self) -> None:
        """Compile the graph and run it through kfp.local."""
        import yaml

        from pipelines.forecast.kept_plan import keep_plan
        from pipelines.forecast.plan import machine_here
        from pipelines.kubeflow.local_runner import alone_in, run_locally
        from pipelines.preflight.preflight import preflight, start_of
        from pipelines.recipe.recipe import resolved
        from pipelines.run.folder import Run
        from pipelines.run.recipe_inputs import with_inputs

        start, folder = start_of(self), Path(self.run)
        with alone_in(folder):
            preflight(start)
        wanted = with_inputs(start.recipe)
        teacher = start.work.teacher
        keep_plan(Run(start.work.run.folder, wanted), teacher, machine_here)
        text = yaml.safe_dump(dict(resolved(wanted)), sort_keys=False)
        told = {"recipe": text, "run": self.run, "teacher": teacher, "generators": self.generators}
        run_locally({**told, "channel": self.channel}, folder, pause_after=self.pause_after)
        print(f"\nreport:   {folder / 'report.html'}\nsummary:  {folder / 'summary.json'}")
        print(f"data set: {folder / 'data/dataset.jsonl'}\nembedder: {folder / 'models/embedder'}")


class Plan(TeacherSettings, GeneratorsSettings, ChannelSettings):
    """Forecast calls, tokens, money, GPU hours, bytes and time; say all that a recipe has wrong."""

    gpus: int = Field(8, gt=0)
    """H100s that work side by side."""
    like: str = ""
    """Folder or fsspec URL of a finished run: how far its forecast was off corrects this one."""
    rates: str = ""
    """File that `make sweep` wrote: how fast the generators' engine writes, measured."""
    placement: str = ""
    """YAML file that says where the stages run: with how many GPUs; do the batches suit them?"""
    check: CliImplicitFlag[bool] = False
    """Look at store, models, generators, disk and memory too; nothing is paid or downloaded."""

    def cli_cmd(self) -> None:
        """Print the forecast."""
        from pipelines.forecast.past_run import scaled_as
        from pipelines.forecast.swept_rates import swept
        from pipelines.forecast.table import plan_page
        from pipelines.kubeflow.placed_gpus import gpus_in
        from pipelines.preflight import preflight
        from pipelines.teacher.endpoint import teacher_price

        start = preflight.start_of(self, self.devices())
        recipe, teacher = start.recipe, start.work.teacher
        checks = preflight.EVERYTHING if self.check else preflight.OF_THE_FLAGS
        findings = preflight.findings_of(start, checks)
        gpus, rates = gpus_in(self.placement, recipe), swept(self.rates, recipe.models.generator)
        title = f"{recipe.name}: teacher {teacher}, {self.gpus} GPUs where a stage uses them"
        title += f", but as in {self.placement}" if gpus else ""
        price, forecasts = teacher_price(recipe, teacher), []
        with contextlib.suppress(BadInput):  # it is among the findings
            is_bad = preflight.has_problems(findings)
            forecasts = self._forecasts(start, gpus, rates, is_bad=is_bad)
        forecasts = scaled_as(self.like, forecasts) if self.like else forecasts
        if forecasts:
            print(plan_page(forecasts, recipe, title, price))
        preflight.refuse(findings)

    def devices(self) -> Devices | None:
        """Those of a training that are told, by the placement or else as so many GPUs."""
        from pipelines.kubeflow.placement import devices_in

        gpus = Devices(self.gpus) if "gpus" in self.model_fields_set else None
        return devices_in(self.placement) or gpus

    def _forecasts(
        self,
        start: "Start",
        gpus: "dict[str, StageGpus]",
        rates: dict[str, Any],
        *,
        is_bad: bool,
    ) -> "list[Forecast]":
        from pipelines.forecast.machine import Machine
        from pipelines.forecast.plan import machine_here
        from pipelines.forecast.stage_gpus import plan_on
        from pipelines.storage.store import is_local

        recipe, here = start.recipe, is_local(start.work.run.folder)
        machine = Machine(self.gpus) if is_bad else machine_here(recipe, self.gpus)
        return plan_on(gpus, recipe, start.work.teacher, replace(machine, **rates), is_local=here)


class Pipelines(Flags):
    """The SPEED loop: align three small generators, synthesize, train an embedder, evaluate.

    python -m pipelines plan --recipe paper-8b --teacher openai
    python -m pipelines run --run runs/demo --set synthesize.count=500
    python -m pipelines COMMAND --help
    """

    model_config = SettingsConfigDict(cli_prog_name="python -m pipelines")

    run: CliSubCommand[RunHere]
    review: CliSubCommand[Review]
    compile: CliSubCommand[Compile]
    # every class has a `register` already
    register_: CliSubCommand[Register] = Field(alias="register")
    submit: CliSubCommand[Submit]
    follow: CliSubCommand[Follow]
    stop: CliSubCommand[Stop]
    ablate: CliSubCommand[Ablate]
    compare: CliSubCommand[Compare]
    study: CliSubCommand[Study]
    plan: CliSubCommand[Plan]
    rehearse: CliSubCommand[Rehearse]
    rollback: CliSubCommand[Rollback]
    weights: CliSubCommand[ListWeights]
    candidate: CliSubCommand[CandidateWeights]
    kserve: CliSubCommand[Kserve]
    journal: CliSubCommand[JournalCommand]

    def cli_cmd(self) -> None:
        """Do what was asked for."""
        chosen = get_subcommand(self, cli_exit_on_error=False)
        name = next(name for name, given in self if given is chosen).rstrip("_")
        # not where the answer goes, which may be a file
        with Heartbeat(lambda line: print(f"[{name}] {line}", file=sys.stderr, flush=True)):
            CliApp.run_subcommand(self)


def commands_with(flag: str) -> list[str]:
    """Names of the commands that have a flag, named as a field."""
    fields = Pipelines.model_fields.items()
    commands = {field.alias or name: get_args(field.annotation)[0] for name, field in fields}
    return [name for name, command in commands.items() if flag in command.model_fields]


if __name__ == "__main__":
    spare_nearby()
    with told_on_one_line():
        parsed(Pipelines, owners=commands_with)
