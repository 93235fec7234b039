"""All objects as the workspace has them now: one immutable catalog, made anew on each change."""

from collections.abc import Iterable

from bridge.sandbox.twenty.model import RELATIONS, Field, ObjectType, Relation, RootField, Row


class Catalog:
    """All objects of the workspace, by name and by id, and the root fields that they give."""

    def __init__(self, objects: Iterable[Row], fields: Iterable[Row]) -> None:
        grouped: dict[str, list[Row]] = {}
        for row in fields:
            grouped.setdefault(row["objectMetadataId"], []).append(row)
        made = [_object(row, grouped.get(row["id"], [])) for row in objects]
        self.by_name = {one.name: one for one in made}
        self.by_id = {one.id: one for one in made}
        self.fields_by_id = {f.id: f for one in made for f in one.fields.values()}
        self.queries = {name: root for one in made for name, root in _queries(one)}
        self.mutations = {name: root for one in made for name, root in _mutations(one)}

    def target(self, relation: Relation) -> ObjectType:
        return self.by_id[relation.target_object_id]


def _field(row: Row) -> Field:
    settings = row["settings"] or {}
    return Field(
        id=row["id"],
        name=row["name"],
        label=row["label"],
        type=row["type"],
        nullable=bool(row["isNullable"]),
        unique=bool(row["isUnique"]),
        default=row["defaultValue"],
        options=tuple(option["value"] for option in row["options"] or ()),
        relation=_relation(row, settings),
        integer=settings.get("dataType") == "int",
    )


def _relation(row: Row, settings: Row) -> Relation | None:
    if row["type"] not in RELATIONS:
        return None
    return Relation(
        kind=settings["relationType"],
        target_object_id=row["relationTargetObjectMetadataId"],
        target_field_id=row["relationTargetFieldMetadataId"],
        on_delete=settings.get("onDelete", "SET_NULL"),
    )


def _object(row: Row, rows: list[Row]) -> ObjectType:
    fields = {r["name"]: _field(r) for r in rows}
    return ObjectType(
        id=row["id"],
        name=row["nameSingular"],
        plural=row["namePlural"],
        label=row["labelSingular"],
        system=row["isSystem"],
        fields=fields,
        joins={one.join_name: one for one in fields.values() if one.to_one},
    )


def _queries(one: ObjectType) -> Iterable[tuple[str, RootField]]:
    yield one.plural, RootField("findMany", one)
    yield one.name, RootField("findOne", one)
    yield f"{one.plural}GroupBy", RootField("groupBy", one)


def _mutations(one: ObjectType) -> Iterable[tuple[str, RootField]]:
    for verb in ("create", "update", "delete", "destroy", "restore"):
        yield f"{verb}{one.plural_type_name}", RootField(f"{verb}Many", one)
        yield f"{verb}{one.type_name}", RootField(f"{verb}One", one)
