"""`python -m pipelines`: run the loop here, compile it for a cluster, measure what it brings."""

import sys
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, CliApp, CliSubCommand, SettingsConfigDict

from littlegiants.errors import LittleGiantsError
from pipelines.journal_command import JournalCommand
from pipelines.stage import LOCAL, StepSettings, exit_code


class Run(StepSettings):
    """Run the whole loop on this machine; started again, it goes on where it was."""

    def cli_cmd(self) -> None:
        """Compile the graph and run it through kfp.local."""
        import yaml

        from pipelines.local import run_locally
        from pipelines.recipe import load_recipe, resolved

        recipe = yaml.safe_dump(dict(resolved(load_recipe(self.recipe, self.set))), sort_keys=False)
        folder = Path(self.run)
        arguments = {"recipe": recipe, "run": self.run, "teacher": self.teacher}
        run_locally({**arguments, "generators": self.generators}, folder)
        print(f"\nreport:   {folder / 'report.html'}\nsummary:  {folder / 'summary.json'}")
        print(f"data set: {folder / 'data/dataset.jsonl'}\nembedder: {folder / 'models/embedder'}")


class Compile(BaseSettings):
    """Write the pipeline's YAML: what is uploaded to Kubeflow Pipelines."""

    model_config = SettingsConfigDict(use_attribute_docstrings=True)

    output: Path = Path("speed.yaml")
    """File to write."""

    def cli_cmd(self) -> None:
        """Compile."""
        from pipelines.graph import compile_graph

        compile_graph(self.output)
        print(self.output)


class Ablate(StepSettings):
    """Yields of all generators on prompts that no stage saw, and embedders side by side."""

    prompt_count: int = Field(100, gt=0)
    """Held-out prompts."""

    def cli_cmd(self) -> None:
        """Measure, and write `ablation.json` and the report again."""
        from pipelines.ablation import ablate

        ablate(self, self.prompt_count)


class Rollback(BaseSettings):
    """Point a role's generators back to the weights before, or to given ones."""

    model_config = SettingsConfigDict(use_attribute_docstrings=True)

    run: str = "runs/demo"
    """Folder or fsspec URL of the run."""
    role: str = Field(pattern="^(junior|senior|revisor)$")
    """junior, senior or revisor."""
    to: str = ""
    """Digest of the weights; unset: those before the present ones."""
    generators: str = LOCAL
    """Wait for these to serve them: dns:///{role}:50051, or junior=ADDRESS,senior=…"""

    def cli_cmd(self) -> None:
        """Point back, wait, and say what happened."""
        from pipelines.weights_commands import roll_back

        for line in roll_back(self.run, self.role, to=self.to, generators=self.generators):
            print(line, flush=True)


class Weights(BaseSettings):
    """List the weights of a run's generators; * marks the present ones."""

    model_config = SettingsConfigDict(use_attribute_docstrings=True)

    run: str = "runs/demo"
    """Folder or fsspec URL of the run."""

    def cli_cmd(self) -> None:
        """Print the list."""
        from pipelines.weights_commands import listing

        for line in listing(self.run):
            print(line)


class Pipelines(BaseSettings):
    """The SPEED loop: align three small generators, synthesize, train an embedder, evaluate."""

    model_config = SettingsConfigDict(cli_prog_name="python -m pipelines", cli_kebab_case=True)

    run: CliSubCommand[Run]
    compile: CliSubCommand[Compile]
    ablate: CliSubCommand[Ablate]
    rollback: CliSubCommand[Rollback]
    weights: CliSubCommand[Weights]
    journal: CliSubCommand[JournalCommand]

    def cli_cmd(self) -> None:
        """Do what was asked for."""
        CliApp.run_subcommand(self)


if __name__ == "__main__":
    try:
        CliApp.run(Pipelines)
    except LittleGiantsError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(exit_code(error))
