"""Generate code and docs of the protos: `python protos/generate.py [--out FOLDER]`.

Needs grpcio-tools 1.81.1 and mypy-protobuf 5.1.0: code of later generators needs protobuf 7.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

PROTOS = Path(__file__).resolve().parent
PLUGINS = Path(sys.executable).parent
"""Where pip puts protoc-gen-mypy_grpc."""
ROOTS = ("-I", ".", "-I", "third_party")


def generate(out: Path) -> None:
    """Write `littlegiants/v1/*_pb2*.py` and their stubs below `out`."""
    outputs = [f"--{name}_out={out}" for name in ("python", "pyi", "grpc_python", "mypy_grpc")]
    subprocess.run(
        [sys.executable, "-m", "grpc_tools.protoc", *ROOTS, *outputs, *_sources()],
        cwd=PROTOS,
        env={**os.environ, "PATH": f"{PLUGINS}{os.pathsep}{os.environ['PATH']}"},
        check=True,
    )


def document(out: Path) -> None:
    """Write `docs/api.md` below `out`: every service, message and field with its comment."""
    from reference import reference_of

    with tempfile.TemporaryDirectory() as folder:
        described = Path(folder) / "protos.binpb"
        command = [sys.executable, "-m", "grpc_tools.protoc", *ROOTS, *_sources()]
        command += [f"--descriptor_set_out={described}", "--include_source_info"]
        subprocess.run(command, cwd=PROTOS, check=True)
        text = reference_of(described.read_bytes())
    (out / "docs").mkdir(exist_ok=True)
    (out / "docs" / "api.md").write_text(text, encoding="utf-8")


def _sources() -> list[str]:
    return sorted(str(path.relative_to(PROTOS)) for path in PROTOS.glob("littlegiants/v1/*.proto"))


def main() -> None:
    """Generate into the repository, or where `--out` says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--out", type=Path, default=PROTOS.parent, help="root of the generated package"
    )
    out = parser.parse_args().out.resolve()
    generate(out)
    document(out)


if __name__ == "__main__":
    main()
