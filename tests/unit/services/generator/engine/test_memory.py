"""A container that is too small for its model is told so."""

from pathlib import Path

import pytest

from littlegiants.errors import BadInput
from services.generator.engine.memory import GIB, check_memory, memory_limit

ONE_GIB_IN_BFLOAT16 = {"embedding": (2**20, 2**8), "rest": (2**28,)}


def told(folder: Path, text: str) -> Path:
    file = folder / "memory.max"
    file.write_text(text, encoding="ascii")
    return file


@pytest.mark.parametrize(
    ("limit", "dtype"),
    [(str(4 * GIB), "bfloat16"), ("max", "float32"), (f"{5 * GIB}\n", "float32")],
)
def test_a_container_that_is_large_enough_passes(tmp_path: Path, limit: str, dtype: str) -> None:
    file = told(tmp_path, limit)
    check_memory(ONE_GIB_IN_BFLOAT16, dtype=dtype, kv_cache_gib=1, limits=[file])


@pytest.mark.parametrize(("limit", "dtype"), [(3 * GIB, "bfloat16"), (4 * GIB, "float32")])
def test_one_that_is_too_small_is_told_what_to_raise(
    tmp_path: Path, limit: int, dtype: str
) -> None:
    file = told(tmp_path, str(limit))
    with pytest.raises(BadInput, match=r"may use \d\.0 GiB, .* raise resources.limits.memory"):
        check_memory(ONE_GIB_IN_BFLOAT16, dtype=dtype, kv_cache_gib=1, limits=[file])


def test_a_machine_without_control_groups_has_no_limit(tmp_path: Path) -> None:
    assert memory_limit([tmp_path / "nothing"]) is None


def test_the_newer_kind_of_limit_counts(tmp_path: Path) -> None:
    assert memory_limit([tmp_path / "nothing", told(tmp_path, "42\n")]) == 42
