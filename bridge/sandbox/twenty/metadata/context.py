"""What the resolvers of /metadata share, and how a root field becomes one of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from graphql import GraphQLResolveInfo

from bridge.sandbox.twenty.access import Caller
from bridge.sandbox.twenty.errors import (
    ApiError,
    Forbidden,
    InternalError,
    NotAuthenticated,
    PermissionDenied,
)
from bridge.sandbox.twenty.metadata.rows import Rows
from bridge.sandbox.twenty.tokens import Issuer
from bridge.sandbox.twenty.workspace import Workspace

Resolver = Callable[..., Any]


@dataclass(frozen=True)
class Context:
    """One request to /metadata."""

    workspace: Workspace
    connection: sa.Connection
    issuer: Issuer
    caller: Caller | None
    sessions: list[str] = field(default_factory=list)
    """Those that were opened: for cookies of the answer."""

    @property
    def rows(self) -> Rows:
        return self.workspace.rows

    @property
    def known(self) -> Caller:
        """Who asks; raises where nobody said."""
        if self.caller is None:
            raise NotAuthenticated("Token invalid.")
        return self.caller


def context_of(info: GraphQLResolveInfo[Any]) -> Context:
    context: Context = info.context
    return context


# Each area of the original refuses in its own way.
_REFUSALS: dict[str, Callable[[], ApiError]] = {
    "DATA_MODEL": PermissionDenied,
    "VIEWS": lambda: Forbidden("Entity performing the request does not have permission"),
}


def refusal(permission: str) -> ApiError:
    """The error for a caller whose role lacks a settings permission."""
    make = _REFUSALS.get(permission)
    if make:
        return make()
    return InternalError(
        "Entity performing the request does not have permission",
        friendly="You do not have permission to access this feature."
        " Please contact your workspace administrator for access.",
    )


class Registry:
    """Resolvers by type and field, each behind its guard."""

    def __init__(self) -> None:
        self.resolvers: dict[tuple[str, str], Resolver] = {}

    def query(self, name: str, guard: str = "workspace") -> Callable[[Resolver], Resolver]:
        return self._root("Query", name, guard)

    def mutation(self, name: str, guard: str) -> Callable[[Resolver], Resolver]:
        return self._root("Mutation", name, guard)

    def field(self, type_name: str, name: str) -> Callable[[Resolver], Resolver]:
        """A field of a row: the resolver gets the request's context and the row."""

        def register(resolver: Resolver) -> Resolver:
            self.resolvers[type_name, name] = lambda row, info: resolver(info.context, row)
            return resolver

        return register

    def _root(self, type_name: str, name: str, guard: str) -> Callable[[Resolver], Resolver]:
        def register(resolver: Resolver) -> Resolver:
            def guarded(_: object, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
                context = context_of(info)
                _check(guard, context.caller)
                return resolver(context, **arguments)

            self.resolvers[type_name, name] = guarded
            return resolver

        return register


def _check(guard: str, caller: Caller | None) -> None:
    """`public`, `workspace` (anybody known), `user`, `session` (no API key) or a settings permission."""
    if guard == "public":
        return
    if caller is None or (guard == "user" and caller.kind != "user"):
        raise Forbidden("Forbidden resource")
    if guard == "session" and caller.kind != "user":
        raise Forbidden(
            "This endpoint requires a session access token",
            sub_code="FORBIDDEN_EXCEPTION",
            friendly="You do not have permission to perform this action.",
        )
    if guard.isupper() and not caller.may_set(guard):
        raise refusal(guard)
