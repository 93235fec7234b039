"""The objects that every workspace has, as far as telephone calls touch them."""

import uuid

from bridge.sandbox.twenty.generation import Generation
from bridge.sandbox.twenty.metadata import looks, timeline_types
from bridge.sandbox.twenty.metadata.described import add_field_row, object_row
from bridge.sandbox.twenty.metadata.rows import Rows
from bridge.sandbox.twenty.metadata.structure import link_target, relate
from bridge.sandbox.twenty.model import Row

# name, plural, label, plural label, icon, is it the system's own
OBJECTS = (
    ("person", "people", "Person", "People", "IconUser", False),
    ("company", "companies", "Company", "Companies", "IconBuildingSkyscraper", False),
    ("opportunity", "opportunities", "Opportunity", "Opportunities", "IconTargetArrow", False),
    ("workspaceMember", "workspaceMembers", "Workspace Member", "Workspace Members", "IconUserCircle", True),
    ("note", "notes", "Note", "Notes", "IconNotes", False),
    ("noteTarget", "noteTargets", "Note Target", "Note Targets", "IconCheckbox", True),
    ("task", "tasks", "Task", "Tasks", "IconCheckbox", False),
    ("taskTarget", "taskTargets", "Task Target", "Task Targets", "IconCheckbox", True),
    ("attachment", "attachments", "Attachment", "Attachments", "IconFileImport", True),
    ("dashboard", "dashboards", "Dashboard", "Dashboards", "IconLayoutDashboard", True),
    (
        "timelineActivity",
        "timelineActivities",
        "Timeline Activity",
        "Timeline Activities",
        "IconTimeline",
        True,
    ),
)

# What a telephone never touches: these exist, but have no fields of their own.
BARE_OBJECTS = (
    ("blocklist", "blocklists"),
    ("calendarChannelEventAssociation", "calendarChannelEventAssociations"),
    ("calendarEvent", "calendarEvents"),
    ("calendarEventParticipant", "calendarEventParticipants"),
    ("callRecording", "callRecordings"),
    ("message", "messages"),
    ("messageCampaign", "messageCampaigns"),
    ("messageList", "messageLists"),
    ("messageListMember", "messageListMembers"),
    ("messageParticipant", "messageParticipants"),
    ("messageThread", "messageThreads"),
    ("workflow", "workflows"),
    ("workflowRun", "workflowRuns"),
    ("workflowVersion", "workflowVersions"),
)

_TASK_STATUS = ("TODO", "IN_PROGRESS", "DONE")
_STAGES = ("NEW", "SCREENING", "MEETING", "PROPOSAL", "CUSTOMER")
_FILES = ("ARCHIVE", "AUDIO", "IMAGE", "PRESENTATION", "SPREADSHEET", "TEXT_DOCUMENT", "VIDEO", "OTHER")

_DATES = ("SYSTEM", "MONTH_FIRST", "DAY_FIRST", "YEAR_FIRST")
_TIMES = ("SYSTEM", "HOUR_24", "HOUR_12")
_NUMBERS = ("SYSTEM", "COMMAS_AND_DOT", "SPACES_AND_COMMA", "DOTS_AND_COMMA", "APOSTROPHE_AND_DOT")
_INT: Row = {"settings": {"dataType": "int"}}


def _always(default: object) -> Row:
    """A field that is never null: without a value it has this one."""
    return {"isNullable": False, "defaultValue": default}


# object, field, label, type, what else
FIELDS: tuple[tuple[str, str, str, str, Row], ...] = (
    ("person", "name", "Name", "FULL_NAME", {}),
    ("person", "emails", "Emails", "EMAILS", {"isUnique": True}),
    ("person", "linkedinLink", "Linkedin", "LINKS", {}),
    ("person", "jobTitle", "Job Title", "TEXT", {}),
    ("person", "phones", "Phones", "PHONES", {}),
    ("person", "avatarUrl", "Avatar", "TEXT", {}),
    ("person", "avatarFile", "Avatar File", "FILES", {}),
    ("company", "name", "Name", "TEXT", {}),
    ("company", "domainName", "Domain Name", "LINKS", {"isUnique": True}),
    ("company", "address", "Address", "ADDRESS", {}),
    ("company", "linkedinLink", "Linkedin", "LINKS", {}),
    ("company", "annualRevenue", "ARR", "CURRENCY", {}),
    ("opportunity", "name", "Name", "TEXT", {}),
    ("opportunity", "amount", "Amount", "CURRENCY", {}),
    ("opportunity", "closeDate", "Close date", "DATE_TIME", {}),
    ("opportunity", "stage", "Stage", "SELECT", {"options": _STAGES, **_always("'NEW'")}),
    ("workspaceMember", "name", "Name", "FULL_NAME", {"isNullable": False}),
    ("workspaceMember", "colorScheme", "Color Scheme", "TEXT", _always("'System'")),
    ("workspaceMember", "locale", "Language", "TEXT", _always("'en'")),
    ("workspaceMember", "avatarUrl", "Avatar Url", "TEXT", {}),
    ("workspaceMember", "userEmail", "User Email", "TEXT", {"isUnique": True}),
    ("workspaceMember", "jobTitle", "Job Title", "TEXT", {}),
    ("workspaceMember", "calendarStartDay", "Start of the week", "NUMBER", {**_INT, **_always(7)}),
    ("workspaceMember", "userId", "User Id", "UUID", {"isNullable": False}),
    ("workspaceMember", "timeZone", "Time zone", "TEXT", _always("'system'")),
    ("workspaceMember", "dateFormat", "Date format", "SELECT", {"options": _DATES, **_always("'SYSTEM'")}),
    ("workspaceMember", "timeFormat", "Time format", "SELECT", {"options": _TIMES, **_always("'SYSTEM'")}),
    (
        "workspaceMember",
        "numberFormat",
        "Number format",
        "SELECT",
        {"options": _NUMBERS, **_always("'SYSTEM'")},
    ),
    ("note", "title", "Title", "TEXT", {}),
    ("note", "bodyV2", "Note", "RICH_TEXT", {}),
    ("task", "title", "Title", "TEXT", {}),
    ("task", "bodyV2", "Body", "RICH_TEXT", {}),
    ("task", "dueAt", "Due Date", "DATE_TIME", {}),
    ("task", "status", "Status", "SELECT", {"options": _TASK_STATUS, "defaultValue": "'TODO'"}),
    ("dashboard", "title", "Title", "TEXT", {}),
    ("dashboard", "pageLayoutId", "Page Layout ID", "UUID", {}),
    ("attachment", "name", "Name", "TEXT", {}),
    ("attachment", "file", "File", "FILES", {}),
    ("attachment", "fullPath", "Full path", "TEXT", {}),
    ("attachment", "fileCategory", "File category", "SELECT", {"options": _FILES, **_always("'OTHER'")}),
    (
        "timelineActivity",
        "happensAt",
        "Creation date",
        "DATE_TIME",
        _always("now"),
    ),
    ("timelineActivity", "properties", "Event details", "RAW_JSON", {}),
    ("timelineActivity", "linkedRecordCachedName", "Linked Record cached name", "TEXT", {}),
    ("timelineActivity", "linkedRecordId", "Linked Record id", "UUID", {}),
    ("timelineActivity", "linkedObjectMetadataId", "Linked Object Metadata Id", "UUID", {}),
)

# object, relation, label, other object, the relation that leads back, its label
RELATIONS = (
    ("person", "company", "Company", "company", "people", "People"),
    ("company", "accountOwner", "Account Owner", "workspaceMember", "accountOwnerForCompanies", "Companies"),
    ("opportunity", "company", "Company", "company", "opportunities", "Opportunities"),
    ("opportunity", "pointOfContact", "Contact", "person", "pointOfContactForOpportunities", "Opportunities"),
    ("opportunity", "owner", "Owner", "workspaceMember", "ownedOpportunities", "Owned opportunities"),
    ("task", "assignee", "Assignee", "workspaceMember", "assignedTasks", "Assigned tasks"),
    ("noteTarget", "note", "Note", "note", "noteTargets", "Relations"),
    ("taskTarget", "task", "Task", "task", "taskTargets", "Relations"),
    ("timelineActivity", "workspaceMember", "Member", "workspaceMember", "timelineActivities", "Events"),
)

# what notes, tasks, files and the timeline can be about
TARGETS = {
    "noteTarget": ("company", "person", "opportunity"),
    "taskTarget": ("company", "person", "opportunity"),
    "attachment": ("task", "note", "person", "company", "opportunity", "dashboard"),
    "timelineActivity": ("company", "dashboard", "note", "opportunity", "person", "task"),
}

_NAMED: tuple[str, str, str, str, Row] = ("timelineActivity", "name", "Event name", "TEXT", {})
_TYPED: tuple[str, str, str, str, Row] = (
    "timelineActivity",
    "timelineActivityTypeId",
    "Type",
    "UUID",
    {"isNullable": False},
)


def install(rows: Rows, generation: Generation) -> None:
    """Make the standard objects in a new workspace."""
    made = {}
    for name, plural, label, labels, icon, system in OBJECTS:
        names = {"nameSingular": name, "namePlural": plural, "labelSingular": label, "labelPlural": labels}
        made[name] = object_row(rows, {**names, "icon": icon}, system=system)
    for name, plural in BARE_OBJECTS:
        same = {"labelSingular": name, "labelPlural": plural}
        object_row(rows, {"nameSingular": name, "namePlural": plural, **same}, system=True)
    for owner, name, label, kind, more in (*FIELDS, _TYPED if generation.typed_timeline else _NAMED):
        field = add_field_row(rows, made[owner], _field(name, label, kind, more))
        if name in ("name", "title"):
            rows.change("object", made[owner], labelIdentifierFieldMetadataId=field["id"])
    for owner, name, label, target, back, back_label in RELATIONS:
        cascade = owner.endswith("Target")
        relate(
            rows,
            made[owner],
            made[target],
            given={"name": name, "label": label, "type": "RELATION"},
            inverse={"name": back, "label": back_label},
            on_delete="CASCADE" if cascade else "SET_NULL",
        )
    for owner, targets in TARGETS.items():
        for target in targets:
            link_target(rows, made[owner], made[target])
    for row in made.values():
        if not row["isSystem"]:
            looks.dress(rows, row)
    if generation.timeline_types:
        timeline_types.install(rows)


def _field(name: str, label: str, kind: str, more: Row) -> Row:
    values = more.get("options", ())
    options = [
        {"id": str(uuid.uuid4()), "label": value.title(), "value": value, "color": "gray", "position": n}
        for n, value in enumerate(values)
    ]
    return {"name": name, "label": label, "type": kind, **more, "options": options or None}
