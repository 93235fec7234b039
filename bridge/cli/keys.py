"""Makes a key, and the line of it for `config.yaml`."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import yaml
from pydantic import ValidationError

from bridge.cli import terminal
from bridge.errors import SettingsInvalid
from bridge.settings.access import KeySettings
from bridge.web.authentication import keys


def run(wanted: Mapping[str, object], *, as_json: bool) -> None:
    """Prints a key and its line; raises SettingsInvalid for what no key may have."""
    key = keys.new()
    line = line_of(wanted, key, today=datetime.now(UTC).date())
    if as_json:
        terminal.as_json({"key": key, "line": line}, indent=None)
        return
    terminal.say("The key, which nobody will see again:", "", f"  {key}", "")
    terminal.say("For config.yaml, under auth:", "", "  keys:", f"    - {line}")


def line_of(wanted: Mapping[str, object], key: str, *, today: date) -> str:
    """An item of `auth.keys`, in one line of YAML."""
    try:
        checked = KeySettings.model_validate({**wanted, "hash": keys.hashed(key)})
    except ValidationError as invalid:
        raise SettingsInvalid([_told(error) for error in invalid.errors(include_url=False)]) from None
    if checked.expires and checked.expires < today:
        raise SettingsInvalid([f"expires: {checked.expires} is over, and nobody would be let in by this key"])
    item = checked.model_dump(exclude_defaults=True)
    item |= {"identities": list(checked.identities)} if checked.identities else {}
    order = ("name", "hash", "identities", "pattern", "per_minute", "expires")
    values = {name: item[name] for name in order if name in item}
    return yaml.safe_dump(
        values, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10_000
    ).strip()


def _told(error: Mapping[str, Any]) -> str:
    return f"{error['loc'][0]}: {error['msg'].removeprefix('Value error, ')}"
