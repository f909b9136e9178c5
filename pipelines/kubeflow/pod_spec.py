"""What may be said of the pod of one stage; what is not said is the cluster's default."""

from typing import Annotated, Literal

from pydantic import Field, PositiveInt

from pipelines.recipe.sections import Section

Quantity = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?([EPTGMK]i?|m)?$")]
Label = Annotated[
    str, Field(pattern="^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$", max_length=63)
]
VolumeName = Annotated[str, Field(pattern="^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$")]
"""Kubeflow calls a volume as its Secret or claim is called; such a name has no dot."""
MountPath = Annotated[str, Field(pattern="^/")]


class Accelerator(Section):
    """Devices of a pod."""

    type: str = "nvidia.com/gpu"
    """Name of the extended resource."""
    count: PositiveInt = 1
    """Devices."""
    shares: PositiveInt = 1
    """Of a device that the device plugin cuts by time: units of the resource that are all of it."""


class Toleration(Section):
    """A taint that the pod puts up with."""

    key: str | None = None
    """Taint; unset tolerates all, with operator Exists."""
    operator: Literal["Equal", "Exists"] = "Equal"
    """How `value` is compared."""
    value: str | None = None
    """The taint's value."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    """Unset: all effects."""


class SecretVariables(Section):
    """Keys of a Secret as environment variables."""

    name: str
    """The Secret."""
    keys: dict[str, str] = Field(min_length=1)
    """Key in the Secret: name of the variable."""
    optional: bool = False
    """The pod starts without it."""


class SecretFiles(Section):
    """A Secret as files."""

    name: VolumeName
    """The Secret."""
    path: MountPath
    """Folder in the container."""
    optional: bool = False
    """The pod starts without it."""


class Claim(Section):
    """A PersistentVolumeClaim in the pod."""

    name: VolumeName
    """The claim; it must exist, and be ReadWriteMany where several pods write."""
    path: MountPath
    """Folder in the container."""
    sub_path: str = ""
    """Folder in the volume."""


class Pod(Section):
    """The pod of one stage; what is not said is the cluster's default."""

    cpu_request: Quantity | None = None
    """Cores, as 2 or 500m."""
    cpu_limit: Quantity | None = None
    """Most cores."""
    memory_request: Quantity | None = None
    """Bytes, as 8Gi."""
    memory_limit: Quantity | None = None
    """Most bytes."""
    accelerator: Accelerator | None = None
    """GPUs."""
    shm: Quantity | None = None
    """Size of /dev/shm, which counts as the pod's memory; several GPUs need it."""
    node_selector: dict[str, Label] = Field({})
    """Labels of the node."""
    tolerations: tuple[Toleration, ...] = ()
    """Taints to put up with."""
    secret_variables: tuple[SecretVariables, ...] = ()
    """Secrets as environment variables."""
    secret_files: tuple[SecretFiles, ...] = ()
    """Secrets as files."""
    claims: tuple[Claim, ...] = ()
    """Volumes."""
    environment: dict[str, str] = Field({})
    """Environment variables; secrets do not belong here."""
    labels: dict[str, Label] = Field({})
    """Labels of the pod."""
    annotations: dict[str, str] = Field({})
    """Annotations of the pod."""
    pull_secrets: tuple[str, ...] = ()
    """Secrets of the image registry."""
    pull_policy: Literal["Always", "Never", "IfNotPresent"] | None = None
    """When the image is pulled."""
    timeout_s: PositiveInt | None = None
    """Longest time of one attempt."""
    retries: Annotated[int, Field(ge=0)] = 0
    """Attempts after the first; every stage goes on where the last one stopped. Kubeflow ignores
    them for `synthesize` and `evaluate`, which run in loops; gates are never tried again."""
