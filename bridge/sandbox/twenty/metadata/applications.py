"""Resolvers for applications: a package is published, then installed, replaced and taken away."""

import base64
from collections.abc import Iterator
from typing import Any

from bridge.sandbox.twenty.errors import ApiError, NoApplication
from bridge.sandbox.twenty.metadata import packages
from bridge.sandbox.twenty.metadata.context import Context, Registry
from bridge.sandbox.twenty.metadata.packages import Package
from bridge.sandbox.twenty.metadata.rows import Rows
from bridge.sandbox.twenty.model import Row

REGISTRY = Registry()

_BROUGHT = ("frontComponent", "commandMenuItem", "timelineActivityType", "settingsMenuItem")
"""Kinds of rows that an application brings along, and takes away."""


@REGISTRY.query("findManyApplicationRegistrations", "API_KEYS_AND_WEBHOOKS")
def registrations(context: Context) -> list[Row]:
    return list(context.rows.all("applicationRegistration"))


@REGISTRY.query("findApplicationRegistrationByUniversalIdentifier")
def registration(context: Context, universalIdentifier: str) -> Row | None:  # noqa: N803 (its name in the API)
    return context.rows.first("applicationRegistration", universalIdentifier=universalIdentifier)


@REGISTRY.query("findManyApplications", "APPLICATIONS")
def applications(context: Context) -> list[Row]:
    return list(context.rows.all("application"))


@REGISTRY.query("findOneApplication", "APPLICATIONS")
def application(
    context: Context,
    id: str | None = None,  # noqa: A002
    universalIdentifier: str | None = None,  # noqa: N803
) -> Row:
    if id is None:
        return _installed(context.rows, universalIdentifier or "")
    return context.rows.get("application", id) or _missing(id)


@REGISTRY.query("commandMenuItems")
def command_menu_items(context: Context) -> list[Row]:
    return list(context.rows.all("commandMenuItem"))


@REGISTRY.field("Application", "applicationVariables")
def variables_of(context: Context, row: Row) -> list[Row]:
    return list(context.rows.all("applicationVariable", applicationId=row["id"]))


@REGISTRY.field("Application", "commandMenuItems")
def commands_of(context: Context, row: Row) -> list[Row]:
    return list(context.rows.all("commandMenuItem", applicationId=row["id"]))


@REGISTRY.field("Application", "frontComponents")
def components_of(context: Context, row: Row) -> list[Row]:
    return list(context.rows.all("frontComponent", applicationId=row["id"]))


@REGISTRY.mutation("uploadAppTarball", "MARKETPLACE_APPS")
def upload(context: Context, file: bytes, universalIdentifier: str | None = None) -> Row:  # noqa: N803
    """Publish a package, whose version has to be higher than the one before."""
    package = packages.unpack(file)
    packages.check_range(package, context.workspace.generation.version)
    name = universalIdentifier or package.application["universalIdentifier"]
    before = context.rows.first("applicationRegistration", universalIdentifier=name)
    packages.check_rises(package, before["latestAvailableVersion"] if before else None)
    values = {
        "universalIdentifier": name,
        "name": package.application["displayName"],
        "sourceType": "TARBALL",
        "latestAvailableVersion": package.version,
        "isListed": False,
        "tarball": base64.b64encode(file).decode(),
    }
    if before is None:
        return context.rows.add("applicationRegistration", **values)
    return context.rows.change("applicationRegistration", before, **values)


@REGISTRY.mutation("deleteApplicationRegistration", "API_KEYS_AND_WEBHOOKS")
def delete_registration(context: Context, id: str) -> bool:  # noqa: A002
    if context.rows.get("applicationRegistration", id) is None:
        raise NoApplication(f"Application registration with id {id} not found")
    context.rows.drop("applicationRegistration", id)
    return True


@REGISTRY.mutation("installApplication", "APPLICATIONS")
def install(
    context: Context,
    universalIdentifier: str,  # noqa: N803
    version: str | None = None,
) -> Row:
    """Install what is published, in the place of an earlier version; values of variables stay."""
    rows = context.rows
    published = rows.first("applicationRegistration", universalIdentifier=universalIdentifier)
    if published is None:
        raise NoApplication(f"No application registration for {universalIdentifier}")
    package = packages.unpack(base64.b64decode(published["tarball"]))
    packages.check_files(package)
    there = rows.first("application", universalIdentifier=universalIdentifier)
    if there and there["version"] == (version or package.version):
        raise ApiError(f"App {universalIdentifier}@{there['version']} is already installed")
    values = {
        "name": package.application["displayName"],
        "description": package.application["description"],
        "version": package.version,
        "universalIdentifier": universalIdentifier,
        "applicationRegistrationId": published["id"],
        "canBeUninstalled": True,
    }
    row = rows.change("application", there, **values) if there else rows.add("application", **values)
    _bring(rows, row["id"], package, typed=context.workspace.generation.typed_timeline)
    return row


def _bring(rows: Rows, application_id: str, package: Package, *, typed: bool) -> None:
    _take_away(rows, application_id)
    manifest, own = package.manifest, {"applicationId": application_id}
    _declare_variables(rows, application_id, package.application.get("applicationVariables") or {})
    for component in manifest["frontComponents"]:
        source = package.files[component["builtComponentPath"]].decode()
        rows.add("frontComponent", **own, **component, source=source)
    for command in manifest["commandMenuItems"]:
        rows.add("commandMenuItem", **own, **_command(rows, command))
    for one in manifest.get("timelineActivityTypes") or () if typed else ():
        rows.add("timelineActivityType", **own, **one, isActive=True)
    for one in manifest.get("settingsMenuItems") or ():
        rows.add("settingsMenuItem", **own, **one)


def _declare_variables(rows: Rows, application_id: str, declared: dict[str, Any]) -> None:
    known = {row["key"]: row for row in rows.all("applicationVariable", applicationId=application_id)}
    for key, one in declared.items():
        kept = known.pop(key, None)
        value = kept["value"] if kept else str(one.get("value") or "")
        if kept:
            rows.drop("applicationVariable", kept["id"])
        rows.add(
            "applicationVariable",
            applicationId=application_id,
            key=key,
            value=value,
            description=one.get("description") or "",
            isSecret=bool(one.get("isSecret")),
            type="TEXT",
        )
    for left in known.values():
        rows.drop("applicationVariable", left["id"])


def _command(rows: Rows, given: Row) -> Row:
    component = rows.first("frontComponent", universalIdentifier=given["frontComponentUniversalIdentifier"])
    wanted = given.get("availabilityObjectUniversalIdentifier")
    of_object = rows.first("object", universalIdentifier=wanted) if wanted else None
    if component is None or (wanted and of_object is None):
        raise ApiError(f"Command menu item {given['universalIdentifier']}: it refers to what is not there")
    return {
        "icon": None,
        "isPinned": False,
        "availabilityType": "GLOBAL",
        "conditionalAvailabilityExpression": None,
        **given,
        "frontComponentId": component["id"],
        "availabilityObjectMetadataId": of_object and of_object["id"],
    }


def _take_away(rows: Rows, application_id: str) -> None:
    for kind in _BROUGHT:
        rows.drop_all(kind, applicationId=application_id)


@REGISTRY.mutation("uninstallApplication", "APPLICATIONS")
def uninstall(context: Context, universalIdentifier: str) -> bool:  # noqa: N803
    row = _installed(context.rows, universalIdentifier)
    _take_away(context.rows, row["id"])
    context.rows.drop_all("applicationVariable", applicationId=row["id"])
    context.rows.drop("application", row["id"])
    return True


@REGISTRY.mutation("updateOneApplicationVariable", "APPLICATIONS")
def update_variable(context: Context, key: str, value: str, applicationId: str) -> bool:  # noqa: N803
    row = context.rows.first("applicationVariable", applicationId=applicationId, key=key)
    if row is None:
        raise NoApplication(f"Application variable with key {key} not found")
    context.rows.change("applicationVariable", row, value=value)
    return True


def _installed(rows: Rows, universal_identifier: str) -> Row:
    found = rows.first("application", universalIdentifier=universal_identifier)
    return found or _missing(universal_identifier)


def _missing(name: str) -> Row:
    raise NoApplication(f"Application {name} not found")


def pinned(rows: Rows, object_name: str) -> Iterator[Row]:
    """The commands whose buttons stand on a record's page, each with its component and its variables."""
    of_object = rows.first("object", nameSingular=object_name) or {}
    for command in rows.all("commandMenuItem", isPinned=True, availabilityType="RECORD_SELECTION"):
        only = command["availabilityObjectMetadataId"]
        if (only is None or only == of_object.get("id")) and _holds(command, object_name):
            yield command


def _holds(command: Row, object_name: str) -> bool:
    """Conditions are compared as they are written: the sandbox evaluates none but the object's name."""
    wanted = f"objectMetadataItem.nameSingular == '{object_name}'"
    return command["conditionalAvailabilityExpression"] in (None, wanted)
