"""`setup app`: publishes the app that ships, installs it, and tells it where the phone is.

    read ─► plan (pure) ─► carry out

What is there already is left as it is, so a second run sends nothing.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum

from msgspec import Struct

from bridge.language.phrase import Phrase, phrase
from bridge.twenty.application.builds import ADDRESS, APPLICATION, Build, suiting
from bridge.twenty.client.client import TwentyClient
from bridge.twenty.schema.workspace import has_typed_timeline

SECONDS = 120.0
"""Twenty's patience with an installation: it writes files and changes the workspace's schema."""


class Registration(Struct, frozen=True):
    """The app as it is published: what can be installed."""

    id: str
    version: str | None


class Installed(Struct, frozen=True):
    """The app in the workspace; `address` is where it finds the phone."""

    id: str
    version: str | None
    address: str | None


class AppState(Struct, frozen=True):
    """What a workspace has of the app."""

    registration: Registration | None
    installed: Installed | None


class AppChange(StrEnum):
    """What can be done."""

    PUBLISH = "publish"
    INSTALL = "install"
    ADDRESS = "address"
    UNINSTALL = "uninstall"
    WITHDRAW = "withdraw"


class AppStep(Struct, frozen=True):
    """One change."""

    act: AppChange
    sentence: Phrase


UNINSTALL = AppStep(AppChange.UNINSTALL, phrase("uninstall the app"))
WITHDRAW = AppStep(AppChange.WITHDRAW, phrase("remove its published package"))


def plan(found: AppState, build: Build, *, address: str) -> list[AppStep]:
    """What is missing."""
    there, published = found.installed, found.registration
    steps = []
    if not _is_there(found, build):
        if published is None or published.version != build.version:
            steps.append(
                AppStep(
                    AppChange.PUBLISH, phrase("publish the app, version {version}", version=build.version)
                )
            )
        steps.append(AppStep(AppChange.INSTALL, _installing(there, build)))
    if there is None or there.address != address:
        steps.append(
            AppStep(AppChange.ADDRESS, phrase("tell it that the phone is at {address}", address=address))
        )
    return steps


def _installing(there: Installed | None, build: Build) -> Phrase:
    if there is None:
        return phrase("install it: a button Call on people, companies and phone calls")
    return phrase("install version {version} in the place of the one that is there", version=build.version)


def _is_there(found: AppState, build: Build) -> bool:
    """Whether that version is installed; some Twentys do not say which one is."""
    if found.installed is None:
        return False
    published = found.registration.version if found.registration else None
    return (found.installed.version or published) == build.version


def plan_removal(found: AppState) -> list[AppStep]:
    """What is there of the app."""
    steps = [UNINSTALL] if found.installed else []
    return [*steps, WITHDRAW] if found.registration else steps


class AppSetup:
    """The app of one workspace. All methods raise TwentyError."""

    def __init__(self, client: TwentyClient, *, address: str) -> None:
        self._client = client
        self._address = address

    async def missing(self) -> list[AppStep]:
        """What `carry_out` has to do."""
        return plan(await self._found(), await self._build(), address=self._address)

    async def removal(self) -> list[AppStep]:
        """What has to be done for nothing to be left."""
        return plan_removal(await self._found())

    async def carry_out(self, steps: Sequence[AppStep], tell: Callable[[AppStep], None]) -> None:
        """Does these, and tells of each that is done."""
        for step in steps:
            await self._do(step.act)
            tell(step)

    async def _do(self, act: AppChange) -> None:
        client, known = self._client, {"universalIdentifier": APPLICATION}
        if act is AppChange.PUBLISH:
            build = await self._build()
            await client.upload(
                "UploadAppTarball", build.tarball, name_of_file="app.tar.gz", kind="application/gzip"
            )
        elif act is AppChange.INSTALL:
            await client.execute_metadata("InstallApplication", **known)
        elif act is AppChange.ADDRESS:
            installed = await self._installed_id()
            await client.execute_metadata(
                "SetApplicationVariable", applicationId=installed, key=ADDRESS, value=self._address
            )
        elif act is AppChange.UNINSTALL:
            await client.execute_metadata("UninstallApplication", **known)
        elif registration := await self._registration():
            await client.execute_metadata("DeleteApplicationRegistration", id=registration.id)

    async def _build(self) -> Build:
        return suiting(typed_timeline=await has_typed_timeline(self._client))

    async def _found(self) -> AppState:
        return AppState(await self._registration(), await self._installed())

    async def _registration(self) -> Registration | None:
        answer = await self._client.execute_metadata(
            "ApplicationRegistration", universalIdentifier=APPLICATION
        )
        told = answer["findApplicationRegistrationByUniversalIdentifier"]
        return Registration(told["id"], told["latestAvailableVersion"]) if told else None

    async def _installed(self) -> Installed | None:
        answer = await self._client.execute_metadata("Applications")
        all_of_them = answer["findManyApplications"]
        told = next((one for one in all_of_them if one["universalIdentifier"] == APPLICATION), None)
        if told is None:
            return None
        answer = await self._client.execute_metadata("ApplicationVariables", id=told["id"])
        values = {one["key"]: one["value"] for one in answer["findOneApplication"]["applicationVariables"]}
        return Installed(told["id"], told["version"], values.get(ADDRESS))

    async def _installed_id(self) -> str | None:
        installed = await self._installed()
        return installed.id if installed else None
