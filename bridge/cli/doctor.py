"""`doctor`: says what keeps the bridge from working, and what mends it."""

import asyncio
import shutil
import sys
import textwrap
from collections.abc import Collection, Sequence
from functools import partial
from typing import Annotated

import typer

from bridge.cli import terminal
from bridge.cli.options import ConfigFile
from bridge.cli.watching import watch as show_status
from bridge.doctor.all_checks import examine_all
from bridge.doctor.checks import Finding, Status, Verdict
from bridge.doctor.probe import QUESTION, open_probe
from bridge.doctor.settings import not_loaded
from bridge.doctor.webhook import NAME, is_unproven
from bridge.errors import SettingsInvalid
from bridge.language.phrase import Phrase, joined, phrase
from bridge.language.spoken import said
from bridge.observability import printable
from bridge.settings import Settings, load
from bridge.settings.config_files import env_file_of

app = typer.Typer(add_completion=False)

MARKS = {
    Status.OK: (phrase("ok"), "green"),
    Status.WARNING: (phrase("warning"), "yellow"),
    Status.ERROR: (phrase("ERROR"), "red"),
}

LEAST_COLUMNS = 40

INTERRUPTED = 130
"""The exit status of what Ctrl-C ended, as shells have it."""


@app.command()
def doctor(
    names: Annotated[
        list[str] | None, typer.Argument(help="Checks or themes, such as twenty; all if not given.")
    ] = None,
    config: ConfigFile = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of lines.")] = False,
    probe_webhook: Annotated[
        bool,
        typer.Option(
            "--probe-webhook",
            help="Where no delivery of Twenty's webhook arrived lately: ask, create a person, wait for the "
            "delivery, and destroy the person.",
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before that.")] = False,
    test_alert: Annotated[
        bool, typer.Option("--test-alert", help="Send a test message on each way that alerts go.")
    ] = False,
    watch: Annotated[
        bool,
        typer.Option("--watch", help="Show the running bridge's status page instead, as text, until Ctrl-C."),
    ] = False,
) -> None:
    """Check every setting and connection, and say how to fix what is wrong; exit status 1 if one fails."""
    if watch:
        if names or as_json or probe_webhook or test_alert:
            raise typer.BadParameter("--watch shows the whole page, and takes --config alone")
        show_status(load(config))
        raise typer.Exit(INTERRUPTED)
    try:
        settings = load(config)
    except SettingsInvalid as invalid:
        findings = not_loaded(invalid)
    else:
        wanted = _wanted(names, probe=probe_webhook, test_alert=test_alert)
        findings = asyncio.run(
            examine_all(settings, wanted, env_file=env_file_of(config), test_alert=test_alert)
        )
        if probe_webhook and _wants_probe(findings) and (yes or terminal.confirm(QUESTION, err=True)):
            findings = _probed(settings, findings)
    if as_json:
        told = {"checks": [one.as_json() for one in findings]}
        terminal.print_json(told)
    else:
        _show(findings)
    if any(one.verdict.status is Status.ERROR for one in findings):
        raise typer.Exit(1)


def _wanted(names: Sequence[str] | None, *, probe: bool, test_alert: bool) -> Collection[str]:
    """The checks to run, none for all of them; with those named go the ones that are asked for besides."""
    besides = [*([NAME] if probe else []), *(["alerts"] if test_alert else [])]
    return {*names, *besides} if names else ()


def _wants_probe(findings: Sequence[Finding]) -> bool:
    """Not where it is known that a delivery arrives, or that none can."""
    running = all(one.verdict.status is not Status.ERROR for one in findings if one.name == "bridge.running")
    return running and any(is_unproven(one.verdict) for one in findings if one.name == NAME)


# A question within `asyncio.run` would take the first Ctrl-C for itself, so each has a loop of its own.
def _probed(settings: Settings, findings: Sequence[Finding]) -> list[Finding]:
    async def probed() -> Verdict:
        async with open_probe(settings, tell=partial(terminal.say, err=True)) as probe:
            return await probe.run()

    found = Finding(NAME, asyncio.run(probed()))
    return [found if one.name == NAME else one for one in findings]


def _show(findings: Sequence[Finding]) -> None:
    width = max(len(one.name) for one in findings)
    begin = max(len(said(mark)) for mark, _ in MARKS.values()) + 1
    for one, following in zip(findings, (*findings[1:], None), strict=True):
        mark, color = MARKS[one.verdict.status]
        shows_fix = not _has_same_fix(one, following)
        reason, *more = _lines(one.verdict, shows_fix=shows_fix, room=_columns() - begin - width - 2)
        terminal.say(f"{one.name:{width}}  {reason}", mark=f"{said(mark):{begin}}", color=color)
        for line in more:
            terminal.say(f"{'':{begin}}{'':{width}}  {line}")
    counts = {status: sum(one.verdict.status is status for one in findings) for status in Status}
    told = joined(", ", (_counted(count, status) for status, count in counts.items() if count))
    terminal.say("", told)


def _has_same_fix(finding: Finding, following: Finding | None) -> bool:
    """Whether the next line has what mends this one, too.

    Of ten wrong settings, or of ten checks that were skipped for one reason, it is said once.
    """
    if following is None or finding.verdict.fix != following.verdict.fix:
        return False
    return finding.name == following.name or finding.verdict.reason == following.verdict.reason


def _columns() -> int:
    """Of the terminal; into a pipe a reason has a line to itself, however long."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 10_000


def _lines(verdict: Verdict, *, shows_fix: bool, room: int) -> list[str]:
    reason = textwrap.wrap(
        printable.lines(said(verdict.reason)), max(room, LEAST_COLUMNS), break_long_words=False
    )
    fix = (
        shows_fix
        and verdict.fix
        and textwrap.wrap(
            printable.lines(f"→ {said(verdict.fix)}"),
            max(room, LEAST_COLUMNS),
            subsequent_indent="  ",
            break_long_words=False,
        )
    )
    return [*reason, *(fix or [])]


def _counted(count: int, status: Status) -> Phrase:
    match status:
        case Status.OK:
            return phrase("{count} ok", count=count)
        case Status.WARNING:
            return phrase("1 warning") if count == 1 else phrase("{count} warnings", count=count)
        case Status.ERROR:
            return phrase("1 error") if count == 1 else phrase("{count} errors", count=count)
