"""Settings of a newer version, after going back from it: left out, and each named once."""

from pathlib import Path

import pytest

from bridge.doctor.checks import Status
from bridge.doctor.settings import checks
from bridge.settings import Settings
from bridge.settings.newer import is_misspelt
from tests.settings.conftest import Load

KEY = f"{{name: a, hash: 'sha256:{'a' * 64}', rate: 5}}"


@pytest.mark.parametrize(
    ("newer", "same_as", "named"),
    [
        ("queues: {sales: {music: x}}\nlog: {level: debug}", "log: {level: debug}", ["queues"]),
        ("server: {port: 1, http3: true}", "server: {port: 1}", ["server.http3"]),
        ("lines: {default: {zone: Europe/Paris}}", "", ["lines.default.zone"]),
        (
            "lines: {numbers: {'+33159130001': {name: Shop, whisper: Sales}}}",
            "lines: {numbers: {'+33159130001': {name: Shop}}}",
            ["lines.numbers.+33159130001.whisper"],
        ),
        (
            "lines: {default: {ring: [{agents: [a], skill: fr}, {agents: [b], skill: en}]}}",
            "lines: {default: {ring: [{agents: [a]}, {agents: [b]}]}}",
            ["lines.default.ring.1.skill", "lines.default.ring.2.skill"],
        ),
        (
            f"auth: {{keys: [{KEY}]}}",
            f"auth: {{keys: [{KEY.replace(', rate: 5', '')}]}}",
            ["auth.keys.1.rate"],
        ),
    ],
)
def test_they_are_ignored_and_named(loading: Load, newer: str, same_as: str, named: list[str]) -> None:
    settings = loading(newer)
    assert settings.model_dump() == loading(same_as).model_dump()
    assert [warning.split(" ")[0] for warning in settings.ignored] == named
    assert all(warning.endswith("config.yaml, line 1]") for warning in settings.ignored)


def test_variables_are_named_where_they_can_only_be_the_bridge_s(loading: Load) -> None:
    settings = loading(
        "",
        "BRIDGE_QUEUE_SECRET=secret-of-the-future\nBRIDGE_EMPTY=\n",
        BRIDGE_HTTP3="on",
        TWILIO_REGION="ie1",
        BRIDGE_SITE="crm.example.com",
        BRIDGE_SERVICE_HOST="10.0.0.7",
        BRIDGE_PORT_8080_TCP="tcp://10.0.0.7:8080",
    )
    unknown = [warning.split(" ")[0] for warning in settings.ignored]
    assert sorted(unknown) == ["BRIDGE_HTTP3", "BRIDGE_QUEUE_SECRET"]
    assert "of-the-future" not in str(settings.ignored)


def test_what_was_perhaps_meant_is_said(loading: Load) -> None:
    (warning,) = loading("log: {levels_of: debug}").ignored
    assert "did you mean level?" in warning


@pytest.mark.parametrize(
    ("name", "known"),
    [("contries", "countries"), ("nmae", "name"), ("agent", "agents"), ("logs", "log"), ("prot", "port")],
)
def test_a_mistake_is_none_of_a_newer_version(name: str, known: str) -> None:
    assert is_misspelt(name, known)


@pytest.mark.parametrize(
    ("name", "known"), [("ring_seconds", "seconds"), ("names_of", "names"), ("wait_music", "wait_sound")]
)
def test_a_new_name_can_resemble_a_known_one(name: str, known: str) -> None:
    assert not is_misspelt(name, known)


async def test_doctor_names_them(loading: Load) -> None:
    first, *_ = checks(loading("server: {http3: true}"), Path(".env"))
    verdict = await first.examine()
    assert verdict.status is Status.WARNING
    assert "server.http3 is unknown to this version, which ignores it" in verdict.reason


def test_settings_of_today_are_all_known(loading: Load) -> None:
    assert isinstance(settings := loading("log: {level: debug}"), Settings)
    assert settings.ignored == ()
