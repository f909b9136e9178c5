"""The kernels that multiply for vLLM, on all of this processor and on AVX2 alone."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from littlegiants.dtypes import cpu_dtype
from tests.integration.plain_processor import PLAIN

pytestmark = pytest.mark.engine


@pytest.mark.parametrize(
    ("dtype", "environment"),
    [
        pytest.param("float32", PLAIN, id="float32-avx2"),
        pytest.param("float32", {}, id="float32", marks=pytest.mark.slow),
        pytest.param("bfloat16", {}, id="bfloat16", marks=pytest.mark.slow),
    ],
)
def test_a_product_in_blocks_does_not_depend_on_the_rows_beside_it(
    dtype: str, environment: Mapping[str, str]
) -> None:
    if dtype == "bfloat16" and (computing := cpu_dtype("auto")).dtype != dtype:
        pytest.skip(f"nothing is computed in it here: {computing.why}")
    done = subprocess.run(
        [sys.executable, "-m", "tests.integration.row_products", dtype],
        env={**os.environ, **environment, "VLLM_LOGGING_LEVEL": "ERROR"},
        cwd=Path(__file__).parents[2],
        check=True,
        capture_output=True,
        text=True,
    )
    changing = json.loads(done.stdout.splitlines()[-1])
    assert not {way: counts for way, counts in changing.items() if counts and "blocks" in way}
    if dtype == "float32":
        assert changing["torch, bare"], "blocks have nothing to mend: is the test still sharp?"
