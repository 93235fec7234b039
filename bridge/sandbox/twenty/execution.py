"""Root fields of the workspace: each is checked, limited, and executed for itself, all in parallel.

The original does not execute them through its GraphQL schema, and neither does this: a selected
field that does not exist reads as null, variables are not coerced, arguments are checked by hand.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from bridge.sandbox.twenty.access import Caller
from bridge.sandbox.twenty.arguments import check_arguments
from bridge.sandbox.twenty.documents import Operation, Selected, Variables, arguments_of
from bridge.sandbox.twenty.errors import ApiError
from bridge.sandbox.twenty.faults import Faults
from bridge.sandbox.twenty.limits import Limiter, no_stock
from bridge.sandbox.twenty.model import RootField
from bridge.sandbox.twenty.records import dashboards, grouping
from bridge.sandbox.twenty.records.columns import DbRow
from bridge.sandbox.twenty.records.reads import Reader
from bridge.sandbox.twenty.records.writes import Event, Writer
from bridge.sandbox.twenty.workspace import Schema, Workspace

ROOT_FIELD_LIMIT = 20

Answer = dict[str, Any]


@dataclass(frozen=True)
class Executor:
    """Executes operations on the records of a workspace."""

    workspace: Workspace
    limiter: Limiter
    faults: Faults
    on_events: Callable[[Sequence[Event]], None]

    async def execute(
        self, roots: Sequence[Selected], operation: Operation, variables: Variables, caller: Caller
    ) -> Answer:
        """What GraphQL answers; an error of one root field does not touch the others."""
        try:
            check_roots(roots)
        except ApiError as error:
            return {"data": {}, "errors": [{"message": error.message, "extensions": {"code": error.code}}]}
        data: dict[str, Any] = {}
        errors: list[Answer] = []

        async def resolve(root: Selected) -> None:
            try:
                data[root.key] = await self._resolve(root, operation.kind, variables, caller)
            except ApiError as error:
                data[root.key] = None
                errors.append(error.as_json())

        # Nothing says which of several root fields comes first; who relies on an order shall notice.
        await asyncio.gather(*map(resolve, random.sample(roots, len(roots))))
        return {"data": data, "errors": errors} if errors else {"data": data}

    async def _resolve(self, root: Selected, kind: str, variables: Variables, caller: Caller) -> Any:
        schema = self.workspace.schema
        fields = schema.catalog.queries if kind == "query" else schema.catalog.mutations
        target = fields[root.name]
        arguments = arguments_of(root, variables)
        check_arguments(target.action, arguments)
        if caller.kind == "api_key":
            self._limit(caller)
        if self.faults.quota_exhausted and target.action.startswith("create"):
            raise no_stock((self.workspace.rows.first("workspace") or {})["id"])
        events: list[Event] = []
        call = Call(self.workspace, schema, target, arguments, root, caller, self.faults.poison, events)
        value = await self.workspace.store.run(call.execute)
        self.on_events(events)
        return value

    def _limit(self, caller: Caller) -> None:
        if self.faults.over_limit:
            raise self.limiter.refusal(self.limiter.long, caller.id)
        self.limiter.take(caller.id)


def check_roots(roots: Sequence[Selected]) -> None:
    """Raise ApiError for too many root fields, or the same one twice, even under another key."""
    if len(roots) > ROOT_FIELD_LIMIT:
        raise ApiError(
            f"Query too complex - Too many root resolvers requested: {len(roots)}"
            f" - Maximum allowed root resolvers: {ROOT_FIELD_LIMIT}"
        )
    seen: set[str] = set()
    for root in roots:
        if root.name in seen:
            raise ApiError(f'Duplicate root resolver: "{root.name}"')
        seen.add(root.name)


@dataclass(frozen=True)
class Call:
    """One root field, ready to be executed within a transaction."""

    workspace: Workspace
    schema: Schema
    target: RootField
    arguments: dict[str, Any]
    selected: Selected
    caller: Caller
    poison: str | None
    events: list[Event]

    def execute(self, connection: sa.Connection) -> Any:
        reader = Reader(connection, self.schema)
        action, owner = self.target.action, self.target.object
        if action == "groupBy":
            self.caller.must("canReadAllObjectRecords")
            return grouping.group(connection, self.schema, owner, self.arguments, self.selected)
        if action in ("findMany", "findOne"):
            self.caller.must("canReadAllObjectRecords")
            find = reader.find_many if action == "findMany" else reader.find_one
            return find(owner, self.arguments, self.selected)
        writer = Writer(connection, self.schema, self.caller, self.poison, self.events)
        records = self._written(writer, reader, action[:-4] if action.endswith("Many") else action[:-3])
        return records if action.endswith("Many") else records[0]

    def _written(self, writer: Writer, reader: Reader, verb: str) -> list[dict[str, Any]]:
        owner = self.target.object
        if verb == "destroy":
            doomed = writer.destroying(owner, self.arguments)
            shown = reader.shaped(owner, doomed, self.selected)
            if dashboards.are(owner):
                dashboards.drop_layouts(self.workspace.rows, doomed)
                self.workspace.keep(writer.connection)
            writer.destroy(owner, doomed)
            return shown
        return reader.shaped(owner, self._rows(writer, verb), self.selected)

    def _rows(self, writer: Writer, verb: str) -> Sequence[DbRow]:
        owner, arguments = self.target.object, self.arguments
        if verb == "create":
            data = arguments["data"]
            records = data if isinstance(data, list) else [data]
            upsert = bool(arguments.get("upsert"))
            if dashboards.are(owner) and not upsert and all(isinstance(one, dict) for one in records):
                return self._dashboards(writer, records)
            return writer.create(owner, records, upsert=upsert)
        change = {"update": writer.update, "delete": writer.delete, "restore": writer.restore}[verb]
        return change(owner, arguments)

    def _dashboards(self, writer: Writer, records: list[dict[str, Any]]) -> Sequence[DbRow]:
        complete = dashboards.with_layouts(records)
        written = writer.create(self.target.object, complete, upsert=False)
        dashboards.add_layouts(self.workspace.rows, records, complete)
        self.workspace.keep(writer.connection)
        return written
