"""Names for whole lists of evaluation tasks: from the shipped sets up to the paper's 56 tasks."""

from collections.abc import Iterable, Mapping

BUILTIN = ("stdlib-retrieval", "stdlib-classification", "stdlib-clustering")
"""Tasks over the sets that come with the code."""
PRESETS: Mapping[str, tuple[str, ...]] = {
    "smoke": BUILTIN,
    "nano": ("NanoBEIR",),
    "eng-v2": ("MTEB(eng, v2)",),
    "paper-56": ("MTEB(eng, v1)",),
}
"""Tasks and benchmarks of each preset, the quickest first; only `smoke` needs no hub."""
BEIR, MODULE = "beir:", "module:"
"""What references to a folder and to a Python file begin with."""
LARGE = ("MTEB(", "BEIR", "RTEB(")
"""How names of benchmarks begin that read millions of texts."""


def without_presets(references: Iterable[str]) -> list[str]:
    """The references, a preset replaced by what it stands for; none is there twice."""
    opened = (name for each in references for name in PRESETS.get(each, (each,)))
    return list(dict.fromkeys(opened))


def are_read_by_base(references: Iterable[str], base: bool | str) -> bool:
    """Whether the untrained base is scored; where that is left open, if it costs little."""
    if isinstance(base, bool):
        return base
    return not any(name.startswith(LARGE) for name in without_presets(references))


def file_and_task(reference: str) -> tuple[str, str]:
    """The file of `module:FILE` or `module:FILE#NAME`, and the name where there is one."""
    file, _, name = reference.removeprefix(MODULE).partition("#")
    return file, name


def is_local(reference: str) -> bool:
    """Whether its data are files of this machine."""
    return reference in BUILTIN or reference.startswith((BEIR, MODULE))
