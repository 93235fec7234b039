"""Who asks: an API key or a user, and what their role allows."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from bridge.sandbox.twenty.errors import PermissionDenied
from bridge.sandbox.twenty.model import Row


@dataclass(frozen=True)
class Caller:
    """An authenticated caller; `id` is that of the key or of the user."""

    kind: Literal["api_key", "user"]
    id: str
    name: str
    role: Row
    member_id: str | None = None

    def may(self, permission: str) -> bool:
        """Whether the role has that flag."""
        return bool(self.role.get(permission))

    def may_set(self, permission: str) -> bool:
        """Whether the role has a settings permission: all of them, or this one."""
        flags = self.role.get("permissionFlags") or ()
        return self.may("canUpdateAllSettings") or any(one["flag"] == permission for one in flags)

    def must(self, permission: str) -> None:
        if not self.may(permission):
            raise PermissionDenied

    @cached_property
    def actor(self) -> dict[str, Any]:
        """Who is named in `createdBy` of what this caller writes."""
        source = "API" if self.kind == "api_key" else "MANUAL"
        return {"source": source, "workspaceMemberId": self.member_id, "name": self.name, "context": {}}
