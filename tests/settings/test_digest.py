"""The digest of the settings: equal for equal ones, other for each that is other, of no use to strangers."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bridge.settings import Settings, load
from bridge.settings.digest import WHERE_IT_LISTENS, digest_of
from bridge.settings.variables import ENVIRONMENT
from tests.cli.support import SETTINGS

OTHER = {
    "TWILIO_ACCOUNT_SID": "AC" + "1" * 32,
    "TWILIO_API_KEY": "SK" + "1" * 32,
    "TWILIO_APP_SID": "AP" + "1" * 32,
    "TWILIO_PHONE_NUMBER": "+33159130002",
    "TWILIO_API_URL": "http://127.0.0.1:2",
    "TWILIO_SHARED_KEYS": "webhooks_sharedkey_01invented=an-invented-shared-key",
    "TWENTY_API_URL": "http://127.0.0.1:2",
    "BRIDGE_PUBLIC_URL": "https://other.example.com",
    "BRIDGE_HOST": "0.0.0.0",
    "BRIDGE_PORT": "8081",
    "BRIDGE_METRICS_HOST": "0.0.0.0",
    "BRIDGE_METRICS_PORT": "9465",
    "BRIDGE_DATABASE_URL": "sqlite+aiosqlite:///other.db",
    "BRIDGE_ALERT_WEBHOOK_URL": "https://other.example.com",
    "BRIDGE_ALERT_WEBHOOK_SECRET": "whsec_" + "b3RoZXI0" * 4,
    "TWILIO_CLIENT_ID": "OQ" + "1" * 32,
    "TWILIO_CLIENT_SECRET": "another-invented-secret-of-some-length",
    "TWILIO_REST_API_KEY": "SK" + "1" * 32,
    "TWILIO_REST_API_SECRET": "another-invented-secret-of-some-length",
}


TOGETHER = (
    ("TWILIO_CLIENT_ID", "TWILIO_CLIENT_SECRET"),
    ("TWILIO_REST_API_KEY", "TWILIO_REST_API_SECRET"),
    ("BRIDGE_ALERT_WEBHOOK_URL", "BRIDGE_ALERT_WEBHOOK_SECRET"),
)
"""Valid only as pairs."""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def loaded(config: str = "", **environ: str) -> Settings:
    Path("config.yaml").write_text(config)
    return load(environ={**SETTINGS, **environ})


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_each_variable_counts_unless_it_says_where_the_bridge_listens(name: str) -> None:
    together = next((pair for pair in TOGETHER if name in pair), (name,))
    other = loaded(**{one: OTHER.get(one, "another-invented-secret-of-some-length") for one in together})
    assert (digest_of(other) == digest_of(loaded())) is (ENVIRONMENT[name] in WHERE_IT_LISTENS)


@pytest.mark.parametrize(
    "config",
    [
        "log: {level: debug}",
        "lines: {default: {greeting: Welcome.}}",
        "lines: {default: {hours: {zone: Europe/Paris, open: {mon-fri: 09:00-18:00}}}}",
        "agents: {names: [alice, bob]}",
        "agents: {names: [bob, alice]}",
        "server: {trusted_proxies: [127.0.0.1]}",
        "dialling: {countries: [FR, GB]}",
        "matching: {late_days: 3}",
    ],
)
def test_each_section_counts(config: str) -> None:
    assert digest_of(loaded(config)) != digest_of(loaded())


def test_the_order_of_what_is_written_does_not_count() -> None:
    one, other = (
        "log: {level: debug}\nagents: {names: [alice]}",
        "agents: {names: [alice]}\nlog: {level: debug}",
    )
    assert digest_of(loaded(one)) == digest_of(loaded(other))


def test_every_process_says_the_same() -> None:
    config = "dialling: {countries: [FR, GB, DE]}\nserver: {trusted_proxies: [127.0.0.1, 172.16.0.0/12]}"
    ours = digest_of(loaded(config))
    script = "import bridge.settings as s, bridge.settings.digest as d; print(d.digest_of(s.load()))"
    for seed in ("1", "2"):
        env: dict[str, Any] = {**SETTINGS, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", script], env=env, check=True, capture_output=True, text=True
        )
        assert done.stdout.strip() == ours


def test_it_holds_no_value() -> None:
    assert len(digest_of(loaded())) == 64
    other_key = loaded(TWILIO_API_SECRET="another secret of the same settings")
    assert digest_of(other_key) != digest_of(loaded())
