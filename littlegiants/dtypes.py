"""The dtype that a device computes in: bfloat16 where it multiplies that natively."""

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Dtype = Literal["auto", "bfloat16", "float16", "float32"]
"""As settings say it; `auto` leaves it to the device."""

CPUINFO = Path("/proc/cpuinfo")
NATIVE: Mapping[str, str] = {
    "amx_bf16": "AMX",
    "avx512_bf16": "AVX512_BF16",
    "bf16": "Arm BF16",
}
"""The kernel's names of instructions that multiply bfloat16, and what they are called."""
WIDTHS: Mapping[str, str] = {"avx512f": "AVX-512 without BF16", "avx2": "AVX2 only"}
"""What a processor without them has, the widest first."""
PLAIN_TORCH = frozenset({"default", "avx2"})
"""Values of ATEN_CPU_CAPABILITY, as torch spells them, that leave such instructions out."""
PLAIN_ONEDNN = frozenset(
    {"SSE41", "AVX", "AVX2", "AVX2_VNNI", "AVX2_VNNI_2", "AVX512_CORE", "AVX512_CORE_VNNI"}
)
"""The same of oneDNN's limit, in either of its two names and in any case."""
BFLOAT16_CAPABILITY = (8, 0)
"""Compute capability from which a GPU multiplies bfloat16."""


@dataclass(frozen=True, slots=True)
class Computing:
    """The type to compute in, and why."""

    dtype: Literal["bfloat16", "float16", "float32"]
    why: str

    def __str__(self) -> str:
        return f"{self.dtype}: {self.why}"


def cpu_dtype(
    dtype: Dtype, *, environ: Mapping[str, str] = os.environ, cpuinfo: Path = CPUINFO
) -> Computing:
    """What `dtype` means on this machine's processor; without one of NATIVE: float32.

    A processor that lacks them emulates bfloat16, at half the speed of float32 or a hundredth.
    """
    if dtype != "auto":
        return Computing(dtype, "as the settings say")
    if limit := _plain_limit(environ):
        return Computing("float32", f"{limit} leaves out what multiplies bfloat16")
    flags = _flags(cpuinfo)
    for flag, name in NATIVE.items():
        if flag in flags:
            return Computing("bfloat16", f"this processor multiplies it natively ({name})")
    width = next((name for flag, name in WIDTHS.items() if flag in flags), platform.machine())
    return Computing("float32", f"this processor does not multiply bfloat16 ({width})")


def gpu_dtype(dtype: Dtype, capability: tuple[int, int]) -> Computing:
    """What `dtype` means on a GPU of that compute capability."""
    if dtype != "auto":
        return Computing(dtype, "as the settings say")
    told = "compute capability {}.{}".format(*capability)
    if capability >= BFLOAT16_CAPABILITY:
        return Computing("bfloat16", f"this GPU multiplies it natively ({told})")
    return Computing("float16", f"this GPU does not multiply bfloat16 ({told})")


def _plain_limit(environ: Mapping[str, str]) -> str:
    """The variable that holds the libraries to plain instructions; empty where none does."""
    if environ.get("ATEN_CPU_CAPABILITY") in PLAIN_TORCH:
        return f"ATEN_CPU_CAPABILITY={environ['ATEN_CPU_CAPABILITY']}"
    for name in ("ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA"):
        if environ.get(name, "").upper() in PLAIN_ONEDNN:
            return f"{name}={environ[name]}"
    return ""


def _flags(cpuinfo: Path) -> frozenset[str]:
    """What the kernel says of the first processor; a container's is its host's, as it should be."""
    try:
        lines = cpuinfo.read_text("utf-8").splitlines()
    except OSError:
        return frozenset()
    told = (line.partition(":") for line in lines)
    return next(
        (
            frozenset(flags.split())
            for key, _, flags in told
            if key.strip() in ("flags", "Features")
        ),
        frozenset(),
    )
