"""Resolvers for the workspace and its users, and how a user signs in."""

import secrets
from datetime import UTC, datetime

import sqlalchemy as sa

from bridge.sandbox.twenty.cross_site import SESSION_PREFIX
from bridge.sandbox.twenty.errors import Forbidden, NotAuthenticated
from bridge.sandbox.twenty.kinds import moments
from bridge.sandbox.twenty.metadata.context import Context, Registry
from bridge.sandbox.twenty.metadata.rows import Rows
from bridge.sandbox.twenty.model import Row
from bridge.sandbox.twenty.records.columns import read_composite
from bridge.sandbox.twenty.tokens import LIFETIMES, Kind, wrong_kind

REGISTRY = Registry()

PERMISSIONS = (
    "API_KEYS_AND_WEBHOOKS",
    "WORKSPACE",
    "WORKSPACE_MEMBERS",
    "ROLES",
    "DATA_MODEL",
    "SECURITY",
    "LAYOUTS",
    "VIEWS",
)


def member_of(context: Context, user_id: str) -> Row | None:
    """The workspace member that a user is; a record, not metadata."""
    schema = context.workspace.schema
    table = schema.tables["workspaceMember"]
    query = sa.select(table).where(table.c.userId == user_id, table.c.deletedAt.is_(None))
    found = context.connection.execute(query).mappings().first()
    if found is None:
        return None
    name = read_composite(schema.catalog.by_name["workspaceMember"].fields["name"], found)
    return {**found, "name": name}


@REGISTRY.query("currentUser", "user")
def current_user(context: Context) -> Row | None:
    return context.rows.get("user", context.known.id)


@REGISTRY.query("currentWorkspace")
def current_workspace(context: Context) -> Row | None:
    return context.rows.first("workspace")


@REGISTRY.field("User", "workspaceMember")
def workspace_member(context: Context, row: Row) -> Row | None:
    return member_of(context, row["id"])


@REGISTRY.field("User", "currentWorkspace")
def workspace_of_user(context: Context, _: Row) -> Row | None:
    return context.rows.first("workspace")


@REGISTRY.field("User", "currentUserWorkspace")
def user_workspace(context: Context, row: Row) -> Row:
    role = context.known.role
    allowed = {"canReadObjectRecords": role["canReadAllObjectRecords"]}
    permissions = [{"objectMetadataId": one["id"], **allowed} for one in context.rows.all("object")]
    return {
        "id": row["userWorkspaceId"],
        "user": row,
        "userId": row["id"],
        "permissionFlags": list(PERMISSIONS) if role["canUpdateAllSettings"] else [],
        "objectsPermissions": permissions,
        "objectPermissions": permissions,
        "createdAt": row["createdAt"],
        "updatedAt": row["updatedAt"],
    }


def open_session(rows: Rows, user_id: str) -> str:
    """A session of a user who has signed in: what its cookie holds."""
    token = SESSION_PREFIX + secrets.token_urlsafe(32)
    expires = moments.as_text(datetime.now(UTC) + LIFETIMES["REFRESH"])
    rows.add("session", token=token, userId=user_id, expiresAt=expires)
    return token


def _token(context: Context, kind: Kind, user_id: str) -> Row:
    token, expires = context.issuer.issue(kind, user_id)
    return {"token": token, "expiresAt": moments.as_text(expires)}


def _tokens(context: Context, user_id: str) -> Row:
    access, refresh = _token(context, "ACCESS", user_id), _token(context, "REFRESH", user_id)
    return {"tokens": {"accessOrWorkspaceAgnosticToken": access, "refreshToken": refresh}}


@REGISTRY.mutation("getLoginTokenFromCredentials", "public")
def get_login_token(context: Context, email: str, password: str, **_: object) -> Row:
    user = context.rows.first("user", email=email)
    if user is None or not secrets.compare_digest(user["password"], password):
        raise Forbidden("Wrong password", sub_code="FORBIDDEN_EXCEPTION", friendly="Wrong password.")
    return {"loginToken": _token(context, "LOGIN", user["id"])}


@REGISTRY.mutation("getAuthTokensFromLoginToken", "public")
def get_auth_tokens(context: Context, loginToken: str, **_: object) -> Row:  # noqa: N803
    user_id = _user_of(context, "LOGIN", loginToken)
    if context.workspace.generation.sessions:
        context.sessions.append(open_session(context.rows, user_id))
    return _tokens(context, user_id)


@REGISTRY.mutation("renewToken", "public")
def renew_token(context: Context, appToken: str) -> Row:  # noqa: N803
    return _tokens(context, _user_of(context, "REFRESH", appToken))


def _user_of(context: Context, kind: Kind, token: str) -> str:
    claims = context.issuer.read(token)
    if claims.kind != kind:
        raise wrong_kind()
    if not context.rows.get("user", claims.subject):
        raise NotAuthenticated("Token invalid.")
    return claims.subject
