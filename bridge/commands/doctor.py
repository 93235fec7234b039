"""Says what keeps the bridge from working, and what mends it."""

import asyncio
import json
from collections.abc import Collection, Sequence
from pathlib import Path

import typer

from bridge.doctor.checks import Finding, Status
from bridge.doctor.everything import examine_all
from bridge.doctor.settings import not_loaded
from bridge.errors import SettingsInvalid
from bridge.settings import load

MARKS = {Status.OK: ("ok", "green"), Status.WARNING: ("warning", "yellow"), Status.ERROR: ("ERROR", "red")}


def run(config: Path | None, names: Collection[str], *, as_json: bool) -> bool:
    """Whether there is no error; warnings are none."""
    try:
        settings = load(config)
    except SettingsInvalid as invalid:
        findings = not_loaded(invalid)
    else:
        findings = asyncio.run(examine_all(settings, names))
    if as_json:
        typer.echo(json.dumps({"checks": [one.as_json() for one in findings]}, ensure_ascii=False, indent=2))
    else:
        _show(findings)
    return all(one.verdict.status is not Status.ERROR for one in findings)


def _show(findings: Sequence[Finding]) -> None:
    width = max(len(one.name) for one in findings)
    for one in findings:
        mark, color = MARKS[one.verdict.status]
        typer.echo(f"{typer.style(f'{mark:8}', fg=color)}{one.name:{width}}  {one.verdict.reason}")
        if one.verdict.fix:
            typer.echo(f"{'':8}{'':{width}}  → {one.verdict.fix}")
    counts = {status: sum(one.verdict.status is status for one in findings) for status in Status}
    told = ", ".join(f"{count} {status.value}" for status, count in counts.items() if count)
    typer.echo(f"\n{told}")
