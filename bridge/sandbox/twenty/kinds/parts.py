"""Which columns a field of each type has, and what an empty one reads as."""

from dataclasses import dataclass
from enum import StrEnum


class Scalar(StrEnum):
    """How one column is stored, filtered and named in the schema."""

    ARRAY = "ARRAY"
    BOOLEAN = "BOOLEAN"
    DATE = "DATE"
    DATE_TIME = "DATE_TIME"
    JSON = "RAW_JSON"
    NUMBER = "NUMBER"
    NUMERIC = "NUMERIC"
    POSITION = "POSITION"
    SELECT = "SELECT"
    TEXT = "TEXT"
    TS_VECTOR = "TS_VECTOR"
    UUID = "UUID"


@dataclass(frozen=True, slots=True)
class Part:
    """One column of a field; the name is empty where the field has only one."""

    name: str
    scalar: Scalar
    empty: object = None


def _texts(*names: str) -> tuple[Part, ...]:
    return tuple(Part(name, Scalar.TEXT, "") for name in names)


COMPOSITES: dict[str, tuple[Part, ...]] = {
    "ACTOR": (
        Part("source", Scalar.SELECT),
        Part("workspaceMemberId", Scalar.UUID),
        Part("name", Scalar.TEXT, ""),
        Part("context", Scalar.JSON),
    ),
    "ADDRESS": (
        *_texts("addressStreet1", "addressStreet2", "addressCity"),
        *_texts("addressPostcode", "addressState", "addressCountry"),
        Part("addressLat", Scalar.NUMERIC),
        Part("addressLng", Scalar.NUMERIC),
    ),
    "CURRENCY": (Part("amountMicros", Scalar.NUMERIC), Part("currencyCode", Scalar.TEXT)),
    "EMAILS": (*_texts("primaryEmail"), Part("additionalEmails", Scalar.JSON, [])),
    "FULL_NAME": _texts("firstName", "lastName"),
    "LINKS": (
        *_texts("primaryLinkLabel", "primaryLinkUrl"),
        Part("secondaryLinks", Scalar.JSON, []),
    ),
    "PHONES": (
        *_texts("primaryPhoneNumber", "primaryPhoneCountryCode", "primaryPhoneCallingCode"),
        Part("additionalPhones", Scalar.JSON, []),
    ),
    "RICH_TEXT": (Part("blocknote", Scalar.TEXT), Part("markdown", Scalar.TEXT, "")),
}

SIMPLE: dict[str, Part] = {
    "ARRAY": Part("", Scalar.ARRAY),
    "BOOLEAN": Part("", Scalar.BOOLEAN),
    "DATE": Part("", Scalar.DATE),
    "DATE_TIME": Part("", Scalar.DATE_TIME),
    "FILES": Part("", Scalar.JSON),
    "MULTI_SELECT": Part("", Scalar.ARRAY),
    "NUMBER": Part("", Scalar.NUMBER),
    "NUMERIC": Part("", Scalar.NUMERIC),
    "POSITION": Part("", Scalar.POSITION),
    "RATING": Part("", Scalar.SELECT),
    "RAW_JSON": Part("", Scalar.JSON),
    "SELECT": Part("", Scalar.SELECT),
    "TEXT": Part("", Scalar.TEXT, ""),
    "TS_VECTOR": Part("", Scalar.TS_VECTOR),
    "UUID": Part("", Scalar.UUID),
}

ACTOR_SOURCES = (
    "EMAIL",
    "CALENDAR",
    "WORKFLOW",
    "AGENT",
    "API",
    "IMPORT",
    "MANUAL",
    "SYSTEM",
    "WEBHOOK",
    "APPLICATION",
)


def parts_of(field_type: str) -> tuple[Part, ...]:
    """The columns of a field that is no relation."""
    return COMPOSITES.get(field_type) or (SIMPLE[field_type],)


def column_name(field: str, part: str) -> str:
    """`phones` and `primaryPhoneNumber` are kept in `phonesPrimaryPhoneNumber`, as in the original."""
    return f"{field}{part[:1].upper()}{part[1:]}" if part else field
