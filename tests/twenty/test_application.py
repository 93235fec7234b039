"""`setup app`: what is sent, twice, upgraded, refused, taken away; and that what ships is whole."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from graphql import parse, validate
from pydantic import SecretStr

from bridge.errors import TwentyError
from bridge.sandbox.twenty import GENERATIONS, TwentySandbox, twenty_sandbox
from bridge.twenty.application import builds
from bridge.twenty.application.setup import AppChange, AppSetup, AppState, Installed, Registration, plan
from bridge.twenty.client.client import open_client
from bridge.twenty.client.documents import all_operations
from bridge.twenty.schema.workspace import PHONE_CALL_TYPE, RECORD_LINKED, read_schema
from tests.support import twenty_settings
from tests.twenty.provisioning import tell
from tests.twenty.schemas import schema, versions

ADDRESS = "https://phone.example.com/phone"
OPERATIONS = {
    "ApplicationRegistration",
    "Applications",
    "ApplicationVariables",
    "UploadAppTarball",
    "InstallApplication",
    "SetApplicationVariable",
    "UninstallApplication",
    "DeleteApplicationRegistration",
}
COMMANDS = "{ commandMenuItems { label isPinned } }"


@pytest.fixture(params=GENERATIONS)
async def twenty(request: pytest.FixtureRequest) -> AsyncIterator[TwentySandbox]:
    """Each Twenty that the sandbox can be."""
    async with twenty_sandbox(provisioned=True, rate_limit=False, generation=str(request.param)) as sandbox:
        yield sandbox


async def set_up(twenty: TwentySandbox, address: str = ADDRESS) -> list[AppChange]:
    """What was done."""
    async with open_client(twenty_settings(twenty)) as client:
        setup = AppSetup(client, address=address)
        steps = await setup.missing()
        await setup.carry_out(steps, lambda _: None)
        return [step.act for step in steps]


async def take_away(twenty: TwentySandbox) -> list[AppChange]:
    async with open_client(twenty_settings(twenty)) as client:
        setup = AppSetup(client, address=ADDRESS)
        steps = await setup.removal()
        await setup.carry_out(steps, lambda _: None)
        return [step.act for step in steps]


def changes(twenty: TwentySandbox) -> list[str | None]:
    """The operations of the app that change something, in order."""
    reads = {"ApplicationRegistration", "Applications", "ApplicationVariables"}
    return [asked.operation for asked in twenty.requests if asked.operation in OPERATIONS - reads]


async def test_it_is_installed_once_and_taken_away(twenty: TwentySandbox) -> None:
    assert await set_up(twenty) == [AppChange.PUBLISH, AppChange.INSTALL, AppChange.ADDRESS]
    sent = changes(twenty)
    assert sent == ["UploadAppTarball", "InstallApplication", "SetApplicationVariable"]
    assert await set_up(twenty) == []
    assert changes(twenty) == sent
    assert [one["isPinned"] for one in await tell(twenty, COMMANDS)] == [True] * 3
    assert await set_up(twenty, "https://crm.example.com/phone") == [AppChange.ADDRESS]
    assert await take_away(twenty) == [AppChange.UNINSTALL, AppChange.WITHDRAW]
    assert await tell(twenty, COMMANDS) == []
    assert await take_away(twenty) == []
    assert await set_up(twenty) == [AppChange.PUBLISH, AppChange.INSTALL, AppChange.ADDRESS]


async def test_what_was_published_and_not_installed_is_only_installed(twenty: TwentySandbox) -> None:
    await set_up(twenty)
    async with open_client(twenty_settings(twenty)) as client:
        await client.execute_metadata("UninstallApplication", universalIdentifier=builds.APPLICATION)
    assert await set_up(twenty) == [AppChange.INSTALL, AppChange.ADDRESS]


async def test_rows_have_the_apps_words_as_long_as_it_is_there(twenty: TwentySandbox) -> None:
    async def type_of_rows() -> str | None:
        async with open_client(twenty_settings(twenty)) as client:
            timeline = (await read_schema(client)).timeline
        if timeline is None or timeline.type_id is None:
            return None
        types = await tell(twenty, "{ timelineActivityTypes { id universalIdentifier } }")
        return {one["id"]: str(one["universalIdentifier"]) for one in types}[timeline.type_id]

    standard = await type_of_rows()
    await set_up(twenty)
    assert await type_of_rows() == (standard and PHONE_CALL_TYPE)
    await take_away(twenty)
    assert await type_of_rows() == standard
    assert standard in (None, RECORD_LINKED)


async def test_who_may_not_is_refused_with_the_reason(twenty: TwentySandbox) -> None:
    settings = twenty_settings(twenty).model_copy(update={"api_token": SecretStr(twenty.readonly_key)})
    async with open_client(settings) as client:
        with pytest.raises(TwentyError, match="permission"):
            await AppSetup(client, address=ADDRESS).missing()


async def test_a_package_is_read_strictly(twenty: TwentySandbox) -> None:
    async with open_client(twenty_settings(twenty)) as client:
        for content in (b"", b"no archive"):
            with pytest.raises(TwentyError, match="extract"):
                await client.upload("UploadAppTarball", content, name_of_file="a", kind="application/gzip")
    await set_up(twenty)
    async with open_client(twenty_settings(twenty)) as client:
        tarball = builds.builds()[0].tarball
        with pytest.raises(TwentyError, match="must be higher"):
            await client.upload("UploadAppTarball", tarball, name_of_file="a", kind="application/gzip")


@pytest.mark.parametrize("order", [("map", "operations"), ("0", "operations")])
async def test_parts_have_an_order(twenty: TwentySandbox, order: tuple[str, str]) -> None:
    form = aiohttp.FormData(default_to_multipart=True)
    for name in order:
        form.add_field(name, "{}")
    headers = {"Authorization": f"Bearer {twenty.api_key}"}
    async with (
        aiohttp.ClientSession(twenty.url, headers=headers) as session,
        session.post("/metadata", data=form) as answer,
    ):
        assert answer.status == 400


NEWEST, OLDEST = builds.builds()[-1], builds.builds()[0]
KNOWN = Registration("1", NEWEST.version)


@pytest.mark.parametrize(
    ("found", "acts"),
    [
        (AppState(None, None), [AppChange.PUBLISH, AppChange.INSTALL, AppChange.ADDRESS]),
        (AppState(KNOWN, None), [AppChange.INSTALL, AppChange.ADDRESS]),
        (AppState(KNOWN, Installed("1", NEWEST.version, ADDRESS)), []),
        (AppState(KNOWN, Installed("1", None, ADDRESS)), []),
        (AppState(KNOWN, Installed("1", "0.9.0", ADDRESS)), [AppChange.INSTALL]),
        (
            AppState(Registration("1", "0.9.0"), Installed("1", "0.9.0", "")),
            [AppChange.PUBLISH, AppChange.INSTALL, AppChange.ADDRESS],
        ),
        (
            AppState(Registration("1", "0.9.0"), Installed("1", None, ADDRESS)),
            [AppChange.PUBLISH, AppChange.INSTALL],
        ),
    ],
)
def test_what_is_missing(found: AppState, acts: list[AppChange]) -> None:
    assert [step.act for step in plan(found, NEWEST, address=ADDRESS)] == acts


@pytest.mark.parametrize("version", versions("metadata"))
@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_twenty_has_what_is_sent(version: str, name: str) -> None:
    assert validate(schema("metadata", version), parse(all_operations()[name].text)) == []


def test_all_operations_of_the_app_are_held_to_the_schemas() -> None:
    source = Path("bridge/twenty/client/applications.graphql").read_text(encoding="utf-8")
    assert {one.name.value for one in parse(source).definitions} == OPERATIONS  # type: ignore[attr-defined]


def test_the_sources_and_the_bridge_name_the_same_things() -> None:
    named = Path("app/src/identifiers.ts").read_text(encoding="utf-8")
    constants = dict(re.findall(r"export const (\w+) = '([0-9a-f-]{36})'", named))
    assert (constants["APPLICATION"], constants["PHONE_CALL_TYPE"]) == (builds.APPLICATION, PHONE_CALL_TYPE)
    for build in builds.builds():
        files = builds.read(build.tarball)
        application = json.loads(files["manifest.json"])["application"]
        assert application["universalIdentifier"] == builds.APPLICATION
        assert set(application["applicationVariables"]) == {builds.ADDRESS}
        package = json.loads(files["package.json"])
        assert package["engines"] == {"twenty": build.twenty}
        assert package["version"].rpartition(".")[0] == _version().rpartition(".")[0]


def test_the_app_may_do_nothing() -> None:
    for build in builds.builds():
        manifest = json.loads(builds.read(build.tarball)["manifest.json"])
        (role,) = manifest["roles"]
        assert [name for name, value in role.items() if value is True] == []
        assert role["objectPermissions"] == role["permissionFlagUniversalIdentifiers"] == []
        assert manifest["logicFunctions"] == []


def _version() -> str:
    version: str = json.loads(Path("app/package.json").read_text(encoding="utf-8"))["version"]
    return version


def test_of_two_builds_the_one_for_newer_versions_is_the_higher_version() -> None:
    assert [build.version for build in builds.builds()] == sorted(build.version for build in builds.builds())
    assert builds.suiting(typed_timeline=False) is OLDEST
    assert builds.suiting(typed_timeline=True) is NEWEST
