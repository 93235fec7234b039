"""Webhooks: told after the commit, signed, delivered once, with five seconds for the answer."""

import asyncio
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Sequence
from typing import Any

import aiohttp
import structlog

from bridge.sandbox.twenty.kinds import moments
from bridge.sandbox.twenty.kinds.parts import parts_of
from bridge.sandbox.twenty.kinds.scalars import read
from bridge.sandbox.twenty.model import ObjectType, Row
from bridge.sandbox.twenty.outbound import Outbound
from bridge.sandbox.twenty.records.columns import DbRow, read_composite
from bridge.sandbox.twenty.records.writes import Event
from bridge.sandbox.twenty.workspace import Workspace

TIMEOUT = aiohttp.ClientTimeout(total=5)

log = structlog.get_logger()


def signature(secret: str, timestamp: str, body: str) -> str:
    """What X-Twenty-Webhook-Signature carries: hex HMAC-SHA256 of `timestamp:body`."""
    return hmac.new(secret.encode(), f"{timestamp}:{body}".encode(), hashlib.sha256).hexdigest()


def wants(operations: Sequence[str], event_name: str) -> bool:
    """Whether one of a webhook's operations covers the event: `person.created`, `person.*`, `*.*`."""
    name, _, action = event_name.partition(".")
    covering = {event_name, f"{name}.*", f"*.{action}", "*.*", "*"}
    return not covering.isdisjoint(operations)


class Webhooks:
    """Delivers what happened to those who registered for it, in the background."""

    def __init__(self, workspace: Workspace, outbound: Outbound) -> None:
        self._workspace = workspace
        self._outbound = outbound
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    def tell(self, events: Sequence[Event]) -> None:
        """Start the deliveries of these events."""
        hooks = list(self._workspace.rows.all("webhook"))
        for event in events if hooks else ():
            name = f"{event.owner.name}.{event.action}"
            for hook in hooks:
                if wants(hook["operations"], name):
                    task = asyncio.ensure_future(self._deliver(hook, self._payload(hook, name, event)))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)

    def _payload(self, hook: Row, name: str, event: Event) -> Row:
        workspace = self._workspace.rows.first("workspace") or {}
        payload: Row = {
            "targetUrl": hook["targetUrl"],
            "eventName": name,
            "objectMetadata": {"id": event.owner.id, "nameSingular": event.owner.name},
            "workspaceId": workspace.get("id"),
            "webhookId": hook["id"],
            "eventDate": moments.now(),
            "record": whole_record(event.owner, event.row),
        }
        if event.changed:
            payload["updatedFields"] = sorted(changed_fields(event))
        return payload

    async def _deliver(self, hook: Row, payload: Row) -> None:
        if not await self._outbound.permits(hook["targetUrl"]):
            log.info("webhook.dropped", event_name=payload["eventName"], reason="a private address")
            return
        body = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
        timestamp = str(int(time.time() * 1000))
        headers = {
            "Content-Type": "application/json",
            "X-Twenty-Webhook-Timestamp": timestamp,
            "X-Twenty-Webhook-Signature": signature(hook["secret"], timestamp, body),
            "X-Twenty-Webhook-Nonce": secrets.token_hex(16),
        }
        self._session = self._session or aiohttp.ClientSession(timeout=TIMEOUT)
        try:
            async with self._session.post(hook["targetUrl"], data=body.encode(), headers=headers) as answer:
                log.info("webhook.delivered", event_name=payload["eventName"], status=answer.status)
        except (aiohttp.ClientError, TimeoutError) as problem:
            log.warning("webhook.lost", event_name=payload["eventName"], problem=repr(problem))

    async def close(self) -> None:
        """Give up what is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session:
            await self._session.close()


def whole_record(owner: ObjectType, row: DbRow) -> dict[str, Any]:
    """A record with all its fields, relations by their ids."""
    record: dict[str, Any] = {}
    for name, field in owner.fields.items():
        if field.to_one:
            record[field.join_name] = row[field.join_name]
        elif field.composite:
            record[name] = read_composite(field, row)
        elif field.columns:
            (part,) = parts_of(field.type)
            stored = row[name]
            record[name] = part.empty if stored is None else read(part.scalar, stored)
    return record


def changed_fields(event: Event) -> set[str]:
    """The fields, or relations' ids, to which the written columns belong."""
    columns = set(event.changed)
    return {
        field.join_name if field.to_one else name
        for name, field in event.owner.fields.items()
        if columns & {column.name for column in field.columns}
    }
