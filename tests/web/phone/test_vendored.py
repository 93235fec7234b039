"""The phone page's libraries, and axe-core of its tests, are those of vendor.json, byte for byte."""

import gzip
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

import bridge

FOLDER = Path(bridge.__file__).parent / "web" / "phone" / "static" / "vendor"
AXE = Path(__file__).parents[2] / "phones" / "axe"
VENDOR = json.loads((FOLDER / "vendor.json").read_text())
WRITTEN = [name for package in VENDOR["packages"].values() for name in package["files"]]
MODULES = [name for name in WRITTEN if name.endswith(".js")]


@pytest.mark.parametrize("folder", [FOLDER, AXE], ids=lambda folder: folder.name)
def test_every_file_is_listed_with_its_digest(folder: Path) -> None:
    vendor = json.loads((folder / "vendor.json").read_text())
    there = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.name != "vendor.json" and path.suffix != ".ts"
    }
    assert there == vendor["sha256"]
    written = [name for package in vendor["packages"].values() for name in package["files"]]
    compressed = [f"{name}.gz" for name in vendor.get("compressed", [])]
    assert sorted(there) == sorted([*written, *compressed]), "after a change of vendor.json: make vendor"


def test_what_is_compressed_is_the_file_itself() -> None:
    for name in VENDOR["compressed"]:
        assert gzip.decompress((FOLDER / f"{name}.gz").read_bytes()) == (FOLDER / name).read_bytes()


@pytest.mark.parametrize("package", VENDOR["packages"].values(), ids=str)
def test_every_package_has_its_licence(package: dict[str, Any]) -> None:
    assert any("LICENSE" in name for name in package["files"])
    assert package["license"] in {"MIT", "Apache-2.0"}


@pytest.mark.parametrize("name", MODULES)
def test_modules_import_each_other_alone(name: str) -> None:
    text = (FOLDER / name).read_text()
    assert "sourceMappingURL" not in text
    if not name.endswith(".min.js"):
        assert all((FOLDER / found).is_file() for found in re.findall(r'\b(?:from|import)\s*"([^"]+)"', text))
        assert re.search(r'"\./|export', text)


def test_types_are_checked_against_the_versions_that_are_served() -> None:
    tools = json.loads((FOLDER.parents[4] / ".ci" / "phone" / "package.json").read_text())["devDependencies"]
    served = {name: package["version"] for name, package in VENDOR["packages"].items()}
    assert {name: tools[name] for name in served.keys() & tools.keys()} == {
        name: version for name, version in served.items() if name != "@preact/signals-core"
    }
