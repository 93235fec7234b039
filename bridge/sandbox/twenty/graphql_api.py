"""`POST /graphql`: which root fields the workspace answers itself, and which the schema."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    execute_sync,
    get_operation_ast,
    specified_rules,
    validate,
)
from graphql.execution.values import get_variable_values

from bridge.sandbox.twenty.access import Caller
from bridge.sandbox.twenty.documents import Document, Operation, Selected, Variables, arguments_of
from bridge.sandbox.twenty.errors import Forbidden, WrongVariable
from bridge.sandbox.twenty.execution import Executor
from bridge.sandbox.twenty.introspection.cache import Described, described
from bridge.sandbox.twenty.introspection.search import CORE
from bridge.sandbox.twenty.metadata.endpoint import plain_error
from bridge.sandbox.twenty.records.search import Search
from bridge.sandbox.twenty.workspace import Workspace

Answer = dict[str, Any]

_INTROSPECTION = ("__schema", "__type")
_MIXED = "This query cannot be executed as a single request. Please split it into separate queries."


@dataclass
class GraphqlApi:
    """Answers the documents that are sent to /graphql."""

    workspace: Workspace
    executor: Executor
    _described: Described | None = None
    _described_version: int = -1

    async def answer(
        self, document: Document, operation: Operation, variables: Variables, caller: Caller | None
    ) -> Answer:
        """What GraphQL answers to one operation."""
        if any(root.name == "search" for root in operation.roots):
            return await self._search(document, operation, variables, caller)
        if caller is None:
            return self._by_schema(CORE, document, operation, variables, hidden=True)
        own, introspection, other = self._divide(operation)
        if not own:
            return self._by_current_schema(document, operation, variables)
        if other:
            return {"errors": [{"message": _MIXED, "extensions": {"code": "BAD_USER_INPUT"}}]}
        answer = await self.executor.execute(own, operation, variables, caller)
        if introspection:
            answer["data"] |= self._introspected(document, operation, variables, introspection)
        return answer

    async def _search(
        self, document: Document, operation: Operation, variables: Variables, caller: Caller | None
    ) -> Answer:
        """`search` stands alone in a request, is held to its schema, and costs nothing of the rate limit."""
        if caller is None:
            raise Forbidden("Forbidden resource")
        root, *others = operation.roots
        if others:
            return {"errors": [{"message": _MIXED, "extensions": {"code": "BAD_USER_INPUT"}}], "data": None}
        errors = validate(CORE, document.ast)
        if errors:
            return {"errors": [_without_hint(error) for error in errors]}
        _check_variables(document, operation, variables)
        arguments, schema = arguments_of(root, variables), self.workspace.schema
        answer = await self.workspace.store.run(
            lambda connection: Search(connection, schema, caller).answer(arguments, root)
        )
        return {"data": {root.key: answer}}

    def _divide(self, operation: Operation) -> tuple[list[Selected], list[Selected], list[Selected]]:
        catalog = self.workspace.schema.catalog
        known: Mapping[str, object] = catalog.queries if operation.kind == "query" else catalog.mutations
        own = [root for root in operation.roots if root.name in known]
        introspection = [root for root in operation.roots if root.name in _INTROSPECTION]
        return own, introspection, [r for r in operation.roots if r not in own and r not in introspection]

    def _current(self) -> Described:
        """The schema of the workspace's present structure, made when a request needs it."""
        if self._described is None or self._described_version != self.workspace.version:
            self._described_version = self.workspace.version
            typed = self.workspace.generation.typed_composites
            self._described = described(self.workspace.schema.catalog, typed=typed)
        return self._described

    def _by_current_schema(self, document: Document, operation: Operation, variables: Variables) -> Answer:
        current = self._current()
        answer = current.known(document, operation, variables)
        if answer is None:
            answer = self._by_schema(current.schema, document, operation, variables)
            current.keep(document, operation, variables, answer)
        return answer

    def _by_schema(
        self,
        schema: GraphQLSchema,
        document: Document,
        operation: Operation,
        variables: Variables,
        *,
        hidden: bool = False,
    ) -> Answer:
        rules = (*specified_rules, NoSchemaIntrospectionCustomRule) if hidden else specified_rules
        errors = validate(schema, document.ast, rules)
        if errors:
            return {"errors": [_without_hint(error) for error in errors]}
        result = execute_sync(
            schema, document.ast, variable_values=dict(variables), operation_name=operation.name
        )
        if result.errors:
            return {"errors": [plain_error(error) for error in result.errors], "data": result.data}
        return {"data": result.data}

    def _introspected(
        self, document: Document, operation: Operation, variables: Variables, roots: list[Selected]
    ) -> Answer:
        """The introspection fields of a document that reads records as well."""
        keys = {root.key for root in roots}
        result = execute_sync(
            self._current().schema,
            document.ast,
            variable_values=dict(variables),
            operation_name=operation.name,
        )
        return {key: value for key, value in (result.data or {}).items() if key in keys}


def _check_variables(document: Document, operation: Operation, variables: Variables) -> None:
    """Raise WrongVariable for one that the schema of `search` does not take."""
    node = get_operation_ast(document.ast, operation.name)
    found = get_variable_values(CORE, node.variable_definitions or () if node else (), dict(variables))
    if isinstance(found, list):
        raise WrongVariable(found[0].message)


def _without_hint(error: GraphQLError) -> Answer:
    """/graphql, unlike /metadata, does not say which names are near."""
    plain = plain_error(error)
    return {**plain, "message": str(plain["message"]).partition(" Did you mean ")[0]}
