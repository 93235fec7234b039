"""Resolvers for roles and API keys; only a user's session may change keys."""

import uuid
from datetime import datetime

from bridge.sandbox.twenty.kinds import moments
from bridge.sandbox.twenty.metadata.context import Context, Registry
from bridge.sandbox.twenty.metadata.validation import invalid
from bridge.sandbox.twenty.model import Row

REGISTRY = Registry()


@REGISTRY.query("getRoles", "ROLES")
def get_roles(context: Context) -> list[Row]:
    return list(context.rows.all("role"))


@REGISTRY.mutation("createOneRole", "ROLES")
def create_one_role(context: Context, createRoleInput: Row) -> Row:  # noqa: N803 (its name in the API)
    return context.rows.add("role", **createRoleInput)


@REGISTRY.mutation("upsertPermissionFlags", "ROLES")
def upsert_permission_flags(
    context: Context,
    upsertPermissionFlagsInput: Row,  # noqa: N803 (its name in the API)
) -> list[Row]:
    """The settings permissions of a role, in the place of those that it had."""
    role = context.rows.get("role", upsertPermissionFlagsInput["roleId"])
    if role is None:
        raise invalid("role", "ROLE_NOT_FOUND", "Role not found", doing="updating role")
    names = upsertPermissionFlagsInput["permissionFlagKeys"]
    flags = [{"id": str(uuid.uuid4()), "roleId": role["id"], "flag": name} for name in names]
    context.rows.change("role", role, permissionFlags=flags)
    return flags


@REGISTRY.query("apiKeys", "API_KEYS_AND_WEBHOOKS")
def api_keys(context: Context) -> list[Row]:
    return list(context.rows.all("apiKey"))


@REGISTRY.query("apiKey", "API_KEYS_AND_WEBHOOKS")
def api_key(context: Context, input: Row) -> Row | None:  # noqa: A002
    return context.rows.get("apiKey", input["id"])


@REGISTRY.field("ApiKey", "role")
def role_of_key(context: Context, row: Row) -> Row | None:
    return context.rows.get("role", row["roleId"])


@REGISTRY.mutation("createApiKey", "session")
def create_api_key(context: Context, input: Row) -> Row:  # noqa: A002
    if not context.rows.get("role", input["roleId"]):
        raise invalid("apiKey", "ROLE_NOT_FOUND", "Role not found", doing="creating apiKey")
    return context.rows.add("apiKey", revokedAt=None, **input)


@REGISTRY.mutation("revokeApiKey", "session")
def revoke_api_key(context: Context, input: Row) -> Row | None:  # noqa: A002
    row = context.rows.get("apiKey", input["id"])
    return context.rows.change("apiKey", row, revokedAt=moments.now()) if row else None


@REGISTRY.mutation("updateApiKey", "session")
def update_api_key(context: Context, input: Row) -> Row | None:  # noqa: A002
    row = context.rows.get("apiKey", input["id"])
    return context.rows.change("apiKey", row, **input) if row else None


@REGISTRY.mutation("assignRoleToApiKey", "session")
def assign_role_to_api_key(context: Context, apiKeyId: str, roleId: str) -> bool:  # noqa: N803
    row = context.rows.get("apiKey", apiKeyId)
    return bool(row and context.rows.change("apiKey", row, roleId=roleId))


@REGISTRY.mutation("generateApiKeyToken", "session")
def generate_api_key_token(context: Context, apiKeyId: str, expiresAt: str) -> Row:  # noqa: N803
    token, _ = context.issuer.issue("API_KEY", apiKeyId, expires=datetime.fromisoformat(expiresAt))
    return {"token": token}
