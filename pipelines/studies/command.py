"""The command `ablate`: what aligning the generators brought, measured on a finished run."""

from pydantic import Field

from pipelines.cli.step_flags import FolderSettings, GeneratorsSettings, TeacherSettings


class Ablate(TeacherSettings, GeneratorsSettings, FolderSettings):
    """Yields of all generators on prompts that no stage saw, and embedders side by side."""

    prompt_count: int = Field(100, gt=0)
    """Held-out prompts."""

    def cli_cmd(self) -> None:
        """Measure, and write `ablation.json` and the report again."""
        from pipelines.studies.ablation import ablate

        ablate(self, self.prompt_count)
