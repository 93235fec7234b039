"""`search` on /graphql: people, companies and the rest by the words of their names, mails and numbers."""

import base64
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from bridge.sandbox.twenty.access import Caller
from bridge.sandbox.twenty.documents import Selected
from bridge.sandbox.twenty.errors import ApiError, InternalError
from bridge.sandbox.twenty.model import ObjectType
from bridge.sandbox.twenty.records import filters
from bridge.sandbox.twenty.records.columns import DbRow, read_composite
from bridge.sandbox.twenty.workspace import Schema

MOST = 100
_WORD = re.compile(r"[\w@.+-]*\w")
_NOT_SEARCHED = (
    "noteTarget",
    "taskTarget",
    "timelineActivity",
    "attachment",
    "workspaceMember",
)
_TEXTS = ("TEXT", "RICH_TEXT")
_BESIDE_LABEL = {
    "person": ("jobTitle",),
    "note": ("bodyV2",),
    "task": ("bodyV2",),
    "company": ("domainName",),
}
"""What is searched beside the label, e-mails and numbers."""


@dataclass(frozen=True)
class Hit:
    """A record that was found: how many of the words stand in it."""

    owner: ObjectType
    row: DbRow
    label: str
    words: int


@dataclass(frozen=True)
class Search:
    """One search, within a transaction."""

    connection: sa.Connection
    schema: Schema
    caller: Caller

    def answer(self, arguments: dict[str, Any], selected: Selected) -> dict[str, Any]:
        """The connection that was selected; raises ApiError."""
        text, limit = str(arguments.get("searchInput") or ""), int(arguments.get("limit") or 0)
        if limit > MOST:
            raise ApiError(f"Limit cannot be greater than {MOST}")
        if "\0" in text:
            raise InternalError('invalid byte sequence for encoding "UTF8": 0x00')
        hits = sorted(self._hits(text, arguments), key=lambda hit: -hit.words)
        start = _place(arguments.get("after"))
        found = hits[start : start + limit] if limit > 0 else []
        more = limit < 0 or (limit > 0 and len(hits) > start + limit)
        return _connection(found, start, selected, more=more)

    def _hits(self, text: str, arguments: dict[str, Any]) -> Iterator[Hit]:
        for owner in self._objects(arguments):
            self.caller.must("canReadAllObjectRecords")
            rows = self._rows(owner, arguments.get("filter"))
            found = [hit for hit in (_hit(owner, row, _words(text)) for row in rows) if hit.words or not text]
            yield from found or [hit for hit in (_hit(owner, row, ()) for row in rows) if _within(text, hit)]

    def _objects(self, arguments: dict[str, Any]) -> Iterator[ObjectType]:
        included, excluded = (
            arguments.get(f"{which}ObjectNameSingulars") for which in ("included", "excluded")
        )
        for owner in self.schema.catalog.by_name.values():
            if owner.name in _NOT_SEARCHED or (included and owner.name not in included):
                continue
            if owner.name not in (excluded or ()):
                yield owner

    def _rows(self, owner: ObjectType, given: object) -> Sequence[DbRow]:
        table = self.schema.tables[owner.name]
        living = filters.where(self.schema, owner, given), table.c.deletedAt.is_(None)
        return self.connection.execute(sa.select(table).where(*living).order_by(table.c.id)).mappings().all()


def plain(text: str) -> str:
    """Without accents, in lower case."""
    decomposed = unicodedata.normalize("NFD", text.lower())
    return "".join(one for one in decomposed if not unicodedata.combining(one))


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(plain(text)))


def _hit(owner: ObjectType, row: DbRow, words: Sequence[str]) -> Hit:
    label = label_of(owner, row)
    known = set(_known(owner, row, label))
    return Hit(owner, row, label, sum(any(one.startswith(word) for one in known) for word in words))


def _within(text: str, hit: Hit) -> bool:
    """Where no word begins so, the middle of one counts."""
    return bool(text.strip()) and plain(text.strip()) in plain(hit.label)


def label_of(owner: ObjectType, row: DbRow) -> str:
    for name in ("name", "title"):
        field = owner.fields.get(name)
        if field and field.composite:
            parts = read_composite(field, row)
            return f"{parts.get('firstName') or ''} {parts.get('lastName') or ''}".strip()
        if field:
            return str(row[name] or "")
    return ""


def _known(owner: ObjectType, row: DbRow, label: str) -> Iterator[str]:
    yield from _words(label)
    for name, field in owner.fields.items():
        if field.type == "EMAILS":
            value = read_composite(field, row)
            for address in (value["primaryEmail"], *value["additionalEmails"]):
                yield from (address.lower(), *_words(address.replace("@", " ")))
        elif field.type == "PHONES" and owner.name == "person":
            yield from _numbers(read_composite(field, row))
        elif name in _BESIDE_LABEL.get(owner.name, ()):
            for column in field.columns:
                yield from _words(str(row[column.name] or ""))


def _numbers(value: dict[str, Any]) -> Iterator[str]:
    """The primary number in each form, additional ones by their national form alone."""
    number, code = value["primaryPhoneNumber"], value["primaryPhoneCallingCode"] or ""
    if number:
        digits = code.lstrip("+")
        yield from (number, f"0{number}", f"+{digits}{number}", f"{digits}{number}")
    yield from (str(one["number"]) for one in value["additionalPhones"] if one.get("number"))


def _connection(found: Sequence[Hit], start: int, selected: Selected, *, more: bool) -> dict[str, Any]:
    cursors = [_cursor(start + n) for n in range(len(found))]
    page = {
        "hasNextPage": more,
        "hasPreviousPage": start > 0,
        "startCursor": cursors[0] if cursors else None,
        "endCursor": cursors[-1] if cursors else None,
    }
    edges = [{"node": _record(hit), "cursor": at} for hit, at in zip(found, cursors, strict=True)]
    whole = {"edges": edges, "pageInfo": page, "__typename": "SearchResultConnection"}
    return {child.key: _picked(whole.get(child.name), child) for child in selected.children}


def _record(hit: Hit) -> dict[str, Any]:
    return {
        "recordId": hit.row["id"],
        "objectNameSingular": hit.owner.name,
        "objectLabelSingular": hit.owner.label,
        "label": hit.label,
        "imageUrl": hit.row.get("avatarUrl") or "",
        "tsRank": float(hit.words),
        "tsRankCD": float(hit.words),
    }


def _picked(value: Any, selected: Selected) -> Any:
    if isinstance(value, list):
        return [_picked(one, selected) for one in value]
    if isinstance(value, dict) and selected.children:
        return {child.key: _picked(value.get(child.name), child) for child in selected.children}
    return value


def _cursor(place: int) -> str:
    return base64.b64encode(str(place + 1).encode()).decode()


def _place(cursor: object) -> int:
    try:
        return int(base64.b64decode(str(cursor))) if cursor else 0
    except ValueError:
        raise ApiError(f"Invalid cursor: {cursor}", sub_code="INVALID_CURSOR") from None
