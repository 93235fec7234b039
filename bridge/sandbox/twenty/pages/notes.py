"""Notes and tasks of a record."""

from datetime import datetime

from bridge.sandbox.twenty.pages import parts, rich_text, words
from bridge.sandbox.twenty.pages.html import Html, tag
from bridge.sandbox.twenty.pages.words import Record


def note_list(targets: list[Record], *, now: datetime) -> Html:
    """The notes that these note targets lead to, each with its text."""
    notes = [target["note"] for target in targets if target["note"]]
    if not notes:
        return tag("p", "No notes.", class_="empty")
    cards = [
        tag(
            "section",
            tag("h3", note["title"] or "Untitled", tag("small", words.ago(note["createdAt"], now=now))),
            rich_text.shown(note["bodyV2"]),
            class_="card",
        )
        for note in notes
    ]
    return tag("div", cards)


def task_table(targets: list[Record]) -> Html:
    tasks = [target["task"] for target in targets if target["task"]]
    rows = [
        (
            task["title"] or "Untitled",
            parts.choice(task["status"]),
            words.full_name(task["assignee"]) if task["assignee"] else "",
            words.at(task["dueAt"]),
        )
        for task in tasks
    ]
    return parts.table(("Task", "Status", "Assignee", "Due"), rows, empty="No tasks.")
