"""The app as it ships: a package for each range of Twenty's versions, built from `app/` by `make app`."""

import json
import tarfile
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from io import BytesIO

from msgspec import Struct

APPLICATION = "7c7fbc03-f594-42ef-a439-4319e7509184"
"""The app's universal identifier: the same in every workspace."""

ADDRESS = "PHONE_ADDRESS"
"""The app's variable that holds where the phone page is."""


class Build(Struct, frozen=True):
    """A package that Twenty takes: `sdk` built it, `twenty` is the range of versions that it says itself."""

    sdk: str
    twenty: str
    version: str
    typed_timeline: bool
    """Whether it is for workspaces where timeline rows have a type."""
    tarball: bytes


@cache
def builds() -> Sequence[Build]:
    """All that ship, the one for the newest versions last."""
    folder = files("bridge.twenty.application")
    listed = json.loads((folder / "builds.json").read_text(encoding="utf-8"))
    return tuple(_build(one, (folder / f"phone-{one['sdk']}.tgz").read_bytes()) for one in listed)


def suiting(*, typed_timeline: bool) -> Build:
    """The newest build for such a workspace; a Twenty that is newer than all builds gets the newest."""
    return next(build for build in reversed(builds()) if build.typed_timeline <= typed_timeline)


def _build(listed: dict[str, str | bool], tarball: bytes) -> Build:
    package = json.loads(read(tarball)["package.json"])
    return Build(
        sdk=str(listed["sdk"]),
        twenty=str(listed["twenty"]),
        version=package["version"],
        typed_timeline=bool(listed["typed_timeline"]),
        tarball=tarball,
    )


def read(tarball: bytes) -> dict[str, bytes]:
    """The files of a package."""
    with tarfile.open(fileobj=BytesIO(tarball), mode="r:gz") as tar:
        entries = ((entry.name.removeprefix("package/"), tar.extractfile(entry)) for entry in tar)
        return {name: file.read() for name, file in entries if file}
