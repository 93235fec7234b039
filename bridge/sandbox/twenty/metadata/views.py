"""Resolvers for views: their fields, sorts, filters and groups of fields."""

from collections.abc import Iterable

from bridge.sandbox.twenty.metadata.context import Context, Registry
from bridge.sandbox.twenty.metadata.looks import VIEW_DEFAULTS, VIEW_FIELD_DEFAULTS
from bridge.sandbox.twenty.metadata.validation import invalid
from bridge.sandbox.twenty.model import Row, pascal

REGISTRY = Registry()

# kind of row → its name in the API, and what a new one has
_PARTS: dict[str, Row] = {
    "viewField": VIEW_FIELD_DEFAULTS,
    "viewSort": {"direction": "ASC"},
    "viewFilter": {"operand": "CONTAINS"},
    "viewFieldGroup": {"isVisible": True, "position": 0, "isActive": True},
}


def _existing(context: Context, kind: str, row_id: str) -> Row:
    row = context.rows.get(kind, row_id)
    if row is None:
        raise invalid(kind, "NOT_FOUND", f"{pascal(kind)} not found", doing=f"updating {kind}")
    return row


def _check_new(context: Context, kind: str, given: Row) -> None:
    """Raise InvalidMetadata where the id that a client chose is taken."""
    if "id" in given and context.rows.get(kind, given["id"]):
        message = f"{pascal(kind)} with this id already exists"
        raise invalid(kind, "INVALID_VIEW_DATA", message, doing=f"creating {kind}")


def _by_position(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: row.get("position") or 0)


@REGISTRY.query("getViews")
def get_views(
    context: Context,
    objectMetadataId: str | None = None,  # noqa: N803 (its name in the API)
    viewTypes: list[str] | None = None,  # noqa: N803
) -> list[Row]:
    given = {"objectMetadataId": objectMetadataId} if objectMetadataId else {}
    return [row for row in context.rows.all("view", **given) if not viewTypes or row["type"] in viewTypes]


@REGISTRY.query("getView")
def get_view(context: Context, id: str) -> Row | None:  # noqa: A002
    return context.rows.get("view", id)


@REGISTRY.mutation("createView", "VIEWS")
def create_view(context: Context, input: Row) -> Row:  # noqa: A002
    if not context.rows.get("object", input["objectMetadataId"]):
        raise invalid("view", "INVALID_VIEW_DATA", "Object metadata not found", doing="creating view")
    given = {key: value for key, value in input.items() if value is not None}
    _check_new(context, "view", given)
    return context.rows.add("view", **{**VIEW_DEFAULTS, **given})


@REGISTRY.mutation("updateView", "VIEWS")
def update_view(context: Context, id: str, input: Row) -> Row:  # noqa: A002
    input.pop("id", None)
    return context.rows.change("view", _existing(context, "view", id), **input)


def _delete_view(context: Context, id: str) -> bool:  # noqa: A002
    _existing(context, "view", id)
    for kind in _PARTS:
        context.rows.drop_all(kind, viewId=id)
    return bool(context.rows.drop("view", id))


for _name in ("deleteView", "destroyView"):
    REGISTRY.mutation(_name, "VIEWS")(_delete_view)


def _create(context: Context, kind: str, given: Row) -> Row:
    _existing(context, "view", given["viewId"])
    if "fieldMetadataId" in given and not context.rows.get("field", given["fieldMetadataId"]):
        raise invalid(kind, "INVALID_VIEW_DATA", "Field metadata not found", doing=f"creating {kind}")
    own = {key: value for key, value in given.items() if value is not None}
    _check_new(context, kind, own)
    return context.rows.add(kind, **{**_PARTS[kind], **own})


def _register(kind: str) -> None:
    """The root fields that each part of a view has."""
    type_name = pascal(kind)

    @REGISTRY.query(f"get{type_name}s")
    def get_many(context: Context, viewId: str | None = None) -> list[Row]:  # noqa: N803
        return _by_position(context.rows.all(kind, **({"viewId": viewId} if viewId else {})))

    @REGISTRY.query(f"get{type_name}")
    def get_one(context: Context, id: str) -> Row | None:  # noqa: A002
        return context.rows.get(kind, id)

    @REGISTRY.mutation(f"create{type_name}", "VIEWS")
    def create(context: Context, input: Row) -> Row:  # noqa: A002
        return _create(context, kind, input)

    @REGISTRY.mutation(f"createMany{type_name}s", "VIEWS")
    def create_many(context: Context, inputs: list[Row]) -> list[Row]:
        return [_create(context, kind, one) for one in inputs]

    @REGISTRY.mutation(f"update{type_name}", "VIEWS")
    def update(context: Context, input: Row) -> Row:  # noqa: A002
        return context.rows.change(kind, _existing(context, kind, input["id"]), **input["update"])

    def delete(context: Context, input: Row) -> Row | bool:  # noqa: A002
        row = context.rows.drop(kind, _existing(context, kind, input["id"])["id"])
        return True if kind == "viewSort" else row

    for verb in ("delete", "destroy"):
        REGISTRY.mutation(f"{verb}{type_name}", "VIEWS")(delete)

    @REGISTRY.field("View", f"{kind}s")
    def of_view(context: Context, row: Row) -> list[Row]:
        return list(context.rows.all(kind, viewId=row["id"]))


for _kind in _PARTS:
    _register(_kind)


@REGISTRY.field("ViewFieldGroup", "viewFields")
def fields_of_group(context: Context, row: Row) -> list[Row]:
    return _by_position(context.rows.all("viewField", viewFieldGroupId=row["id"]))


@REGISTRY.mutation("upsertFieldsWidget", "LAYOUTS")
def upsert_fields_widget(context: Context, input: Row) -> Row:  # noqa: A002
    """Lay out the fields of a record's page anew, in groups or without."""
    widget = _existing(context, "pageLayoutWidget", input["widgetId"])
    view = _existing(context, "view", widget["configuration"].get("viewId", ""))
    context.rows.drop_all("viewFieldGroup", viewId=view["id"])
    for column in context.rows.all("viewField", viewId=view["id"]):
        context.rows.change("viewField", column, viewFieldGroupId=None)
    for group in input.get("groups") or []:
        own = {key: value for key, value in group.items() if key != "fields"}
        _create(context, "viewFieldGroup", {**own, "viewId": view["id"]})
        _place(context, view, group["fields"], group["id"])
    _place(context, view, input.get("fields") or [], None)
    return view


def _place(context: Context, view: Row, fields: list[Row], group_id: str | None) -> None:
    for one in fields:
        known = context.rows.get("viewField", one.get("viewFieldId") or "") or context.rows.first(
            "viewField", viewId=view["id"], fieldMetadataId=one.get("fieldMetadataId")
        )
        place = {"isVisible": one["isVisible"], "position": one["position"], "viewFieldGroupId": group_id}
        if known:
            context.rows.change("viewField", known, **place)
        else:
            field = {"viewId": view["id"], "fieldMetadataId": one["fieldMetadataId"]}
            _create(context, "viewField", {**field, **place})
