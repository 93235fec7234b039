"""An application's package as the original reads it: a manifest, and the files that it names."""

import hashlib
import json
import re
import tarfile
import uuid
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from bridge.sandbox.twenty.errors import ApiError, InternalError
from bridge.sandbox.twenty.model import Row

VERSION = re.compile(r"(\d{1,9})\.(\d{1,9})\.(\d{1,9})")
BOUND = re.compile(r"(>=|<) ?(\d{1,9})\.(\d{1,9})\.(\d{1,9})")
LARGEST = 50 * 2**20

OURS = frozenset(
    {"application", "roles", "frontComponents", "publicAssets", "commandMenuItems"}
    | {"timelineActivityTypes", "settingsMenuItems"}
)
"""Parts of a manifest that the sandbox understands; the others have to be empty."""


@dataclass(frozen=True)
class Package:
    """What was uploaded, unpacked."""

    files: dict[str, bytes]
    manifest: dict[str, Any]
    package: dict[str, Any]

    @property
    def application(self) -> Row:
        application: Row = self.manifest["application"]
        return application

    @property
    def version(self) -> str:
        return str(self.package["version"])


def unpack(content: bytes) -> Package:
    """Raise ApiError for what is no package of an application."""
    if len(content) > LARGEST:
        raise ApiError(f"Tarball exceeds maximum size of {LARGEST} bytes")
    try:
        with tarfile.open(fileobj=BytesIO(content), mode="r:gz") as tar:
            opened = {entry.name: tar.extractfile(entry) for entry in tar}
            files = {name.removeprefix("package/"): file.read() for name, file in opened.items() if file}
    except (tarfile.TarError, OSError) as error:
        raise InternalError(f"Failed to extract tarball: {error}") from None
    manifest, package = _json(files, "manifest.json"), _json(files, "package.json")
    if manifest is None:
        raise ApiError("manifest.json not found or invalid in tarball")
    if not _is_uuid(manifest.get("application", {}).get("universalIdentifier")):
        raise ApiError("Tarball manifest application universalIdentifier must be a valid UUID")
    return Package(files, manifest, package or {})


def _json(files: dict[str, bytes], name: str) -> dict[str, Any] | None:
    try:
        read = json.loads(files[name])
    except (KeyError, ValueError):
        return None
    return read if isinstance(read, dict) else None


def _is_uuid(text: object) -> bool:
    try:
        return str(uuid.UUID(str(text))) == text
    except ValueError:
        return False


def check_range(package: Package, server: str) -> None:
    """Raise ApiError where the package is for other versions than this server's."""
    wanted = package.package.get("engines", {}).get("twenty")
    if wanted is None:
        return
    bounds = BOUND.findall(wanted)
    if not bounds or BOUND.sub("", wanted).strip():
        raise ApiError(f'App manifest declares invalid engines.twenty value "{wanted}".')
    here = _numbers(f"{server}.0")
    for sign, *numbers in bounds:
        bound = tuple(map(int, numbers))
        if not (here >= bound if sign == ">=" else here < bound):
            raise InternalError(f'This app requires Twenty "{wanted}", but the server is {server}.0.')


def check_rises(package: Package, before: str | None) -> None:
    """Raise ApiError unless the version is higher than the one that is published."""
    name = package.application["universalIdentifier"]
    if not VERSION.fullmatch(package.version):
        raise ApiError(
            f'Invalid version "{package.version}" in package.json. Must be a valid semver version.'
        )
    if before is not None and _numbers(package.version) <= _numbers(before):
        raise InternalError(
            f"Cannot deploy {name}@{package.version}: version must be higher than the currently deployed"
            f" version {before}. Please bump the version in package.json."
        )


def _numbers(version: str) -> tuple[int, ...]:
    found = VERSION.fullmatch(version)
    return tuple(map(int, found.groups())) if found else ()


def check_files(package: Package) -> None:
    """Raise ApiError where a file that the manifest names is missing, or is another one."""
    for component in package.manifest["frontComponents"]:
        built = _file(package, component["builtComponentPath"])
        if hashlib.sha256(built).hexdigest() != component["builtComponentChecksum"]:
            raise ApiError(f"Checksum of {component['builtComponentPath']} differs")
    for asset in package.manifest["publicAssets"]:
        _file(package, asset["filePath"])
    if left := sorted(part for part, held in package.manifest.items() if part not in OURS and held):
        raise InternalError(f"The sandbox does not install {', '.join(left)}")


def _file(package: Package, path: str) -> bytes:
    if path not in package.files:
        raise InternalError(f"File not found in package: {path}")
    return package.files[path]
