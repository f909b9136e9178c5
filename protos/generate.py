"""Generate the Python code of the protos: `python protos/generate.py [--out FOLDER]`.

Needs grpcio-tools 1.81.1 and mypy-protobuf 5.1.0: code of later generators needs protobuf 7.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

PROTOS = Path(__file__).resolve().parent
PLUGINS = Path(sys.executable).parent
"""Where pip puts protoc-gen-mypy_grpc."""


def generate(out: Path) -> None:
    """Write `littlegiants/v1/*_pb2*.py` and their stubs below `out`."""
    sources = sorted(
        str(path.relative_to(PROTOS)) for path in PROTOS.glob("littlegiants/v1/*.proto")
    )
    outputs = [f"--{name}_out={out}" for name in ("python", "pyi", "grpc_python", "mypy_grpc")]
    roots = ["-I", ".", "-I", "third_party"]
    subprocess.run(
        [sys.executable, "-m", "grpc_tools.protoc", *roots, *outputs, *sources],
        cwd=PROTOS,
        env={**os.environ, "PATH": f"{PLUGINS}{os.pathsep}{os.environ['PATH']}"},
        check=True,
    )


def main() -> None:
    """Generate into the repository, or where `--out` says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--out", type=Path, default=PROTOS.parent, help="root of the generated package"
    )
    generate(parser.parse_args().out.resolve())


if __name__ == "__main__":
    main()
