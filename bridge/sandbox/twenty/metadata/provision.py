"""The object `phoneCall` as the bridge provisions it, so that a sandbox can start with it."""

from bridge.sandbox.twenty.metadata.rows import Rows
from bridge.sandbox.twenty.metadata.structure import create_field, create_object
from bridge.sandbox.twenty.model import TO_ONE, Row

_STATUSES = (
    ("Ringing", "RINGING", "green"),
    ("In progress", "IN_PROGRESS", "blue"),
    ("Completed", "COMPLETED", "turquoise"),
    ("Missed", "MISSED", "orange"),
    ("Voicemail", "VOICEMAIL", "red"),
    ("Busy", "BUSY", "purple"),
    ("Failed", "FAILED", "gray"),
    ("Canceled", "CANCELED", "yellow"),
)
_DIRECTIONS = (("Inbound", "INBOUND", "green"), ("Outbound", "OUTBOUND", "blue"))
_WHOLE_NUMBER: Row = {"dataType": "int", "decimals": 0, "type": "number"}


def _select(values: tuple[tuple[str, str, str], ...]) -> Row:
    options = [
        {"label": label, "value": value, "color": color, "position": position}
        for position, (label, value, color) in enumerate(values)
    ]
    return {"type": "SELECT", "options": options}


def _relation(rows: Rows, target: str) -> Row:
    row = rows.first("object", nameSingular=target) or {}
    payload = {
        "type": TO_ONE,
        "targetObjectMetadataId": row["id"],
        "targetFieldLabel": "Phone calls",
        "targetFieldIcon": "IconPhone",
    }
    return {"type": "RELATION", "relationCreationPayload": payload}


def provision(rows: Rows) -> None:
    """Make `phoneCall` and its fields."""
    names = {"nameSingular": "phoneCall", "namePlural": "phoneCalls"}
    labels = {"labelSingular": "Phone call", "labelPlural": "Phone calls", "icon": "IconPhone"}
    owner = create_object(rows, {**names, **labels, "description": "A telephone call"})
    fields: tuple[tuple[str, str, Row], ...] = (
        ("externalCallId", "External call id", {"type": "TEXT", "isUnique": True}),
        ("direction", "Direction", _select(_DIRECTIONS)),
        ("status", "Status", _select(_STATUSES)),
        ("startedAt", "Started at", {"type": "DATE_TIME"}),
        ("answeredAt", "Answered at", {"type": "DATE_TIME"}),
        ("endedAt", "Ended at", {"type": "DATE_TIME"}),
        ("durationInSeconds", "Duration (s)", {"type": "NUMBER", "settings": _WHOLE_NUMBER}),
        ("duration", "Duration", {"type": "TEXT"}),
        ("fromPhoneNumber", "From", {"type": "PHONES"}),
        ("toPhoneNumber", "To", {"type": "PHONES"}),
        ("recording", "Recording", {"type": "LINKS"}),
        ("transcript", "Transcript", {"type": "RICH_TEXT"}),
        ("handling", "Handling", {"type": "TEXT"}),
        ("person", "Person", _relation(rows, "person")),
        ("company", "Company", _relation(rows, "company")),
        ("agent", "Agent", _relation(rows, "workspaceMember")),
    )
    for name, label, more in fields:
        create_field(rows, {"objectMetadataId": owner["id"], "name": name, "label": label, **more})
