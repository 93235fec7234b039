"""The libraries of the phone page are those that vendor.json names, byte for byte."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

import bridge

FOLDER = Path(bridge.__file__).parent / "web" / "phone" / "static" / "vendor"
VENDOR = json.loads((FOLDER / "vendor.json").read_text())
WRITTEN = [name for package in VENDOR["packages"].values() for name in package["files"]]
MODULES = [name for name in WRITTEN if name.endswith(".js")]


def test_every_file_is_listed_with_its_digest() -> None:
    there = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in FOLDER.iterdir()
        if path.name != "vendor.json" and path.suffix != ".ts"
    }
    assert there == VENDOR["sha256"]
    assert sorted(there) == sorted(WRITTEN), "after a change of vendor.json: make vendor"


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
