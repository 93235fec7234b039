"""A dashboard has a page's layout: it brings one where none is named, and takes it along when it goes."""

import uuid
from collections.abc import Sequence
from typing import Any

from bridge.sandbox.twenty.errors import InternalError
from bridge.sandbox.twenty.metadata import looks
from bridge.sandbox.twenty.metadata.rows import Rows
from bridge.sandbox.twenty.model import ObjectType
from bridge.sandbox.twenty.records.columns import DbRow

Given = dict[str, Any]


def are(owner: ObjectType) -> bool:
    """Whether records of this object are dashboards."""
    return owner.name == "dashboard"


def with_layouts(records: Sequence[Given]) -> list[Given]:
    """The records, each with the id of a layout."""
    return [{**record, "pageLayoutId": record.get("pageLayoutId") or str(uuid.uuid4())} for record in records]


def add_layouts(rows: Rows, given: Sequence[Given], records: Sequence[Given]) -> None:
    """Make the layouts that `with_layouts` named for records that were given without one."""
    for before, record in zip(given, records, strict=True):
        if not before.get("pageLayoutId"):
            title = record.get("title") or "Untitled"
            looks.add_layout(rows, id=record["pageLayoutId"], name=title, type="DASHBOARD")


def drop_layouts(rows: Rows, dashboards: Sequence[DbRow]) -> None:
    """Drop the layouts of dashboards that go; raises InternalError where one is gone already."""
    layouts = [one["pageLayoutId"] for one in dashboards if one["pageLayoutId"]]
    if not all(rows.get("pageLayout", one) for one in layouts):
        raise InternalError("Page layout to destroy not found")
    for one in layouts:
        looks.drop_layout(rows, one)
