"""Calls as a table, and the page of one call."""

from datetime import datetime

from bridge.sandbox.twenty.pages import parts, rich_text, words
from bridge.sandbox.twenty.pages.html import Child, Html, join, tag, web_link
from bridge.sandbox.twenty.pages.notes import note_list
from bridge.sandbox.twenty.pages.reading import nodes
from bridge.sandbox.twenty.pages.words import Record

_HEADINGS = ("Name", "Direction", "Status", "Person", "From", "Agent", "Started at", "Duration")


def call_table(calls: list[Record]) -> Html:
    return parts.table(_HEADINGS, [_row(call) for call in calls], empty="No phone calls yet.")


def _row(call: Record) -> tuple[Child, ...]:
    return (
        parts.record_link(call["name"] or "Untitled", f"/calls/{call['id']}"),
        parts.choice(call["direction"]),
        parts.choice(call["status"]),
        _person(call["person"]),
        parts.phone_chips(call["fromPhoneNumber"]),
        _member(call["agent"]),
        words.at(call["startedAt"]),
        words.duration(call["durationInSeconds"]),
    )


def _person(person: Record | None) -> Html | None:
    return parts.record_link(words.full_name(person), f"/people/{person['id']}") if person else None


def _member(member: Record | None) -> Html | None:
    name = words.full_name(member)
    return join(parts.avatar(name), " ", name) if member else None


def calls_page(calls: list[Record], total: int) -> Html:
    head = parts.header(parts.icon("call"), "Phone calls ", tag("small", f"· {total:,}"))
    return parts.page("Phone calls", head, call_table(calls), current="Phone calls")


def call_page(call: Record, commands: list[Html], *, now: datetime) -> Html:
    name = call["name"] or "Untitled"
    crumb = tag("a", parts.icon("call"), "Phone calls", href="/calls")
    head = parts.header(crumb, " / ", name, commands=commands)
    left = parts.summary(name, words.ago(call["createdAt"], now=now), *_fields(call))
    transcript = rich_text.shown(call["transcript"])
    right = tag(
        "article",
        tag("h2", "Transcript"),
        transcript or tag("p", "No transcript.", class_="empty"),
        tag("h2", "Notes"),
        note_list(nodes(call["noteTargets"]), now=now),
    )
    body = tag("div", left, right, class_="record-page")
    return parts.page(name, head, body, current="Phone calls", with_panel=bool(commands))


def _fields(call: Record) -> tuple[Html, ...]:
    recording = call["recording"] or {}
    address = recording.get("primaryLinkUrl")
    listen = (
        web_link(address, recording.get("primaryLinkLabel") or "Listen", class_="chip") if address else None
    )
    return (
        parts.fields(
            "Call",
            ("Direction", parts.choice(call["direction"])),
            ("Status", parts.choice(call["status"])),
            ("Started at", words.at(call["startedAt"])),
            ("Duration", words.duration(call["durationInSeconds"])),
        ),
        parts.fields(
            "Parties",
            ("Person", _person(call["person"])),
            ("Company", (call["company"] or {}).get("name")),
            ("Agent", _member(call["agent"])),
            ("From", parts.phone_chips(call["fromPhoneNumber"])),
            ("To", parts.phone_chips(call["toPhoneNumber"])),
            ("Handling", call["handling"]),
        ),
        parts.fields("Recording", ("Recording", listen)),
        parts.fields(
            "System",
            ("Answered at", words.at(call["answeredAt"])),
            ("Ended at", words.at(call["endedAt"])),
            ("External call id", call["externalCallId"]),
            ("Created by", (call["createdBy"] or {}).get("name")),
        ),
    )
