"""`python -m pipelines weights` and `rollback`: what a channel has, and which of it is served."""

from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import CliPositionalArg

from pipelines.cli.command_line import Flags
from pipelines.cli.step_flags import LOCAL, Folder


class WeightsSettings(Flags):
    """Which weights channel."""

    run: Folder = "runs/demo"
    """Folder or fsspec URL of a run: the channel that it promotes into."""
    channel: Folder = ""
    """Folder or fsspec URL of the channel itself, in place of a run."""


class Rollback(WeightsSettings):
    """Point a role's generators back to the weights before, or to given ones."""

    role: Literal["junior", "senior", "revisor"]
    """Whose generators."""
    to: str = ""
    """Digest of the weights; unset: those before the present ones."""
    generators: str = LOCAL
    """Wait for these to serve them: dns:///{role}:50051, or junior=ADDRESS,senior=…"""

    def cli_cmd(self) -> None:
        """Point back, wait, and say what happened."""
        from pipelines.generators.commands import channel_folder, roll_back

        folder = channel_folder(self.run, self.channel)
        for line in roll_back(folder, self.role, to=self.to, generators=self.generators):
            print(line, flush=True)


class CandidateWeights(WeightsSettings):
    """Have canaries serve other weights to a share of the calls, before they are live.

    python -m pipelines candidate offer --role senior --model runs/two/models/senior
    """

    action: CliPositionalArg[Literal["offer", "finish", "withdraw"]]
    """offer --model FOLDER or --to DIGEST; finish makes the candidate live; withdraw."""
    role: Literal["junior", "senior", "revisor"]
    """Whose weights."""
    model: str = ""
    """Folder of the model, on this machine."""
    to: str = ""
    """Digest of weights that the channel has, in place of a model."""

    def cli_cmd(self) -> None:
        """Do it, and say what is served."""
        from pipelines.generators.candidates import finish, offer, withdraw
        from pipelines.generators.commands import channel_folder
        from pipelines.generators.weights_channel import Channel

        channel = Channel(channel_folder(self.run, self.channel), self.role)
        if self.action == "offer":
            lines = offer(channel, model=self.model, to=self.to)
        else:
            lines = finish(channel) if self.action == "finish" else withdraw(channel)
        for line in lines:
            print(line)

    @model_validator(mode="after")
    def _says_what_is_offered(self) -> Self:
        if (self.action == "offer") != bool(self.model or self.to) or (self.model and self.to):
            raise ValueError("model, to: give one of them to offer, and none to finish or withdraw")
        return self


class ListWeights(WeightsSettings):
    """List a channel's weights and which run made them; * marks the present ones, + a candidate."""

    keep: int = Field(0, ge=0)
    """Remove the weights of all but the last so many versions of every role; 0 removes none."""

    def cli_cmd(self) -> None:
        """Print the list."""
        from pipelines.generators.commands import channel_folder, listing, pruned

        folder = channel_folder(self.run, self.channel)
        for line in pruned(folder, self.keep) if self.keep else ():
            print(line)
        for line in listing(folder):
            print(line)
