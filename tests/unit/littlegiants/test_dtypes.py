"""Which number type a device computes in, and what is said of it."""

from pathlib import Path

import pytest

from littlegiants.dtypes import cpu_dtype, gpu_dtype

ZEN_4 = "fpu avx2 avx512f avx512_bf16"
SAPPHIRE_RAPIDS = "fpu avx2 avx512f avx512_bf16 amx_tile amx_bf16"
SKYLAKE_X = "fpu avx2 avx512f"
ZEN_3 = "fpu avx2"


def cpuinfo(folder: Path, flags: str, *, key: str = "flags") -> Path:
    """A kernel's file of two processors, the second of which has more."""
    file = folder / "cpuinfo"
    file.write_text(
        f"processor\t: 0\n{key}\t\t: {flags}\n\nprocessor\t: 1\n{key}\t\t: {flags} bf16\n"
    )
    return file


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (SAPPHIRE_RAPIDS, "bfloat16: this processor multiplies it natively (AMX)"),
        (ZEN_4, "bfloat16: this processor multiplies it natively (AVX512_BF16)"),
        (SKYLAKE_X, "float32: this processor does not multiply bfloat16 (AVX-512 without BF16)"),
        (ZEN_3, "float32: this processor does not multiply bfloat16 (AVX2 only)"),
    ],
)
def test_auto_is_bfloat16_where_the_processor_multiplies_it(
    tmp_path: Path, flags: str, said: str
) -> None:
    assert str(cpu_dtype("auto", environ={}, cpuinfo=cpuinfo(tmp_path, flags))) == said


def test_arm_tells_its_features(tmp_path: Path) -> None:
    file = cpuinfo(tmp_path, "fp asimd bf16", key="Features")
    assert cpu_dtype("auto", environ={}, cpuinfo=file).dtype == "bfloat16"


def test_a_machine_that_tells_nothing_computes_in_float32(tmp_path: Path) -> None:
    assert cpu_dtype("auto", environ={}, cpuinfo=tmp_path / "none").dtype == "float32"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ATEN_CPU_CAPABILITY", "avx2"),
        ("ATEN_CPU_CAPABILITY", "default"),
        ("ONEDNN_MAX_CPU_ISA", "AVX2"),
        ("ONEDNN_MAX_CPU_ISA", "avx512_core"),
        ("DNNL_MAX_CPU_ISA", "AVX512_CORE_VNNI"),
    ],
)
def test_libraries_held_to_plain_instructions_compute_in_float32(
    tmp_path: Path, name: str, value: str
) -> None:
    found = cpu_dtype("auto", environ={name: value}, cpuinfo=cpuinfo(tmp_path, SAPPHIRE_RAPIDS))
    assert found.dtype == "float32"
    assert f"{name}={value}" in found.why


@pytest.mark.parametrize(
    "environ",
    [{"ONEDNN_MAX_CPU_ISA": "AVX512_CORE_BF16"}, {"ONEDNN_MAX_CPU_ISA": "ALL"}],
    ids=str,
)
def test_a_limit_that_leaves_bfloat16_in_changes_nothing(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    assert cpu_dtype("auto", environ=environ, cpuinfo=cpuinfo(tmp_path, ZEN_4)).dtype == "bfloat16"


@pytest.mark.parametrize(
    ("capability", "dtype"),
    [((9, 0), "bfloat16"), ((8, 0), "bfloat16"), ((7, 5), "float16"), ((6, 1), "float16")],
)
def test_older_gpus_compute_in_float16(capability: tuple[int, int], dtype: str) -> None:
    found = gpu_dtype("auto", capability)
    assert found.dtype == dtype
    assert "compute capability {}.{}".format(*capability) in found.why


def test_what_is_asked_for_is_kept(tmp_path: Path) -> None:
    assert cpu_dtype("bfloat16", environ={}, cpuinfo=cpuinfo(tmp_path, ZEN_3)).dtype == "bfloat16"
    assert gpu_dtype("float32", (9, 0)).dtype == "float32"
