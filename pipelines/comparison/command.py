"""The command `compare`: several finished runs as a table, a page, or JSON."""

from pydantic import Field
from pydantic_settings import CliPositionalArg

from pipelines.cli.command_line import Flags
from pipelines.cli.step_flags import Folder


class Compare(Flags):
    """Compare finished runs: what each cost in all (teacher and GPU hours) against the mean score
    of its embedder over the tasks that all were scored on. A * marks runs that none beats: no other
    is as good for less, or better for as much.

    python -m pipelines compare runs/demo s3://bucket/run --html comparison.html
    """

    runs: CliPositionalArg[list[Folder]] = Field(min_length=1)
    """Folders or fsspec URLs of runs that have ended; each has a summary.json."""
    html: Folder = ""
    """File or fsspec URL: write a page with the chart there."""
    json_: Folder = Field("", alias="json")
    """File or fsspec URL: write the numbers there."""

    def cli_cmd(self) -> None:
        """Print the table, and write what was asked for."""
        import json

        from upath import UPath

        from pipelines.comparison.chart import page, table
        from pipelines.comparison.compared_runs import compared
        from pipelines.storage.atomic_writes import write_whole

        found = compared(self.runs)
        print(table(found))
        if self.html:
            write_whole(UPath(self.html), page(found))
        if self.json_:
            write_whole(UPath(self.json_), json.dumps(found.record(), indent=1) + "\n")
