"""A new workspace: its roles, its user and members, its API keys."""

import secrets
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Any

import sqlalchemy as sa

from bridge.sandbox.twenty.access import Caller
from bridge.sandbox.twenty.generation import Generation
from bridge.sandbox.twenty.kinds import moments
from bridge.sandbox.twenty.metadata import looks, provision, standard
from bridge.sandbox.twenty.metadata.rows import Rows
from bridge.sandbox.twenty.metadata.users import open_session
from bridge.sandbox.twenty.model import Row
from bridge.sandbox.twenty.records.writes import Writer
from bridge.sandbox.twenty.store import Store
from bridge.sandbox.twenty.tokens import LIFETIMES, Issuer
from bridge.sandbox.twenty.workspace import Template, Workspace

ADMIN_EMAIL = "admin@sandbox.example"
ADMIN_PASSWORD = "sandbox"  # noqa: S105 (to be typed into a sandbox)

_MEMBERS = (
    ("Ada", "Admin", ADMIN_EMAIL),
    ("Bela", "Berger", "bela@sandbox.example"),
    ("Chloe", "Caron", "chloe@sandbox.example"),
)
_EVERYTHING = (
    "canUpdateAllSettings",
    "canAccessAllTools",
    "canReadAllObjectRecords",
    "canUpdateAllObjectRecords",
    "canSoftDeleteAllObjectRecords",
    "canDestroyAllObjectRecords",
)
_ROLES = (
    ("Admin", _EVERYTHING),
    ("Member", _EVERYTHING[1:]),
    ("Read only", ("canReadAllObjectRecords",)),
)


@dataclass(frozen=True)
class Credentials:
    """What a client of the sandbox may show."""

    api_key: str
    user_token: str
    session: str
    readonly_key: str


@lru_cache(maxsize=16)
def template(generation: Generation, *, provisioned: bool, application_pages: tuple[str, ...]) -> Template:
    """A new workspace, made once in a process: it takes 70 ms, and a copy 10."""
    chosen = partial(
        _install, generation=generation, provisioned=provisioned, application_pages=application_pages
    )
    store = Store(":memory:")
    workspace = Workspace(store)

    def work(connection: sa.Connection) -> None:
        workspace.install(connection, chosen)
        _add_members(connection, workspace)

    made = store.image(work)
    return Template(made, workspace.rows.image(), workspace.schema)


def renew(rows: Rows) -> None:
    """Give a copy of the template an id and a secret of its own, so that no other takes its tokens."""
    (row,) = rows.drop_all("workspace")
    rows.add("workspace", **{**row, "id": None, "secret": secrets.token_hex(32)})


def _install(
    rows: Rows, *, generation: Generation, provisioned: bool, application_pages: Iterable[str] = ()
) -> None:
    """Fill a new workspace with everything but records."""
    standard.install(rows, generation)
    rows.add(
        "workspace",
        displayName="Sandbox",
        subdomain="sandbox",
        activationStatus="ACTIVE",
        databaseSchema="workspace_sandbox",
        generation=generation.version,
    )
    for label, permissions in _ROLES:
        rows.add("role", **_role(label, permissions))
    for first, last, email in _MEMBERS:
        rows.add(
            "user",
            firstName=first,
            lastName=last,
            email=email,
            password=ADMIN_PASSWORD,
            userWorkspaceId=str(uuid.uuid4()),
            canAccessFullAdminPanel=email == ADMIN_EMAIL,
            locale="en",
        )
    for name, role in (("phone integration", "Admin"), ("read only", "Read only")):
        expires = moments.as_text(datetime.now(UTC) + LIFETIMES["API_KEY"])
        role_id = (rows.first("role", label=role) or {})["id"]
        rows.add("apiKey", name=name, expiresAt=expires, revokedAt=None, roleId=role_id)
    if provisioned:
        provision.provision(rows)
    for name in application_pages:
        looks.lay_out_anew(rows, rows.first("object", nameSingular=name) or {})


def _role(label: str, permissions: tuple[str, ...]) -> Row:
    flags: dict[str, Any] = {name: name in permissions for name in _EVERYTHING}
    assignable = {"canBeAssignedToUsers": True, "canBeAssignedToApiKeys": label != "Member"}
    return {"label": label, **flags, **assignable, "canBeAssignedToAgents": False}


def _add_members(connection: sa.Connection, workspace: Workspace) -> None:
    """The users' workspace members."""
    schema, rows = workspace.schema, workspace.rows
    role = rows.first("role", label="Admin") or {}
    writer = Writer(connection, schema, Caller("api_key", "", "System", role))
    members = [
        {
            "name": {"firstName": user["firstName"], "lastName": user["lastName"]},
            "userEmail": user["email"],
            "userId": user["id"],
        }
        for user in rows.all("user")
    ]
    writer.create(schema.catalog.by_name["workspaceMember"], members, upsert=False)


def issuer_of(rows: Rows) -> Issuer:
    workspace = rows.first("workspace") or {}
    return Issuer(workspace["secret"], workspace["id"])


def credentials(rows: Rows) -> Credentials:
    """Tokens for the keys and the user that a workspace starts with."""
    issuer = issuer_of(rows)
    keys = [row["id"] for row in rows.all("apiKey")]
    user = (rows.first("user", email=ADMIN_EMAIL) or {})["id"]
    return Credentials(
        api_key=issuer.issue("API_KEY", keys[0])[0],
        user_token=issuer.issue("ACCESS", user)[0],
        session=open_session(rows, user),
        readonly_key=issuer.issue("API_KEY", keys[1])[0],
    )
