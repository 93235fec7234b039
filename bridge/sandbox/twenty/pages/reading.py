"""What the pages show, read with the queries that a client of /graphql would send."""

from typing import Any

import sqlalchemy as sa

from bridge.sandbox.twenty import documents
from bridge.sandbox.twenty.records.reads import Reader
from bridge.sandbox.twenty.workspace import Workspace

PEOPLE = """query ($first: Int) { people(first: $first, orderBy: [{createdAt: DescNullsLast}]) {
  totalCount edges { node { id createdAt jobTitle name { firstName lastName } emails { primaryEmail }
  phones { primaryPhoneNumber primaryPhoneCallingCode additionalPhones } company { name }
  createdBy { name } } } } }"""

PERSON = """query ($id: UUID!) { person(filter: {id: {eq: $id}}) {
  id createdAt jobTitle name { firstName lastName } emails { primaryEmail } company { name }
  phones { primaryPhoneNumber primaryPhoneCallingCode additionalPhones } createdBy { name }
  noteTargets { edges { node { note { id title createdAt bodyV2 { blocknote } createdBy { name } } } } }
  taskTargets { edges { node { task { id title status dueAt assignee { name { firstName lastName } } } } } }
} }"""

COMPANY = """query ($id: UUID!) { company(filter: {id: {eq: $id}}) { id name } }"""

PEOPLE_OF = """query ($filter: PersonFilterInput) {
  people(filter: $filter, orderBy: [{createdAt: DescNullsLast}]) { edges { node {
    id createdAt jobTitle name { firstName lastName } emails { primaryEmail }
    phones { primaryPhoneNumber primaryPhoneCallingCode additionalPhones } company { name }
    createdBy { name } } } } }"""

TIMELINE = """query ($filter: TimelineActivityFilterInput) {
  timelineActivities(filter: $filter, orderBy: [{createdAt: DescNullsLast}]) { edges { node {
    id name createdAt linkedRecordId linkedObjectMetadataId linkedRecordCachedName timelineActivityTypeId
    workspaceMember { name { firstName lastName } } } } } }"""

CALLS = """query ($filter: PhoneCallFilterInput) {
  phoneCalls(filter: $filter, orderBy: [{startedAt: DescNullsLast}]) { totalCount edges { node {
    id name direction status startedAt durationInSeconds
    person { id name { firstName lastName } } agent { name { firstName lastName } }
    fromPhoneNumber { primaryPhoneNumber primaryPhoneCallingCode } } } } }"""

CALL = """query ($id: UUID!) { phoneCall(filter: {id: {eq: $id}}) {
  id createdAt name direction status startedAt answeredAt endedAt durationInSeconds externalCallId handling
  person { id name { firstName lastName } } company { name } agent { name { firstName lastName } }
  fromPhoneNumber { primaryPhoneNumber primaryPhoneCallingCode }
  toPhoneNumber { primaryPhoneNumber primaryPhoneCallingCode }
  recording { primaryLinkUrl primaryLinkLabel } transcript { blocknote } createdBy { name }
  noteTargets { edges { node { note { id title createdAt bodyV2 { blocknote } createdBy { name } } } } }
} }"""


async def ask(workspace: Workspace, query: str, **variables: Any) -> Any:
    """The one root field of a query; raises RecordNotFound for a single record that is not there."""
    (root,) = documents.read(query).operations[0].roots
    schema = workspace.schema
    target = schema.catalog.queries[root.name]
    arguments = documents.arguments_of(root, variables)

    def read(connection: sa.Connection) -> Any:
        reader = Reader(connection, schema)
        find = reader.find_many if target.action == "findMany" else reader.find_one
        return find(target.object, arguments, root)

    return await workspace.store.run(read)


def nodes(connection: Any) -> list[dict[str, Any]]:
    """The records of a connection."""
    return [edge["node"] for edge in (connection or {"edges": ()})["edges"]]
