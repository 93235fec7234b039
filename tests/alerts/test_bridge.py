"""A bridge sends alerts, from its settings to the receiver; `doctor` tries each way."""

from pathlib import Path
from typing import Any

import pytest

from bridge.doctor.all_checks import examine_all
from bridge.sandbox.twenty import TwentySandbox
from bridge.settings import AlertSettings, Settings, load
from bridge.wiring.application import open_app
from tests.alerts.servers import TRUST, mail_server, mail_settings, receiver, webhook_settings
from tests.cli.support import SETTINGS
from tests.databases import begin
from tests.support import eventually, twenty_settings


def settings_with(alerts: AlertSettings, folder: Path, twenty: TwentySandbox | None = None) -> Settings:
    url = f"sqlite+aiosqlite:///{begin(folder / 'bridge.db')}"
    here = {"BRIDGE_DATABASE_URL": url, "TWILIO_API_URL": "http://127.0.0.1:1"}
    changes: dict[str, object] = {"alerts": alerts}
    if twenty:
        changes["twenty"] = twenty_settings(twenty, api_token="nobodys")
    return load(environ={**SETTINGS, **here}).model_copy(update=changes)


async def test_a_bridge_whose_key_is_refused_says_so(tmp_path: Path, twenty: TwentySandbox) -> None:
    """Although no call is due."""
    async with (
        receiver() as one,
        open_app(settings_with(webhook_settings(one.url), tmp_path, twenty)),
    ):
        await eventually(lambda: bool(one.taken))
    assert "twenty.refuses" in [told["alert"] for told in one.taken]


async def examined(settings: Settings, *, test_alert: bool = False) -> dict[str, tuple[str, str]]:
    found = await examine_all(settings, ["alerts"], trust=TRUST, test_alert=test_alert)
    return {one.name: (one.verdict.status.value, one.verdict.reason) for one in found}


async def test_doctor_logs_in_and_sends_nothing_unless_it_is_asked_to(tmp_path: Path) -> None:
    async with mail_server() as server, receiver() as one:
        ways = AlertSettings.model_validate(
            dict(mail_settings(server.port))
            | {name: getattr(webhook_settings(one.url), name) for name in ("webhook_url", "webhook_secret")}
        )
        settings = settings_with(ways, tmp_path)
        found = await examined(settings)
        assert {name: status for name, (status, _) in found.items()} == dict.fromkeys(
            ("alerts.email", "alerts.webhook"), "ok"
        )
        assert (len(server.logins), server.mails, one.taken) == (1, [], [])
        await examined(settings, test_alert=True)
        assert [mail["Subject"] for mail in server.mails] == ["[twenty-bridge] Test"]
        assert [told["type"] for told in one.taken] == ["alert.test"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"smtp_password": "a-password-that-is-wrong"}, "does not take it: 535"),
        ({"smtp_password": None, "smtp_username": "bridge"}, "no password"),
        ({"smtp_port": 1}, "127.0.0.1:1 "),
    ],
)
async def test_doctor_names_what_is_wrong(changes: dict[str, Any], says: str, tmp_path: Path) -> None:
    async with mail_server() as server:
        found = await examined(settings_with(mail_settings(server.port, **changes), tmp_path))
    status, reason = found["alerts.email"]
    assert (status, says in reason) == ("error", True), reason


async def test_without_alerts_doctor_says_where_they_are_explained(tmp_path: Path) -> None:
    found = await examined(settings_with(AlertSettings(), tmp_path))
    assert list(found) == ["alerts"]
    assert "docs/how-to/alerts.md" in found["alerts"][1]
