"""What Twenty will have made of itself once the object is there: for plans of what is not yet made.

Seen on a Twenty 2.21: a new object brings a default view, a page with tabs, and an item at the end of
the sidebar.
"""

from bridge.twenty.provision import objects
from bridge.twenty.provision.fields import FIELDS
from bridge.twenty.provision.there import (
    Configuration,
    Field,
    MenuItem,
    MetadataRow,
    Object,
    PageLayout,
    Relation,
    Tab,
    Target,
    View,
    Widget,
)

ID = "(new)"
"""Stands for ids that are not known yet; nothing that holds it is sent."""

PAGE_VIEW = "(new page)"

OBJECT = Object(
    id=ID,
    icon=objects.OBJECT["icon"],
    description=objects.OBJECT["description"],
    fields_list=(Field(id=f"{ID} name", name="name", type="TEXT"),),
)
VIEWS = (
    View(id=ID, name="All Phone calls", type="TABLE", key="INDEX"),
    View(id=PAGE_VIEW, name="Phone call fields", type="FIELDS_WIDGET"),
)
PAGE = PageLayout(
    id=ID,
    tabs=(
        Tab(
            id="(new home)",
            title="Home",
            position=10,
            widgets=(Widget(id=ID, type="FIELDS", configuration=Configuration(view_id=PAGE_VIEW)),),
        ),
        Tab(id="(new timeline)", title="Timeline", position=20, widgets=(Widget(id=ID, type="TIMELINE"),)),
    ),
)


def with_fields(there: Object) -> Object:
    """The object with the fields that it lacks."""
    missing = [
        Field(
            id=f"{ID} {new.name}",
            name=new.name,
            type=new.type,
            icon=new.icon,
            relation=Relation(
                target_object_metadata=Target(name_singular=new.target),
                target_field_metadata=MetadataRow(id=f"{ID} {new.target}"),
            )
            if new.target
            else None,
        )
        for new in FIELDS
        if new.name not in there.by_name
    ]
    return there.model_copy(update={"fields_list": (*there.fields_list, *missing)})


def sidebar(items: tuple[MenuItem, ...]) -> tuple[MenuItem, ...]:
    """The sidebar with the object's item."""
    end = max((item.position for item in items), default=0.0)
    return (*items, MenuItem(id=ID, position=end + 1, target_object_metadata_id=ID))
