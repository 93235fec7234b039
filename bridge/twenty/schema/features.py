"""What each operation is for, and which features are optional."""

from collections.abc import Mapping
from enum import StrEnum

import structlog
from msgspec import Struct

from bridge.errors import TwentyDenied
from bridge.twenty.writing.fields import FIELDS

log = structlog.get_logger()


class Feature(StrEnum):
    """Features, in the words that an operator reads."""

    MATCHING = "matching: nothing can be logged to a person"
    PERSON_DETAILS = "names, companies and owners of the people that calls are matched with"
    ADDITIONAL_PHONES = "people by their additional numbers"
    CALLS = "calls as records of their own"
    CALL_ON_PERSON = "calls on the person's page"
    CALL_DETAILS = "these fields of a call"
    DURATIONS = "durations in words"
    CORRECTIONS = "later news of a call: what a user did to it cannot be read"
    CORRECTED_FIELDS = "what a user wrote in these fields of a call"
    TIMELINE = "rows on the person's timeline"
    NOTES = "notes, and calls as notes where they are no records"
    NOTES_ON_CALLS = "notes on a call"
    WITHDRAWALS = "that notes and tasks go whose reason turned out not to be so"
    AGENTS = "the agent of a call"
    TASKS = "tasks for missed calls"
    LATE_PEOPLE = "people who are added later, where Twenty's webhook does not tell of them"
    NEW_PEOPLE = "people for numbers that no person has"
    SCREEN_POP = "who calls, on the agent's screen"
    LAST_SPOKEN = "the agent who spoke with a caller last rings first"
    LAST_CALLS = "the last calls, on the agent's screen"
    CALL_BUTTON = "Twenty's button Call on a phone call"
    USERS = "access tokens for users of Twenty"
    NORMALISING = "people normalise, and what doctor says of numbers that no call finds"
    SETUP = "setup twenty"
    DOCTOR = "what doctor says of the key's role"


class Drift(Struct, frozen=True):
    """What an operation lacks, as messages of GraphQL's validation, and the feature that it disables."""

    operation: str
    missing: tuple[str, ...]
    disables: Feature


OPTIONAL: Mapping[Feature, frozenset[str]] = {
    Feature.AGENTS: frozenset({"twenty.schema", "twenty.forbidden"}),
    Feature.TIMELINE: frozenset({"twenty.schema"}),
    Feature.NOTES_ON_CALLS: frozenset({"twenty.schema"}),
    Feature.WITHDRAWALS: frozenset({"twenty.schema", "twenty.forbidden"}),
    Feature.NEW_PEOPLE: frozenset({"twenty.schema"}),
    Feature.TASKS: frozenset({"twenty.schema"}),
    Feature.LATE_PEOPLE: frozenset({"twenty.schema"}),
}
"""Optional features, and the error codes that switch them off; every other denial stops the draining."""


def go_without(feature: Feature, denied: TwentyDenied) -> None:
    """Logs that a feature is left out; raises the denial again where the feature is not optional."""
    if denied.code not in OPTIONAL.get(feature, ()):
        raise denied
    log.warning("twenty.without", feature=feature.value, reason=str(denied))


RECORDS: Mapping[str, Feature] = {
    "FindPeople": Feature.MATCHING,
    "ChangedPeople": Feature.LATE_PEOPLE,
    "PhonesOfPeople": Feature.NORMALISING,
    "UpdatePerson": Feature.NORMALISING,
    "CallerProfile": Feature.SCREEN_POP,
    "LastCalls": Feature.LAST_CALLS,
    "PartyOfCall": Feature.CALL_BUTTON,
    "LastSpoken": Feature.LAST_SPOKEN,
    "WorkspaceMembers": Feature.AGENTS,
    "WrittenPhoneCalls": Feature.CORRECTIONS,
    "WrittenNotes": Feature.CORRECTIONS,
    "ChangedPhoneCalls": Feature.CORRECTIONS,
    "DeletedPhoneCalls": Feature.CORRECTIONS,
    "ExistingTimelineActivities": Feature.TIMELINE,
    "ExistingPeople": Feature.NEW_PEOPLE,
    "ExistingTasks": Feature.TASKS,
    "ExistingTaskTargets": Feature.TASKS,
    "MayWriteNotes": Feature.DOCTOR,
    "MayWritePhoneCalls": Feature.DOCTOR,
    "MayWriteTasks": Feature.DOCTOR,
    "DestroyPerson": Feature.DOCTOR,
    "CreatePhoneCalls": Feature.CALLS,
    "UpsertPhoneCalls": Feature.CALLS,
    "UpdatePhoneCalls": Feature.CALLS,
    "UpsertTimelineActivities": Feature.TIMELINE,
    "CreateTimelineActivities": Feature.TIMELINE,
    "ChangeTimelineActivities": Feature.TIMELINE,
    "DestroyTimelineActivities": Feature.TIMELINE,
    "UpsertNotes": Feature.NOTES,
    "UpdateNotes": Feature.NOTES,
    "UpsertNoteTargets": Feature.NOTES,
    "CreateNotes": Feature.NOTES,
    "CreatePeople": Feature.NEW_PEOPLE,
    "CreateTasks": Feature.TASKS,
    "UpsertTasks": Feature.TASKS,
    "WithdrawTasks": Feature.WITHDRAWALS,
    "WithdrawNotes": Feature.WITHDRAWALS,
    "WithdrawPhoneCalls": Feature.WITHDRAWALS,
    "UpsertTaskTargets": Feature.TASKS,
}
"""Operation on /graphql → feature."""

STRUCTURE: Mapping[str, Feature] = {
    "Objects": Feature.TIMELINE,
    "TimelineActivityTypes": Feature.TIMELINE,
    "CurrentUser": Feature.USERS,
    "CurrentWorkspace": Feature.USERS,
}
"""Operation on /metadata → feature; the others are for set-up."""


SELECTED: Mapping[str, Mapping[str, Feature]] = {
    "FindPeople": {
        **dict.fromkeys(
            ("name", "firstName", "lastName", "companyId", "company", "accountOwnerId"),
            Feature.PERSON_DETAILS,
        ),
        **dict.fromkeys(
            ("additionalPhones", "number", "callingCode", "countryCode"), Feature.ADDITIONAL_PHONES
        ),
    },
    "WrittenPhoneCalls": dict.fromkeys(FIELDS, Feature.CORRECTED_FIELDS),
}
"""Operation → selected fields that are optional: where they are missing, Twenty answers null."""


SOME_GENERATIONS = frozenset({"RecordPageOrigins", "TimelineActivityTypes"})
"""Operations that are sent only where the workspace's schema has what they name."""


def feature_of(operation: str, selected: str | None = None) -> Feature:
    """What an operation is for, or one of the fields that it selects."""
    if feature := SELECTED.get(operation, {}).get(selected or ""):
        return feature
    return RECORDS.get(operation) or STRUCTURE.get(operation, Feature.SETUP)


class Given(Struct, frozen=True):
    """Fields that the bridge fills in a variable of an operation, as a selection; what lacks without them."""

    operation: str
    variable: str
    fields: str
    feature: Feature
    typed: bool | None = None
    """Only where timeline rows have a type (True), or only where they have none (False)."""


TYPED_TIMELINE = "timelineActivityTypeId"
"""The field of `TimelineActivityCreateInput` that alone says which generation a workspace is of."""

GIVEN = (
    Given(
        "FindPeople",
        "filter",
        "or { phones { primaryPhoneNumber { in like } additionalPhones { like } } }",
        Feature.MATCHING,
    ),
    Given("CreatePhoneCalls", "data", "id externalCallId", Feature.CALLS),
    Given("CreatePhoneCalls", "data", "personId", Feature.CALL_ON_PERSON),
    Given(
        "CreatePhoneCalls",
        "data",
        """name direction status startedAt answeredAt endedAt durationInSeconds
        fromPhoneNumber { primaryPhoneNumber } toPhoneNumber { primaryPhoneNumber }
        recording { primaryLinkLabel primaryLinkUrl secondaryLinks } transcript { blocknote }
        companyId agentId handling""",
        Feature.CALL_DETAILS,
    ),
    Given("CreatePhoneCalls", "data", "duration", Feature.DURATIONS),
    Given(
        "UpsertTimelineActivities",
        "data",
        """id name happensAt createdAt targetPersonId workspaceMemberId
        linkedObjectMetadataId linkedRecordId linkedRecordCachedName""",
        Feature.TIMELINE,
        typed=False,
    ),
    Given(
        "CreateTimelineActivities",
        "data",
        """id timelineActivityTypeId happensAt createdAt targetPersonId workspaceMemberId
        linkedObjectMetadataId linkedRecordId linkedRecordCachedName""",
        Feature.TIMELINE,
        typed=True,
    ),
    Given("UpsertNotes", "data", "id title bodyV2 { blocknote } createdAt", Feature.NOTES),
    Given("UpdateNotes", "data", "title bodyV2 { blocknote }", Feature.NOTES),
    Given("CreateNotes", "data", "id title bodyV2 { blocknote } createdAt", Feature.NOTES),
    Given("UpsertNoteTargets", "data", "id noteId targetPersonId", Feature.NOTES),
    Given("UpsertNoteTargets", "data", "targetPhoneCallId", Feature.NOTES_ON_CALLS),
    Given(
        "CreatePeople",
        "data",
        "id name { firstName lastName } phones { primaryPhoneNumber }",
        Feature.NEW_PEOPLE,
    ),
    Given(
        "UpdatePerson",
        "data",
        """phones { primaryPhoneNumber primaryPhoneCallingCode primaryPhoneCountryCode
        additionalPhones }""",
        Feature.NORMALISING,
    ),
    Given("CreateTasks", "data", "id title bodyV2 { blocknote } status dueAt assigneeId", Feature.TASKS),
    Given("UpsertTasks", "data", "id title bodyV2 { blocknote }", Feature.TASKS),
    Given("UpsertTaskTargets", "data", "id taskId targetPersonId", Feature.TASKS),
)
"""What stands in variables, where the text of an operation does not show it."""
