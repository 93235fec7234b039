"""Reads what is there. Each function raises TwentyError, as `Executes` does."""

import asyncio

from bridge.twenty.client.client import Executes
from bridge.twenty.provision.accepted import Accepted
from bridge.twenty.provision.there import MenuItem, Object, PageLayout, Structure, View, Webhook
from bridge.twenty.schema.workspace import PHONE_CALL


async def accepted(client: Executes) -> Accepted:
    """What the workspace's /metadata accepts."""
    introspection = await client.execute_metadata("Introspection")
    return await asyncio.to_thread(Accepted, introspection)


async def structure(client: Executes) -> Structure:
    """The objects, and phoneCall with its fields."""
    answer = await client.execute_metadata("Objects")
    nodes = [edge["node"] for edge in answer["objects"]["edges"]]
    ids = {node["nameSingular"]: node["id"] for node in nodes}
    if PHONE_CALL not in ids:
        return Structure(ids, None)
    return Structure(ids, await whole_object(client, ids[PHONE_CALL]))


async def whole_object(client: Executes, object_id: str) -> Object:
    """An object with its fields."""
    found = await client.execute_metadata("ObjectWithFields", id=object_id)
    return Object.model_validate(found["object"])


async def views(client: Executes, object_id: str) -> tuple[View, ...]:
    """The views of an object's records."""
    answer = await client.execute_metadata("Views", objectMetadataId=object_id)
    return tuple(View.model_validate(view) for view in answer["getViews"])


async def page(client: Executes, object_id: str, known: Accepted) -> PageLayout | None:
    """The page of an object's records that is shown: an app, too, may have laid one out.

    Twenty's own page shows the first that the system did not make by itself
    (`recordPageLayoutByObjectMetadataIdFamilySelector`), else the first.
    """
    answer = await client.execute_metadata("RecordPages", objectMetadataId=object_id)
    pages = [PageLayout.model_validate(one) for one in answer["getPageLayouts"]]
    if len(pages) > 1 and known.has("PageLayout", "isSystemSideEffect"):
        answer = await client.execute_metadata("RecordPageOrigins", objectMetadataId=object_id)
        by_system = {one["id"] for one in answer["getPageLayouts"] if one["isSystemSideEffect"]}
        pages.sort(key=lambda one: one.id in by_system)
    return next(iter(pages), None)


async def sidebar(client: Executes) -> tuple[MenuItem, ...]:
    """The sidebar items that all users see, those in folders, too."""
    answer = await client.execute_metadata("NavigationMenuItems")
    items = (MenuItem.model_validate(item) for item in answer["navigationMenuItems"])
    return tuple(item for item in items if not item.user_workspace_id)


async def webhooks(client: Executes) -> tuple[Webhook, ...]:
    """The webhooks of the workspace."""
    answer = await client.execute_metadata("Webhooks")
    return tuple(Webhook.model_validate(webhook) for webhook in answer["webhooks"])
