"""What tests of `setup twenty` share: a look at the workspace's metadata, and at what was asked of it."""

from typing import Any

import aiohttp
from pydantic import SecretStr

from bridge.sandbox.twenty import TwentySandbox
from bridge.twenty.client.client import open_client
from bridge.twenty.provision import NewWebhook, Provisioned, set_up
from bridge.twenty.provision.plan import derived_id
from tests.support import twenty_settings

URL = "https://phone.example.com/twenty/webhook"
WEBHOOK = NewWebhook(URL, SecretStr("0123456789abcdef"))

NOTE = "note which looks were made, so that those that users remove stay removed"
"""The last step on looks."""

Row = dict[str, Any]

VIEWS = """query ($id: String!) { getViews(objectMetadataId: $id) {
  id name type key icon position visibility
  viewFields { id fieldMetadataId isVisible position size viewFieldGroupId }
  viewFilters { fieldMetadataId operand value }
  viewSorts { fieldMetadataId direction }
  viewFieldGroups { id name position isVisible viewFields { id fieldMetadataId isVisible position } }
} }"""
PAGE = """query ($id: String!) { getPageLayouts(objectMetadataId: $id, pageLayoutType: RECORD_PAGE) {
  id tabs { id title icon position layoutMode widgets { id title type objectMetadataId configuration {
    ... on FieldConfiguration { fieldMetadataId fieldDisplayMode viewId }
    ... on FieldsConfiguration { viewId }
  } } }
} }"""
SIDEBAR = "{ navigationMenuItems { id type viewId targetObjectMetadataId position color } }"
UPDATE_FIELD = "mutation ($i: UpdateOneFieldMetadataInput!) { updateOneField(input: $i) { id } }"
OPTIONS = "query ($id: UUID!) { field(id: $id) { options } }"
UPDATE_ITEM = """mutation ($i: UpdateOneNavigationMenuItemInput!) {
  updateNavigationMenuItem(input: $i) { id } }"""
CREATE_ITEM = "mutation ($i: CreateNavigationMenuItemInput!) { createNavigationMenuItem(input: $i) { id } }"
OBJECTS = """{ objects(paging: {first: 1000}) { edges { node {
  id nameSingular icon color description fieldsList { id name icon }
} } } }"""


async def tell(twenty: TwentySandbox, query: str, **variables: Any) -> Any:
    """What the workspace's administrator gets of /metadata: the value of the one root field."""
    headers = {"Authorization": f"Bearer {twenty.user_token}"}
    async with (
        aiohttp.ClientSession(twenty.url, headers=headers) as session,
        session.post("/metadata", json={"query": query, "variables": variables}) as answer,
    ):
        body = await answer.json()
        assert "errors" not in body, body["errors"]
        (value,) = body["data"].values()
        return value


class Workspace:
    """A workspace as its users find it, with names in the place of ids."""

    def __init__(self, twenty: TwentySandbox, objects: list[Row]) -> None:
        self.twenty = twenty
        self.objects = {node["nameSingular"]: node for node in objects}
        self.names = {one["id"]: one["name"] for node in objects for one in node["fieldsList"]}
        self.names |= {node["id"]: node["nameSingular"] for node in objects}

    def field_id(self, name: str, owner: str = "phoneCall") -> str:
        fields = self.objects[owner]["fieldsList"]
        found: str = next(one["id"] for one in fields if one["name"] == name)
        return found

    async def views(self) -> dict[str, Row]:
        """The views of phone calls by name."""
        found = await tell(self.twenty, VIEWS, id=self.objects["phoneCall"]["id"])
        return {view["name"]: view for view in found}

    async def page(self, owner: str) -> Row:
        (page,) = await tell(self.twenty, PAGE, id=self.objects[owner]["id"])
        return dict(page)

    async def sidebar(self) -> list[Row]:
        return list(await tell(self.twenty, SIDEBAR))

    @property
    def note_id(self) -> str:
        """The id of the view whose name says which looks were made once."""
        return derived_id(self.objects["phoneCall"]["id"], "made once")

    def columns(self, view: Row) -> list[str]:
        """The names of the shown columns, in order."""
        shown = [one for one in view["viewFields"] if one["isVisible"]]
        return [self.names[one["fieldMetadataId"]] for one in sorted(shown, key=lambda one: one["position"])]

    def filters(self, view: Row) -> dict[str, str]:
        return {self.names[one["fieldMetadataId"]]: one["value"] for one in view["viewFilters"]}


async def workspace(twenty: TwentySandbox) -> Workspace:
    """The workspace as it is now."""
    objects = await tell(twenty, OBJECTS)
    return Workspace(twenty, [edge["node"] for edge in objects["edges"]])


async def run(
    twenty: TwentySandbox, *, key: str | None = None, url: str | None = None, **options: Any
) -> Provisioned:
    """`setup twenty` with the administrator's key, or another; at its own address, or a proxy's."""
    settings = twenty_settings(twenty, api_token=key or twenty.api_key, **({"api_url": url} if url else {}))
    async with open_client(settings) as client:
        return await set_up(client, **{"webhook_to": WEBHOOK, **options})


def mutations(twenty: TwentySandbox, since: int = 0) -> list[str]:
    """The root fields of the mutations among what was asked."""
    reads = ("__schema", "objects", "object", "navigationMenuItems", "webhooks")
    asked = [root for one in twenty.requests[since:] for root in one.root_fields]
    return [root for root in asked if root not in reads and not root.startswith("get")]


CREATE_ROLE = "mutation ($i: CreateRoleInput!) { createOneRole(createRoleInput: $i) { id } }"
ALLOW = """mutation ($i: UpsertPermissionFlagsInput!) {
  upsertPermissionFlags(upsertPermissionFlagsInput: $i) { flag } }"""
CREATE_KEY = "mutation ($i: CreateApiKeyInput!) { createApiKey(input: $i) { id } }"
MINT = "mutation ($id: UUID!, $at: String!) { generateApiKeyToken(apiKeyId: $id, expiresAt: $at) { token } }"
EXPIRES = "2036-01-01T00:00:00.000Z"


async def put_into_a_folder(twenty: TwentySandbox, *items: str) -> None:
    """These items of the sidebar, each by its id."""
    folder = await tell(twenty, CREATE_ITEM, i={"type": "FOLDER", "name": "Telephone", "position": 1})
    for position, item in enumerate(items):
        update = {"folderId": folder["id"], "position": position}
        await tell(twenty, UPDATE_ITEM, i={"id": item, "update": update})


async def forget_what_was_made(there: Workspace) -> None:
    """As an earlier version left it, which noted nothing."""
    await tell(there.twenty, "mutation ($id: String!) { deleteView(id: $id) }", id=there.note_id)


async def key_that_may(twenty: TwentySandbox, *flags: str, reads: bool = True) -> str:
    """An API key whose role has these settings permissions alone; records it may read, or not even that."""
    role = {"label": "Set-up", "canReadAllObjectRecords": reads, "canBeAssignedToApiKeys": True}
    role_id = (await tell(twenty, CREATE_ROLE, i=role))["id"]
    await tell(twenty, ALLOW, i={"roleId": role_id, "permissionFlagKeys": flags})
    given = {"name": "set-up", "expiresAt": EXPIRES, "roleId": role_id}
    key_id = (await tell(twenty, CREATE_KEY, i=given))["id"]
    return str((await tell(twenty, MINT, id=key_id, at=EXPIRES))["token"])
