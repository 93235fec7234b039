"""A report → the page, in HTML that needs no script."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, tzinfo

from bridge.errors import Standby
from bridge.observability.redactor import Redactor
from bridge.web.html import Node, document, element
from bridge.web.phone.call_bodies import Body
from bridge.web.status.languages import StatusLanguage, StatusWords
from bridge.web.status.report import Diagnosed, Diagnosis, Report, StoredState

redacted = Redactor()
"""Reasons can quote what was refused: a number, or worse."""


def page(words: StatusWords, root: str, *sections: Node) -> bytes:
    """The document; `root` is the path of the public URL."""
    return document(words.title, *sections, root=root, lang=words.lang)


def report_sections(
    words: StatusWords, report: Report, agents: Sequence[Body] | None, *, root: str, signs_out: bool
) -> Iterable[Node]:
    """All of it; without `agents` that there are others is not told."""
    zone = report.at.tzinfo
    said = words.waits if report.waits else words.well
    yield _banner(words.needs_you if report.needs_person else said, is_bad=report.needs_person)
    yield element(
        "p",
        words.as_of.format(time=_time(report.at, zone)),
        " · ",
        element("a", words.refresh, href=f"{root}/status"),
        class_="quiet",
    )
    yield _connections(words, report)
    if report.stored:
        yield _waiting(words, report.stored, zone)
        yield _lost(words, report.stored)
        yield _today(words, report.stored)
    yield _agents(words, agents)
    yield _doctor(words, report.diagnosis, zone)
    if signs_out:
        yield element("form", element("button", words.sign_out), method="post", action=f"{root}/status")


def sign_in_sections(words: StatusWords, *, root: str, problem: str) -> Iterable[Node]:
    """For those whom the bridge does not know."""
    if problem:
        yield _banner(problem, is_bad=True)
    field = element(
        "input", id="key", name="key", type="password", required="", autocomplete="current-password"
    )
    form = element(
        "form",
        element("label", words.key, for_="key"),
        field,
        element("button", words.sign_in),
        method="post",
        action=f"{root}/status",
    )
    yield _section(
        words.sign_in,
        element("p", words.sign_in_twenty, " ", element("a", words.open_page, href=f"{root}/status")),
        element("p", words.sign_in_key),
        form,
    )


def _banner(text: str, *, is_bad: bool) -> Node:
    return element("p", text, class_="banner bad" if is_bad else "banner well", role="status")


def _section(title: str, *children: Node) -> Node:
    return element("section", element("h2", title), *children, class_="card")


def _table(head: Sequence[str], rows: Iterable[Sequence[Node | str]], *, lang: str = "") -> Node:
    """The first cell of a row names it."""
    said = {"lang": lang} if lang else {}
    body = [
        element("tr", element("th", first, scope="row"), *(element("td", cell) for cell in rest))
        for first, *rest in rows
    ]
    columns = element("tr", *(element("th", name, scope="col") for name in head))
    return element("table", element("thead", columns), element("tbody", *body, **said))


def _connections(words: StatusWords, report: Report) -> Node:
    reason, stored, zone = report.drain_reason, report.stored, report.at.tzinfo
    if reason == Standby.code:
        twenty = words.twenty_standby
    else:
        told = words.reasons.get(reason or "", reason)
        twenty = words.twenty_waits.format(reason=told) if reason else words.twenty_writes
    heard = stored.heard if stored else None
    twilio = words.twilio_heard.format(time=_time(heard, zone)) if heard else words.twilio_silent
    rows = [
        (words.twenty, twenty),
        *([(words.twilio, twilio)] if stored else []),
        (words.database, words.database_works if stored else words.database_fails),
    ]
    return _section(words.connected, _table((words.system, words.state), rows))


def _waiting(words: StatusWords, stored: StoredState, zone: tzinfo | None) -> Node:
    backlog = stored.backlog
    due = _count(words, backlog.due)
    if backlog.oldest:
        due += f" ({words.due_since.format(time=_time(backlog.oldest, zone))})"
    rows = [(words.due, due), (words.parked, _count(words, backlog.parked))]
    tables = [_table((words.state, words.calls), rows)]
    if stored.parked:
        reasons = [(redacted(reason), str(count)) for reason, count in stored.parked]
        tables += [
            element("h3", words.parked_what),
            _table((words.reason, words.calls), reasons, lang="en"),
        ]
    return _section(words.waiting, *tables)


def _lost(words: StatusWords, stored: StoredState) -> Node:
    return _section(
        words.lost, _table((words.state, words.calls), [(words.lost_what, _count(words, stored.lost))])
    )


def _today(words: StatusWords, stored: StoredState) -> Node:
    ways = ("INBOUND", "OUTBOUND")
    rows = [
        (name, *(str(stored.today.get((way, status), 0)) for way in ways))
        for status, name in words.outcomes.items()
        if any(stored.today.get((way, status)) for way in ways)
    ]
    if not rows:
        return _section(words.today, element("p", words.none))
    table = _table((words.outcome, words.inbound, words.outbound), rows)
    count = sum(stored.today.values())
    cut = [element("p", words.today_most.format(count=count), class_="quiet")] if stored.is_cut else []
    return _section(words.today, table, *cut)


def _agents(words: StatusWords, agents: Sequence[Body] | None) -> Node:
    if agents is None:
        return _section(words.agents, element("p", words.no_agents))
    if not agents:
        return _section(words.agents, element("p", words.none))
    rows = [(str(one["name"]), _state(words, one)) for one in agents]
    return _section(words.agents, _table((words.agent, words.state), rows))


def _state(words: StatusWords, agent: Body) -> str:
    availability = agent["availability"]
    status = availability["status"] if isinstance(availability, Mapping) else ""
    said = {"busy": words.busy, "away": words.away}.get(str(status), words.available)
    if agent["inCall"]:
        return words.in_call
    return said if agent["present"] else f"{said} · {words.no_phone}"


def _doctor(words: StatusWords, found: Diagnosis | None, zone: tzinfo | None) -> Node:
    if found is None:
        return _section(words.doctor, element("p", words.doctor_never))
    amiss = [one for one in found.findings if one.status != "ok"]
    counts = {"good": len(found.findings) - len(amiss), "all": len(found.findings)}
    told = element("p", words.doctor_at.format(time=_time(found.at, zone), **counts))
    if not amiss:
        return _section(words.doctor, told, element("p", words.doctor_well))
    kinds = {"warning": words.warning, "error": words.error}
    rows = [
        (
            one.name,
            kinds[one.status],
            _finding(one, words.lang),
        )
        for one in amiss
    ]
    return _section(words.doctor, told, _table((words.check, words.state, words.finding), rows))


def _finding(found: Diagnosed, language: StatusLanguage) -> Node:
    """In English where there is no translation, as of what other programs said."""
    text = found.translations.get(language)
    said = text or found
    return element("span", redacted(f"{said.reason} → {said.fix}"), lang=language if text else "en")


def _count(words: StatusWords, count: int) -> str:
    return str(count) if count else words.none


def _time(moment: datetime, zone: tzinfo | None) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M %Z}"
