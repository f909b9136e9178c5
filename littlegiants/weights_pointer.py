"""The weights channel: what promotions write, whichever run makes them, and what generators follow.

<channel>/<role>/current.json            the pointer: which digest, and which version this is
<channel>/<role>/candidate.json          weights that are tried before they are live, if any are
<channel>/<role>/versions/<number>.json  every pointer that there was, the present one included
<channel>/<role>/<digest>/manifest.json  {"files": {relative name: sha256}}
<channel>/<role>/<digest>/...            the files; the digest is the manifest's own
"""

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PositiveInt

from littlegiants.errors import BadInput
from littlegiants.weights import HEX, read_record


class PromotedBy(BaseModel):
    """The stage of a run that made a version."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: str
    """Folder or URL of the run."""
    recipe: str
    """Digest of its recipe."""
    stage: str


class Pointer(BaseModel):
    """Which weights a role serves; `version` rises by one with each change, from 1."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: str
    digest: str = Field(pattern=HEX)
    version: PositiveInt
    previous: str | None = Field(None, pattern=HEX)
    created: AwareDatetime
    by: PromotedBy | None = None
    """Unset: a person, by hand."""
    channel: str = ""
    """URL of the channel that has the files; empty: they lie beside the pointer.

    A run that promotes into a channel elsewhere keeps such a pointer to what it promoted."""

    @property
    def maker(self) -> str:
        """Who made this version, in words."""
        return f"{self.by.stage} of {self.by.run}" if self.by else "by hand"


def pointer_path(role: str) -> str:
    """Where the pointer of `role` stands below the channel's URL."""
    return f"{role}/current.json"


def candidate_path(role: str) -> str:
    """Where the pointer to the candidate of `role` stands, which canaries follow."""
    return f"{role}/candidate.json"


def version_path(role: str, version: int) -> str:
    """Where the pointer that was number `version` of `role` is kept."""
    return f"{role}/versions/{version}.json"


def weights_path(role: str, digest: str) -> str:
    """Where the weights called `digest` stand below the channel's URL."""
    return f"{role}/{digest}"


def read_pointer(text: str | bytes, *, role: str) -> Pointer:
    """The pointer in `text`.

    Raises BadInput when it is no pointer, or another role's.
    """
    pointer = read_record(Pointer, text, pointer_path(role))
    if pointer.role != role:
        raise BadInput(f"{pointer_path(role)}: role is {pointer.role!r}; promote {role} again")
    return pointer
