"""What a chart on a dashboard is refused for: charts are kept and given back, not drawn."""

from functools import cache
from importlib.resources import files
from typing import Any

from graphql import EnumTypeDefinitionNode, FieldDefinitionNode, NonNullTypeNode, TypeNode, parse

from bridge.sandbox.twenty.errors import ApiError, InternalError
from bridge.sandbox.twenty.kinds import scalars
from bridge.sandbox.twenty.metadata.rows import Rows
from bridge.sandbox.twenty.metadata.validation import invalid
from bridge.sandbox.twenty.model import Row, pascal

KINDS = ("AGGREGATE_CHART", "BAR_CHART", "LINE_CHART", "PIE_CHART")
_COLUMNS, _ROWS = 12, 100
_SCALARS: dict[str, type | tuple[type, ...]] = {
    "String": str,
    "Boolean": bool,
    "Float": (int, float),
    "Int": int,
    "JSON": dict,
    "RatioAggregateConfig": dict,
}
_DEFAULTS: Row = {
    "BAR_CHART": {"primaryAxisDateGranularity": "DAY", "secondaryAxisGroupByDateGranularity": "DAY"},
    "LINE_CHART": {"primaryAxisDateGranularity": "DAY", "secondaryAxisGroupByDateGranularity": "DAY"},
    "PIE_CHART": {"dateGranularity": "DAY", "orderBy": "VALUE_DESC"},
}
_OPERANDS = frozenset(
    {
        *("IS", "IS_NOT", "IS_NOT_NULL", "IS_EMPTY", "IS_NOT_EMPTY", "CONTAINS", "DOES_NOT_CONTAIN"),
        *("LESS_THAN_OR_EQUAL", "GREATER_THAN_OR_EQUAL", "IS_BEFORE", "IS_AFTER"),
        *("IS_RELATIVE", "IS_TODAY", "IS_IN_PAST", "IS_IN_FUTURE", "VECTOR_SEARCH"),
    }
)


def checked(rows: Rows, widget: Row) -> Row:
    """The widget with its chart's default values; raises ApiError where it cannot be made."""
    configuration = widget["configuration"]
    kind = configuration.get("configurationType") if isinstance(configuration, dict) else None
    if widget["type"] != "GRAPH":
        return widget
    if kind not in KINDS:
        raise _refused(f"Invalid configuration type {kind} for a widget of type GRAPH")
    _check_values(configuration)
    _check_fields(rows, widget.get("objectMetadataId"), configuration)
    return {**widget, "configuration": {**_DEFAULTS.get(kind, {}), **configuration}}


def check_position(widget: Row) -> None:
    """Raise InvalidMetadata for a place that the grid does not have."""
    place = widget.get("position") or {}
    if place.get("layoutMode") != "GRID":
        return
    for start, span, end in (("column", "columnSpan", _COLUMNS), ("row", "rowSpan", _ROWS)):
        if place[start] < 0 or place[span] < 1 or place[start] + place[span] > end:
            raise _refused(f"Widget extends beyond the grid: {start} {place[start]}, {span} {place[span]}")


def _refused(message: str) -> ApiError:
    return invalid("pageLayoutWidget", "INVALID_PAGE_LAYOUT_WIDGET_DATA", message, doing="creating widget")


@cache
def _definitions() -> dict[str, Any]:
    """The types of `charts.graphql` by name: they say what a configuration must and can hold."""
    document = parse((files(__package__) / "charts.graphql").read_text("utf-8"))
    definitions: tuple[Any, ...] = document.definitions
    return {node.name.value: node for node in definitions}


def _check_values(configuration: Row) -> None:
    name = pascal(configuration["configurationType"].title().replace("_", "")) + "Configuration"
    for field in _definitions()[name].fields:
        if not _fits(configuration.get(field.name.value), field):
            raise ApiError(f"Invalid configuration: {field.name.value}")


def _fits(value: object, field: FieldDefinitionNode) -> bool:
    kind: TypeNode = field.type
    if value is None:
        return not isinstance(kind, NonNullTypeNode)
    name = getattr(kind.type if isinstance(kind, NonNullTypeNode) else kind, "name", None)
    if name is None:
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    if name.value == "UUID":
        return scalars.is_uuid(value)
    enum = _definitions().get(name.value)
    if isinstance(enum, EnumTypeDefinitionNode):
        return value in [one.name.value for one in enum.values or ()]
    wanted = _SCALARS.get(name.value)
    return wanted is None or (isinstance(value, wanted) and (wanted is bool or not isinstance(value, bool)))


def _check_fields(rows: Rows, object_id: str | None, configuration: Row) -> None:
    """Raise ApiError where a field is not the object's; one of the chart itself must exist, too."""
    if object_id is None or not rows.get("object", object_id):
        raise ApiError("objectMetadataId is required for graph widgets.")
    for name, field_id in configuration.items():
        if name.endswith("FieldMetadataId") and field_id:
            if not rows.get("field", field_id):
                raise InternalError(f"Field metadata {field_id} not found")
            _must_belong(rows, object_id, field_id)
    for one in (configuration.get("filter") or {}).get("recordFilters") or ():
        _must_belong(rows, object_id, one.get("fieldMetadataId"))
        if one.get("operand") not in _OPERANDS:
            raise ApiError(f"Unknown operand {one.get('operand')} of a filter")


def _must_belong(rows: Rows, object_id: str, field_id: str) -> None:
    field = rows.get("field", field_id)
    if field is None or field["objectMetadataId"] != object_id:
        raise ApiError(f'Field "{field_id}" must belong to objectMetadataId "{object_id}".')
