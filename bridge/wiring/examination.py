"""Runs doctor by the bridge itself, for the status page: after the start, and then daily."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bridge.errors import DoctorNotRun
from bridge.language.phrase import phrase, phrase_of
from bridge.language.spoken import LANGUAGES, in_language
from bridge.web.status.report import Diagnosed, DiagnosedText, Diagnosis
from bridge.wiring.own_process import NotRun, output_of, own_module

EVERY = timedelta(days=1)
FIRST_IN = 30
"""Seconds: by then the bridge serves, and a start is not slower for it."""

LONGEST_SECONDS = 120
"""Each check has its own limit; a machine without a free core loads doctor in ten seconds."""

EXITS = (0, 1)
"""All checks passed, or one failed."""

BY_HAND = phrase("Run twenty-bridge doctor by hand, where the bridge runs.")


class Printed(BaseModel):
    """What `doctor --json` prints."""

    model_config = ConfigDict(defer_build=True)

    checks: list[Diagnosed] = Field(min_length=1)


def doctor_command(config: Path | None) -> list[str]:
    """`twenty-bridge doctor --json` of this installation, which reads the settings as `serve` did."""
    named = ["--config", str(config)] if config else []
    return own_module("bridge", "doctor", "--json", *named)


class Examination:
    """`last` is what was found; each replica examines what it sees itself."""

    def __init__(self, command: Sequence[str], *, seconds: float = LONGEST_SECONDS) -> None:
        self._command = command
        self._seconds = seconds
        self.last: Diagnosis | None = None

    async def once(self, now: datetime) -> None:
        """Runs the checks. Raises DoctorNotRun, and `last` says so."""
        try:
            findings = await self._found()
        except DoctorNotRun as failed:
            self.last = Diagnosis(now, [_not_run(failed)])
            raise
        self.last = Diagnosis(now, findings)

    async def _found(self) -> list[Diagnosed]:
        try:
            status, printed = await output_of(self._command, seconds=self._seconds)
        except NotRun as failed:
            raise DoctorNotRun(failed.reason) from None
        if status not in EXITS:
            raise DoctorNotRun(phrase("it ended with status {status}", status=status))
        try:
            return Printed.model_validate_json(printed).checks
        except ValidationError:
            raise DoctorNotRun(phrase("what it printed cannot be read")) from None


def _not_run(failed: DoctorNotRun) -> Diagnosed:
    reason = phrase_of(failed)
    translations: dict[str, DiagnosedText] = {
        language: DiagnosedText(reason=in_language(reason, language), fix=in_language(BY_HAND, language))
        for language in LANGUAGES
        if language != "en"
    }
    return Diagnosed(name="doctor", status="error", reason=reason, fix=BY_HAND, translations=translations)
