"""What requests share: the database, the workspace's structure, who may do what, and the faults."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa

from bridge.sandbox.twenty import tables
from bridge.sandbox.twenty.catalog import Catalog
from bridge.sandbox.twenty.generation import GENERATIONS, OLDEST, Generation
from bridge.sandbox.twenty.metadata.rows import Rows
from bridge.sandbox.twenty.model import ObjectType
from bridge.sandbox.twenty.store import Store

T = TypeVar("T")


@dataclass(frozen=True)
class Schema:
    """The workspace's structure at one moment: objects and their tables."""

    catalog: Catalog
    tables: dict[str, sa.Table]
    timeline_types: frozenset[str] = frozenset()
    """The ids of those that rows can have."""

    def column(self, owner: ObjectType, name: str) -> sa.ColumnElement[Any]:
        return self.tables[owner.name].c[name]


@dataclass(frozen=True)
class Template:
    """A new workspace: all of its database, as `Store.image` gives it, the rows in it, and its structure."""

    image: bytes
    rows: bytes
    schema: Schema


class Workspace:
    """The one workspace of the sandbox; its structure is replaced as a whole when it changes."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.rows = Rows()
        self.schema = Schema(Catalog((), ()), {})
        self.version = 0

    @property
    def generation(self) -> Generation:
        """What the workspace was made as."""
        return GENERATIONS[(self.rows.first("workspace") or {}).get("generation", OLDEST)]

    async def open(self, template: Callable[[], Template], renew: Callable[[Rows], None]) -> None:
        """Read what the database holds; a new one is a copy of the template first, and then renewed."""
        await self.store.run(self.rows.load)
        if self.rows.first("object"):
            self.schema = self._structure()
            return
        new = template()
        await self.store.copy(new.image)
        self.rows.copy(new.rows)
        self.schema = new.schema
        renew(self.rows)
        await self.store.run(self.keep)

    def install(self, connection: sa.Connection, install: Callable[[Rows], None]) -> None:
        """Fill an empty database."""
        self.rows.load(connection)
        install(self.rows)
        self.keep(connection)

    def keep(self, connection: sa.Connection) -> None:
        """Save changed metadata, and let the tables follow."""
        if self.rows.structure_changed:
            schema = self._structure()
            tables.migrate(connection, self.schema.tables, schema.tables)
            self.schema = schema
            self.version += 1
        self.rows.save(connection)

    def _structure(self) -> Schema:
        catalog = Catalog(self.rows.all("object"), self.rows.all("field"))
        types = frozenset(row["id"] for row in self.rows.all("timelineActivityType", isActive=True))
        return Schema(catalog, tables.build(catalog), types)

    async def close(self) -> None:
        await asyncio.shield(self.store.close())
