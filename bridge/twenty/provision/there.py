"""The parts of a workspace that a plan reads, as /metadata answers them."""

from collections.abc import Collection, Mapping

from msgspec import Struct
from pydantic import BaseModel, ConfigDict, SecretStr
from pydantic.alias_generators import to_camel


class MetadataPart(BaseModel):
    """A part of Twenty's metadata; unknown fields are ignored."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)


class MetadataRow(MetadataPart):
    """A part with an id."""

    id: str


class Target(MetadataPart):
    """The object that a relation points to."""

    name_singular: str


class Relation(MetadataPart):
    """The target of a relation: the object, and its field that leads back."""

    target_object_metadata: Target
    target_field_metadata: MetadataRow


class Option(MetadataPart):
    """A value that a field of type SELECT takes."""

    value: str


class Field(MetadataRow):
    """A field of an object."""

    name: str
    type: str
    icon: str | None = None
    is_active: bool | None = True
    is_unique: bool | None = False
    options: tuple[Option, ...] | None = None
    relation: Relation | None = None

    @property
    def values(self) -> Collection[str]:
        """The values that a SELECT takes."""
        return [option.value for option in self.options or ()]


class Object(MetadataRow):
    """An object with its fields."""

    icon: str | None = None
    color: str | None = None
    description: str | None = None
    is_active: bool = True
    fields_list: tuple[Field, ...]

    @property
    def by_name(self) -> dict[str, Field]:
        """The fields by their names."""
        return {field.name: field for field in self.fields_list}


class Structure(Struct, frozen=True):
    """Each object's id by its name, and the object phoneCall; None where there is none."""

    object_ids: Mapping[str, str]
    phone_call: Object | None


class ViewField(MetadataRow):
    """A column of a table, or a line of a page. `size` is in pixels; positions are sorted by."""

    field_metadata_id: str
    is_visible: bool
    position: float
    size: float = 0
    view_field_group_id: str | None = None


class ViewFilter(MetadataRow):
    """What the records of a view have in common."""

    field_metadata_id: str


class View(MetadataRow):
    """A way to show records: a table, or the fields of a page."""

    name: str
    type: str
    key: str | None = None
    icon: str = ""
    view_fields: tuple[ViewField, ...] = ()
    view_filters: tuple[ViewFilter, ...] = ()
    view_sorts: tuple[MetadataRow, ...] = ()
    view_field_groups: tuple[MetadataRow, ...] = ()

    @property
    def by_field(self) -> dict[str, ViewField]:
        """The columns by the ids of their fields."""
        return {column.field_metadata_id: column for column in self.view_fields}


class Configuration(MetadataPart):
    """What a widget shows; each kind has some of these."""

    field_metadata_id: str | None = None
    field_display_mode: str | None = None
    view_id: str | None = None


class Widget(MetadataRow):
    """A part of a tab."""

    type: str
    configuration: Configuration = Configuration()


class Tab(MetadataRow):
    """A tab of a record's page."""

    title: str
    position: float
    widgets: tuple[Widget, ...] | None = ()


class PageLayout(MetadataRow):
    """How a record's page is laid out."""

    tabs: tuple[Tab, ...] | None = ()


class MenuItem(MetadataRow):
    """An item of the sidebar; a user's own ones have a `user_workspace_id`."""

    position: float
    color: str | None = None
    view_id: str | None = None
    target_object_metadata_id: str | None = None
    user_workspace_id: str | None = None
    folder_id: str | None = None
    name: str | None = None
    link: str | None = None


class Webhook(MetadataRow):
    """A webhook that the workspace has; `secret` is what it signs with."""

    target_url: str
    operations: tuple[str, ...]
    description: str | None = None
    secret: SecretStr = SecretStr("")
