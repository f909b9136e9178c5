"""Settings of a generator: its flags."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Self

from pydantic import (
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import CliApp, CliImplicitFlag, SettingsConfigDict

from littlegiants.adapters import RANKS
from littlegiants.dtypes import Dtype
from services.generator.engine_options import EngineOptions
from services.generator.roles import ServedRoles

PROGRAM = "python -m services.generator"


class GeneratorSettings(ServedRoles, EngineOptions):
    """Serve one small model over gRPC: samples (junior, senior) or revisions (revisor).

    python -m services.generator --role junior --model models/junior
    python -m services.generator --role senior --weights s3://bucket/run/weights --first-wait-s 600
    python -m services.generator --roles junior,senior,revisor --weights s3://bucket/run/weights
    --adapter-base models/base

    Names end in their unit: -s is seconds, -gib is GiB.
    """

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix="LITTLEGIANTS_",
        use_attribute_docstrings=True,
        cli_kebab_case=True,
        cli_prog_name=PROGRAM,
    )

    model: Path | None = None
    """Folder of the model to serve; or give --weights."""
    weights: str = ""
    """Folder or fsspec URL of the weights channel, whose pointer is followed; or give --model."""
    cache: Path = Path("~/.cache/littlegiants/weights")
    """Folder for copies of weights that are not on this machine."""
    adapter_base: Path | None = None
    """Folder of the model that the weights are adapters (LoRA) for; without it: whole models."""
    max_adapter_rank: int = 64
    """Highest rank of an adapter."""
    poll_s: NonNegativeFloat = 0
    """Seconds between looks at the weights pointer; 0 looks only when Admin.Reload says so."""
    peers: str = ""
    """Where this role's replicas are, as dns:///NAME:PORT or ADDRESS,ADDRESS: with --poll-s they
    load new weights in turn, a quarter of them at once, or one. Without it: at the next look."""
    own_address: str = ""
    """Which of the peers this one is, as HOST:PORT."""
    candidate: CliImplicitFlag[bool] = False
    """Serve the channel's candidate in place of its live weights, while it has one."""
    first_wait_s: NonNegativeFloat = 0
    """Seconds to wait for the first promotion to an empty weights channel; 0 ends at once. With
    --roles nothing waits: the base serves meanwhile."""
    host: str = "0.0.0.0"
    """Address to listen on."""
    port: int = Field(50051, ge=0, le=65535)
    """Port to listen on; 0 takes a free one and logs it."""
    admin_port: int = Field(0, ge=0, le=65535)
    """Port of the admin service; 0 leaves it off."""
    admin_host: str = "127.0.0.1"
    """Address of the admin service."""
    tls_cert: Path | None = None
    """Certificate chain of both ports (PEM); read again when it changes. Without it: plaintext."""
    tls_key: Path | None = None
    """Its key (PEM, no password)."""
    tls_client_ca: Path | None = None
    """CA of clients (PEM); with it, clients must show a certificate that it signed."""
    tokens: Path | None = None
    """Folder of callers' tokens, one file named after each caller; without it none is asked for."""
    admin_tokens: Path | None = None
    """The same for the admin port; tokens of the one port do not open the other."""
    max_in_flight_per_caller: NonNegativeInt = 0
    """Items that one caller may have under way; 0 is no limit."""
    items_per_minute_per_caller: NonNegativeInt = 0
    """Items that one caller may ask for in a minute; 0 is no limit."""
    metrics_port: int = Field(0, ge=0, le=65535)
    """Port of the metrics for Prometheus (HTTP, plaintext); 0 leaves them off."""
    metrics_host: str = "0.0.0.0"
    """Address of the metrics."""
    otlp_endpoint: str = Field("", pattern="^(https?://.+)?$")
    """Collector of traces, OTLP over gRPC, for example http://collector:4317; empty: no traces."""
    log_format: Literal["text", "json"] = "text"
    """Of the log: text, or one JSON object a line."""
    dtype: Dtype = "auto"
    """Of weights and activations; auto: what the device multiplies natively."""
    max_model_len: PositiveInt = 1024
    """Tokens of prompt and completion together."""
    max_seqs: PositiveInt = 64
    """Completions written side by side; more wait."""
    max_waiting: PositiveInt = 1024
    """Completions that may wait; a call that comes while so many do is refused."""
    kv_cache_gib: PositiveFloat = 1
    """Memory for keys and values."""
    max_batch_requests: PositiveInt = 4096
    """Requests in one batch."""
    max_count: PositiveInt = 64
    """Candidates of one request."""
    max_attempts: PositiveInt = 8
    """Attempts for one candidate."""
    max_connection_age_s: NonNegativeFloat = 600
    """Seconds after which a connection is closed, so that clients find new servers; 0 never."""
    longest_call_s: PositiveFloat = 3600
    """Seconds that calls under way get when their connection is closed for its age."""
    grace_s: NonNegativeFloat = 10
    """Seconds that calls under way get when the server is told to stop."""

    @property
    def engine_seqs(self) -> int:
        """Completions side by side of all roles."""
        return self.max_seqs * len(self.role_names)

    @field_validator("max_adapter_rank")
    @classmethod
    def _is_a_rank(cls, rank: int) -> int:
        if rank not in RANKS:
            raise ValueError(f"choose one of {', '.join(map(str, RANKS))}")
        return rank

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        if (self.model is None) == (not self.weights):
            raise ValueError("give either --model or --weights")
        if self.candidate and not self.weights:
            raise ValueError("--candidate needs --weights, the channel that has one")
        return self

    @model_validator(mode="after")
    def _has_its_roles(self) -> Self:
        if (not self.role) == (not self.roles):
            raise ValueError("give either --role or --roles")
        if not self.roles:
            return self
        if not (self.weights and self.adapter_base):
            raise ValueError(
                "--roles needs --weights, the channel of their adapters, and --adapter-base: whole "
                "models do not share an engine"
            )
        if self.peers:
            raise ValueError("--peers: replicas of one role take turns; leave it out with --roles")
        names, ports = (
            self.role_names,
            [port for each in self.each() for port in each.ports if port],
        )
        if len({*names}) < len(names) or len({*ports}) < len(ports):
            raise ValueError("--roles: name each role once, and ports that leave each its own")
        return self

    @model_validator(mode="after")
    def _knows_its_place(self) -> Self:
        if self.peers and not self.own_address:
            raise ValueError("--peers needs --own-address, which of them this one is")
        return self

    @model_validator(mode="after")
    def _is_guarded_wholly(self) -> Self:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("give --tls-cert and --tls-key together")
        if self.tls_client_ca is not None and self.tls_cert is None:
            raise ValueError("--tls-client-ca needs --tls-cert and --tls-key")
        if self.tokens is None and (
            self.max_in_flight_per_caller or self.items_per_minute_per_caller
        ):
            raise ValueError("quotas need --tokens: callers are told apart by their tokens")
        return self


def parse(arguments: Sequence[str] | None = None) -> GeneratorSettings:
    """Settings from the command line; a wrong flag ends the process and says why."""
    arguments = list(arguments) if arguments is not None else None
    try:
        return CliApp.run(GeneratorSettings, cli_args=arguments)
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            flag = "--" + "-".join(map(str, fault["loc"])).replace("_", "-") if fault["loc"] else ""
            print(f"{PROGRAM}: {flag} {fault['msg']}".replace("  ", " "), file=sys.stderr)
        raise SystemExit(2) from None
