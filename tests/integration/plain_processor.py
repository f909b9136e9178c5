"""The environment in which any machine computes as one that has AVX2 and no more."""

import os
from pathlib import Path

PLAIN = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "PYTHONPATH": os.pathsep.join(
        filter(None, [str(Path(__file__).parent / "plain"), os.environ.get("PYTHONPATH")])
    ),
}
