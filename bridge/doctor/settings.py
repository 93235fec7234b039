"""Checks the settings themselves: invalid ones, and those that are valid but unsafe."""

import stat
from collections.abc import Iterator
from pathlib import Path

from bridge.doctor.checks import Check, Finding, Verdict, error, ok, warning
from bridge.errors import SettingsInvalid
from bridge.language.phrase import joined, phrase, verbatim
from bridge.settings import Settings
from bridge.settings.env_file import twice

KEYS = phrase("Set BRIDGE_WIDGET_KEYS (openssl rand -hex 32 makes one), and give it to the widget.")


def not_loaded(invalid: SettingsInvalid) -> list[Finding]:
    """A finding for each invalid setting; without settings no other check can run."""
    fix = phrase("Set it right in the environment, .env or config.yaml (docs/reference/settings.md).")
    return [Finding("settings", error(verbatim(problem), fix)) for problem in invalid.problems]


def checks(settings: Settings, env_file: Path) -> Iterator[Check]:
    """The checks of valid settings."""

    async def loaded() -> Verdict:
        if settings.warnings:
            changes = joined("; ", [*settings.warnings, *settings.ignored])
            return warning(
                phrase("Some settings have changed: {changes}.", changes=changes),
                phrase("Edit config.yaml, then restart the bridge."),
            )
        if settings.ignored:
            return warning(
                phrase("Some settings are ignored: {settings}.", settings=joined("; ", settings.ignored)),
                phrase(
                    "Correct them in config.yaml or .env. What a newer version left can stay: it reads it "
                    "again."
                ),
            )
        return ok(phrase("All settings hold."))

    async def anonymous() -> Verdict:
        if settings.auth.anonymous:
            return warning(
                phrase(
                    "auth.anonymous is on: any client that sends an origin of cors.origins calls on your "
                    "bill."
                ),
                phrase("Take auth.anonymous out of config.yaml. {keys}", keys=KEYS),
            )
        return ok(phrase("Only users of Twenty and holders of keys get tokens."))

    async def kept() -> Verdict:
        return readable(env_file)

    yield Check("settings", loaded)
    yield Check("settings.anonymous", anonymous)
    yield Check("settings.env_file", kept)


def readable(env_file: Path) -> Verdict:
    """Whether other users of this machine can read the secrets, and each variable has one value."""
    if not env_file.exists():
        return ok(phrase("There is no .env here: the secrets are in the environment."))
    mode = stat.S_IMODE(env_file.stat().st_mode)
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        return warning(
            phrase("{env_file} can be read by other users (mode {mode:o}).", env_file=env_file, mode=mode),
            verbatim(f"chmod 600 {env_file}"),
        )
    if repeated := twice(env_file):
        named = "; ".join(f"{name}: {', '.join(map(str, lines))}" for name, lines in repeated.items())
        return warning(
            phrase(
                "Several lines of {env_file} set a variable, and only the last one counts: {named}.",
                env_file=env_file,
                named=named,
            ),
            phrase("Take the other lines out."),
        )
    return ok(phrase("Only its owner can read {env_file}.", env_file=env_file))
