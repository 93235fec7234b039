"""From an Authorization header, or a session's cookie, to the caller that it stands for."""

from collections.abc import Mapping

import sqlalchemy as sa

from bridge.sandbox.twenty.access import Caller
from bridge.sandbox.twenty.cross_site import bearer_of, session_of
from bridge.sandbox.twenty.errors import NotAuthenticated
from bridge.sandbox.twenty.faults import Faults
from bridge.sandbox.twenty.kinds import moments
from bridge.sandbox.twenty.tokens import Issuer, revoked, wrong_kind
from bridge.sandbox.twenty.workspace import Workspace


class Callers:
    """Knows who asks by their tokens."""

    def __init__(self, workspace: Workspace, issuer: Issuer, faults: Faults) -> None:
        self._workspace = workspace
        self._issuer = issuer
        self._faults = faults

    async def identify(self, headers: Mapping[str, str]) -> Caller | None:
        """The caller, or none where neither token nor session came; raises ApiError for an invalid one."""
        token = bearer_of(headers)
        if not token:
            return await self._session(headers)
        claims = self._issuer.read(token)
        if claims.kind == "API_KEY":
            return self._key(claims.subject)
        if claims.kind == "ACCESS":
            return await self._user(claims.subject)
        raise wrong_kind()

    def _key(self, key_id: str) -> Caller:
        rows = self._workspace.rows
        row = rows.get("apiKey", key_id)
        if row is None:
            raise NotAuthenticated("Token invalid.")
        if row["revokedAt"] or self._faults.key_revoked:
            raise revoked()
        return Caller("api_key", key_id, row["name"], rows.get("role", row["roleId"]) or {})

    async def _session(self, headers: Mapping[str, str]) -> Caller | None:
        sent = session_of(headers)
        if sent is None or not self._workspace.generation.sessions:
            return None
        session = self._workspace.rows.first("session", token=sent)
        if session is None or session["expiresAt"] < moments.now():
            raise NotAuthenticated("Token invalid.")
        return await self._user(session["userId"])

    async def _user(self, user_id: str) -> Caller:
        rows = self._workspace.rows
        user = rows.get("user", user_id)
        if user is None or self._faults.signed_out:
            raise NotAuthenticated("Token invalid.")
        member = await self._workspace.store.run(lambda connection: self._member(connection, user_id))
        name = f"{user['firstName']} {user['lastName']}"
        return Caller("user", user_id, name, rows.first("role", label="Admin") or {}, member)

    def _member(self, connection: sa.Connection, user_id: str) -> str | None:
        table = self._workspace.schema.tables["workspaceMember"]
        query = sa.select(table.c.id).where(table.c.userId == user_id)
        found: str | None = connection.execute(query).scalar()
        return found
