"""What a row of the timeline must be where it has a type: from 2.34 on."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from bridge.sandbox.twenty.errors import InternalError, InvalidQuery
from bridge.sandbox.twenty.model import ObjectType

_TYPE = "timelineActivityTypeId"

Given = Mapping[str, Any]


def typed(owner: ObjectType) -> bool:
    """Whether records of this object are rows of a timeline that have a type."""
    return _TYPE in owner.fields


def check_new(records: Sequence[Given], *, upsert: bool, active: Collection[str]) -> None:
    """Raise ApiError for rows that cannot be created. `active` are the ids of the types in use."""
    if upsert:
        raise InvalidQuery("Timeline activities cannot be upserted because their type is immutable")
    if any(record.get(_TYPE) is None for record in records):
        raise InvalidQuery("A timeline activity type is required on creation")
    if not all(_complete(record) for record in records):
        raise InvalidQuery(
            "A timeline activity requires exactly one target and complete linked record metadata"
        )
    for record in records:
        if record[_TYPE] not in active:
            raise InternalError(f"Active timeline activity type {record[_TYPE]} was not found")


def _complete(record: Given) -> bool:
    targets = [key for key, value in record.items() if key.startswith("target") and value is not None]
    linked = [record.get(name) is not None for name in ("linkedRecordId", "linkedObjectMetadataId")]
    return len(targets) == 1 and len(set(linked)) == 1


def check_change(change: Given) -> None:
    """Raise ApiError for a change of a row's type."""
    if _TYPE in change:
        raise InvalidQuery("A timeline activity type is immutable after creation")
