"""The people, and the page of one person: who they are, and what happened."""

from collections.abc import Mapping
from datetime import datetime

from bridge.sandbox.twenty.catalog import Catalog
from bridge.sandbox.twenty.pages import parts, words
from bridge.sandbox.twenty.pages.calls import call_table
from bridge.sandbox.twenty.pages.html import Child, Html, join, tag
from bridge.sandbox.twenty.pages.notes import note_list, task_table
from bridge.sandbox.twenty.pages.reading import nodes
from bridge.sandbox.twenty.pages.words import Record

HEADINGS = ("Name", "Phones", "Company", "Job title", "Email", "Created by", "Creation date")
TABS = (("timeline", "Timeline"), ("calls", "Phone calls"), ("tasks", "Tasks"), ("notes", "Notes"))


def people_page(people: list[Record], total: int, *, now: datetime) -> Html:
    head = parts.header(parts.icon("person"), "People ", tag("small", f"· {total:,}"))
    rows = [_row(person, now) for person in people]
    return parts.page("People", head, parts.table(HEADINGS, rows, empty="No people yet."), current="People")


def _row(person: Record, now: datetime) -> tuple[Child, ...]:
    return (
        parts.record_link(words.full_name(person), f"/people/{person['id']}"),
        parts.phone_chips(person["phones"]),
        (person["company"] or {}).get("name"),
        person["jobTitle"],
        person["emails"]["primaryEmail"],
        (person["createdBy"] or {}).get("name"),
        words.ago(person["createdAt"], now=now),
    )


def person_page(
    person: Record,
    timeline: list[Record],
    calls: list[Record],
    commands: list[Html],
    *,
    catalog: Catalog,
    types: Mapping[str, str],
    tab: str,
    now: datetime,
) -> Html:
    """`types` are the words of timeline rows that have a type, by its id."""
    if tab == "calls":
        content = call_table(calls)
    elif tab == "tasks":
        content = task_table(nodes(person["taskTargets"]))
    elif tab == "notes":
        content = note_list(nodes(person["noteTargets"]), now=now)
    else:
        titles = {call["id"]: call["name"] for call in calls}
        content = timeline_list(person, timeline, catalog=catalog, types=types, titles=titles, now=now)
    name = words.full_name(person)
    crumb = tag("a", parts.icon("person"), "People", href="/")
    head = parts.header(crumb, " / ", name, commands=commands)
    left = parts.summary(name, words.ago(person["createdAt"], now=now), *_fields(person, now))
    right = tag("article", parts.tabs(TABS, current=tab), content)
    body = tag("div", left, right, class_="record-page")
    return parts.page(name, head, body, current="People", with_panel=bool(commands))


def company_page(company: Record, people: list[Record], commands: list[Html], *, now: datetime) -> Html:
    """A company's people."""
    name = company["name"] or "Untitled"
    head = parts.header(name, commands=commands)
    rows = [_row(person, now) for person in people]
    table = parts.table(HEADINGS, rows, empty="No people yet.")
    return parts.page(name, head, table, current="People", with_panel=bool(commands))


def _fields(person: Record, now: datetime) -> tuple[Html, ...]:
    return (
        parts.fields(
            "General",
            ("Emails", person["emails"]["primaryEmail"]),
            ("Phones", parts.phone_chips(person["phones"])),
        ),
        parts.fields(
            "Work", ("Company", (person["company"] or {}).get("name")), ("Job Title", person["jobTitle"])
        ),
        parts.fields(
            "System",
            ("Creation date", words.ago(person["createdAt"], now=now)),
            ("Created by", (person["createdBy"] or {}).get("name")),
        ),
    )


def timeline_list(
    person: Record,
    timeline: list[Record],
    *,
    catalog: Catalog,
    types: Mapping[str, str],
    titles: Mapping[str, str],
    now: datetime,
) -> Html:
    """What happened, newest first: linked records, notes, and the record's creation.

    `titles` are the calls' own, by id, which rows that have a type show.
    """
    shown = ((row["createdAt"], _linked(row, catalog, types, titles)) for row in timeline)
    entries = [(moment, linked) for moment, linked in shown if linked]
    for target in nodes(person["noteTargets"]):
        note = target["note"]
        if note:
            made = join(tag("b", "Twenty"), " created a related note ", tag("u", note["title"] or "Untitled"))
            entries.append((note["createdAt"], made))
    created = join(
        words.full_name(person), " was created by ", tag("b", person["createdBy"]["name"] or "Twenty")
    )
    entries.append((person["createdAt"], created))
    entries.sort(key=lambda entry: entry[0], reverse=True)
    return tag("ol", _months(entries, now), class_="timeline")


def _months(entries: list[tuple[str, Html]], now: datetime) -> list[Html]:
    lines, month = [], ""
    for moment, text in entries:
        name = f"{datetime.fromisoformat(moment):%B %Y}"
        if name != month:
            lines.append(tag("li", name, class_="month"))
            month = name
        lines.append(tag("li", tag("span", text), tag("time", words.ago(moment, now=now))))
    return lines


RELATED = "linked a related phone call"
"""The words of the standard type, which also those of a type have that is gone."""


def _linked(
    row: Record, catalog: Catalog, types: Mapping[str, str], titles: Mapping[str, str]
) -> Html | None:
    """`Ada Admin linked a phone call …`; a row of another name shows nothing, as in the original."""
    kind, _, action = (row["name"] or "").partition(".")
    linked = catalog.by_name.get(kind.removeprefix("linked-")) if kind.startswith("linked-") else None
    owner = linked or catalog.by_id.get(row["linkedObjectMetadataId"] or "")
    if owner is None or action not in ("", "created"):
        return None
    who = words.full_name(row["workspaceMember"]) if row["workspaceMember"] else "Twenty"
    href = f"/calls/{row['linkedRecordId']}" if owner.name == "phoneCall" else None
    typed = row["timelineActivityTypeId"]
    own = titles.get(row["linkedRecordId"]) if typed else None
    title = own or row["linkedRecordCachedName"] or "Untitled"
    did = types.get(typed, RELATED) if typed else f"linked a {owner.label.lower()}"
    return join(tag("b", who), f" {did} ", tag("a", title, href=href))
