"""`make images` builds and pushes what it says; a bill of materials has the system's packages."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.contract.sources import ROOT

STUB = """#!/bin/sh
echo "$*" >> "$(dirname "$0")/calls"
"""
STATUS = """Package: libc6
Status: install ok installed
Architecture: amd64
Version: 2.36-9+deb12u10
Description: GNU C Library
 of many: lines

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1
"""


@pytest.fixture
def builder(tmp_path: Path) -> Path:
    """A docker that does nothing and remembers what it was told."""
    (tmp_path / "docker").write_text(STUB)
    (tmp_path / "docker").chmod(0o755)
    return tmp_path


def told(builder: Path, *arguments: str) -> Sequence[str]:
    """What `make images` tells it."""
    environment = os.environ | {"PATH": f"{builder}{os.pathsep}{os.environ['PATH']}"}
    command = ["make", "images", "SIZES=echo SIZE", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return (builder / "calls").read_text().splitlines()


def test_images_for_gpus_are_built_for_them_and_pushed(builder: Path) -> None:
    calls = told(builder, "PROFILE=gpu", "PREFIX=registry.example.com/giants", "PUSH=1")
    names = [f"registry.example.com/giants/{name}" for name in ("generator", "trainer", "pipeline")]
    assert [call.split()[0] for call in calls] == ["build", "push"] * 3
    assert [call.split()[1].partition(":")[0] for call in calls[1::2]] == names
    generator, trainer, pipeline = calls[0::2]
    base = "--build-arg BASE_IMAGE=vllm/vllm-openai:v0.32.0"
    assert f"{base} --build-arg DEVICE=gpu --build-arg TORCHDYNAMO_DISABLE=0" in generator
    assert "--file images/trainer/Dockerfile --build-arg TORCH=cuda" in trainer
    for image in (trainer, pipeline):
        assert f"--build-arg BASE_IMAGE={python_by_digest()} " in image
    assert generator.count("BASE_IMAGE=") == 1


def test_images_for_cpus_are_built_and_stay_here(builder: Path) -> None:
    calls = told(builder)
    assert all(call.startswith("build --tag littlegiants/") for call in calls)
    told_of_gpus = ("DEVICE", "TORCH=", "BASE_IMAGE")
    assert not [call for call in calls if any(word in call for word in told_of_gpus)]


def test_a_base_of_ones_own_goes_before_the_digest(builder: Path) -> None:
    calls = told(builder, "PUSH=1", "BASE_IMAGE=registry.example.com/python:3.11")
    assert all("BASE_IMAGE=registry.example.com/python:3.11 " in call for call in calls[0::2])


def python_by_digest() -> str:
    """The base that is pinned, of the tag that the Dockerfiles name."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    (found,) = re.findall(r"^PYTHON_IMAGE \?= (\S+)$", makefile, re.MULTILINE)
    tag, _, digest = found.partition("@")
    dockerfile = (ROOT / "images" / "trainer" / "Dockerfile").read_text("utf-8")
    assert f"ARG BASE_IMAGE={tag}\n" in dockerfile
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", digest)
    return str(found)


def test_a_bill_of_materials_has_the_systems_packages() -> None:
    code = (
        "import json, sys; sys.path.insert(0, 'images'); import os_packages as bill;"
        "print(json.dumps([bill.component(each, 'debian') for each in bill.packages(sys.argv[1])]))"
    )
    run = [sys.executable, "-c", code, STATUS]
    shown = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    (found,) = json.loads(shown)
    assert found["purl"] == "pkg:deb/debian/libc6@2.36-9%2Bdeb12u10?arch=amd64"
    assert found["name"] == "libc6"
