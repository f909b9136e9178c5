"""Add the packages of the system to an image's bill of materials: `os_packages.py BOM`."""

import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

STATUS = Path("/var/lib/dpkg/status")
RELEASE = Path("/etc/os-release")
INSTALLED = "install ok installed"


def packages(status: str) -> list[dict[str, str]]:
    """Installed ones of dpkg's own list, field by field."""
    found = []
    for entry in status.split("\n\n"):
        lines = [line for line in entry.splitlines() if line[:1].strip() and ": " in line]
        fields = dict(line.split(": ", 1) for line in lines)
        if fields.get("Status") == INSTALLED:
            found.append(fields)
    return found


def component(package: dict[str, str], system: str) -> dict[str, Any]:
    """A package as CycloneDX has it."""
    name, version = package["Package"], package["Version"]
    address = f"pkg:deb/{system}/{name}@{quote(version)}?arch={package['Architecture']}"
    return {
        "type": "library",
        "bom-ref": address,
        "name": name,
        "version": version,
        "purl": address,
    }


def system_of(release: str) -> str:
    """The distribution's name, as debian."""
    fields = dict(line.split("=", 1) for line in release.splitlines() if "=" in line)
    return fields.get("ID", "debian").strip('"')


def main() -> None:
    """Write the bill anew, with what dpkg says is installed."""
    bom = Path(sys.argv[1])
    told = json.loads(bom.read_text(encoding="utf-8"))
    system = system_of(RELEASE.read_text(encoding="utf-8"))
    told.setdefault("components", []).extend(
        component(each, system) for each in packages(STATUS.read_text(encoding="utf-8"))
    )
    bom.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
