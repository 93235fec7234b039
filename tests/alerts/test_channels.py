"""Messages arrive at real servers, encrypted and signed; what does not arrive is an error without secrets."""

import base64
import re
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.alerts.channels import Channel
from bridge.alerts.email import EmailChannel
from bridge.alerts.kinds import Alert, Language, wrong
from bridge.alerts.messages import Words
from bridge.alerts.webhook import WebhookChannel, signatures
from bridge.errors import AlertNotSent
from bridge.settings import AlertSettings, secrets_of
from tests.alerts.servers import (
    PASSWORD,
    SECRET,
    TRUST,
    USER,
    mail_server,
    mail_settings,
    receiver,
    webhook_settings,
)
from tests.support import TEN

BRIDGE = "https://phone.example.com"
WORDS = Words("en", BRIDGE)
OTHER = f"whsec_{base64.b64encode(b'another invented key of 32 bytes').decode()}"
PARKED = WORDS.raised(Alert.CALLS_PARKED, wrong(parked=3), TEN)
OVER = WORDS.ended(Alert.CALLS_PARKED, TEN)


def email_to(settings: AlertSettings) -> EmailChannel:
    return EmailChannel(settings, trust=TRUST)


def webhook_to(settings: AlertSettings) -> WebhookChannel:
    return WebhookChannel(settings, bridge=BRIDGE)


@pytest.mark.parametrize("encryption", ["starttls", "implicit"])
async def test_a_message_arrives_by_e_mail(encryption: str) -> None:
    async with mail_server(encryption) as server:
        channel = email_to(mail_settings(server.port, encryption))
        await channel.send(PARKED, TEN)
        await channel.send(OVER, TEN)
    first, second = server.mails
    assert server.logins == [(USER, PASSWORD)] * 2
    assert server.encrypted == [True, True]
    assert server.recipients[0] == ["it@example.com", "lead@example.com"]
    assert first["Subject"] == "[twenty-bridge] Calls are parked"
    assert "Twenty refused 3 calls" in first.get_content()
    assert "Since 2026-11-22 10:00 (UTC). https://phone.example.com" in first.get_content()
    assert first["Auto-Submitted"] == "auto-generated"
    assert second["In-Reply-To"] == first["Message-ID"] != second["Message-ID"]


async def test_a_server_on_this_machine_needs_no_encryption() -> None:
    async with mail_server("none") as server:
        await email_to(mail_settings(server.port, "none", smtp_password=None)).send(PARKED, TEN)
    assert (len(server.mails), server.logins) == (1, [])


async def test_a_message_in_french_is_readable() -> None:
    message = Words("fr", BRIDGE).raised(Alert.CALLS_PARKED, wrong(parked=3), TEN)
    async with mail_server() as server:
        await email_to(mail_settings(server.port)).send(message, TEN)
    assert server.mails[0]["Subject"] == "[twenty-bridge] Des appels sont mis de côté"
    assert "refusé 3 appels" in server.mails[0].get_content()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"smtp_password": "another-password-that-is-wrong"}, "535 (user name or password)"),
        ({"smtp_encryption": "implicit"}, ""),
        ({"smtp_encryption": "none"}, "Try connecting via TLS"),
        ({"smtp_port": 1}, ""),
    ],
)
async def test_a_message_that_is_not_taken(changes: dict[str, Any], says: str) -> None:
    async with mail_server() as server:
        settings = mail_settings(server.port, **changes)
        with pytest.raises(AlertNotSent) as refused:
            await email_to(settings).send(PARKED, TEN)
    told = str(refused.value)
    assert says in told
    assert server.mails == []
    assert_no_secret(told, settings)


@pytest.mark.parametrize("certificate", ["expired", "other"])
async def test_no_password_goes_to_a_server_that_is_not_trusted(certificate: str) -> None:
    async with mail_server(certificate=certificate) as server:
        with pytest.raises(AlertNotSent):
            await email_to(mail_settings(server.port)).send(PARKED, TEN)
    assert server.logins == []


async def test_a_server_that_offers_no_encryption_gets_no_password() -> None:
    async with mail_server("none") as server:
        with pytest.raises(AlertNotSent):
            await email_to(mail_settings(server.port, "starttls")).send(PARKED, TEN)
    assert server.logins == []


async def test_one_recipient_who_is_unknown_keeps_no_other_from_it() -> None:
    async with mail_server() as server:
        server.no_such_user = "lead@example.com"
        await email_to(mail_settings(server.port)).send(PARKED, TEN)
        assert server.recipients == [["it@example.com"]]
        with pytest.raises(AlertNotSent, match=r"550 5\.1\.1 no such user"):
            await email_to(mail_settings(server.port, to=("lead@example.com",))).send(PARKED, TEN)


def assert_no_secret(told: str, settings: AlertSettings) -> None:
    for secret in secrets_of(settings):
        assert secret not in told
        assert base64.b64encode(secret.encode()).decode().rstrip("=")[2:-2] not in told


async def test_a_message_arrives_at_a_webhook() -> None:
    now = datetime.now(UTC)
    async with receiver() as one:
        await webhook_to(webhook_settings(one.url)).send(PARKED, now)
        await webhook_to(webhook_settings(one.url)).send(OVER, now)
    assert one.ids == [PARKED.id, OVER.id]
    assert [told["type"] for told in one.taken] == ["alert.raised", "alert.ended"]
    assert one.taken[0] == {
        "type": "alert.raised",
        "timestamp": now.isoformat(),
        "alert": "calls.parked",
        "since": TEN.isoformat(),
        "title": "Calls are parked",
        "text": PARKED.text,
        "bridge": BRIDGE,
    }


async def test_while_the_secret_rotates_each_one_verifies() -> None:
    async with receiver() as one:
        await webhook_to(webhook_settings(one.url, OTHER, SECRET)).send(PARKED, datetime.now(UTC))
    assert len(one.taken) == 1


@pytest.mark.parametrize(("secret", "ago"), [(OTHER, timedelta()), (SECRET, timedelta(minutes=6))])
async def test_a_receiver_refuses_what_another_signed_and_what_is_old(secret: str, ago: timedelta) -> None:
    async with receiver() as one:
        with pytest.raises(AlertNotSent, match="401"):
            await webhook_to(webhook_settings(one.url, secret)).send(PARKED, datetime.now(UTC) - ago)


@pytest.mark.parametrize("status", [302, 400, 410, 500])
async def test_a_webhook_that_does_not_take_it(status: int) -> None:
    """A redirect is not followed: it would lead where the settings do not."""
    async with receiver() as one:
        one.status = status
        settings = webhook_settings(one.url)
        with pytest.raises(
            AlertNotSent, match=rf"127\.0\.0\.1 does not take it: it answered {status}"
        ) as refused:
            await webhook_to(settings).send(PARKED, datetime.now(UTC))
    assert_no_secret(str(refused.value), settings)


async def test_a_webhook_that_is_away() -> None:
    settings = webhook_settings("http://127.0.0.1:1/a-path-that-is-a-secret")
    with pytest.raises(AlertNotSent, match=r"127\.0\.0\.1 cannot be used: Connection refused") as refused:
        await webhook_to(settings).send(PARKED, TEN)
    assert_no_secret(str(refused.value), settings)


def test_the_signature_is_that_of_the_standard() -> None:
    """The example of the specification: its libraries verify it."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    made = list(signatures([key], "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body))
    assert made == ["v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="]


@pytest.mark.parametrize("alert", Alert)
def test_both_languages_say_the_same_details(alert: Alert) -> None:
    names = [re.findall(r"{(\w+)}", alert.value.in_language(one).text) for one in get_args(Language)]
    assert len({frozenset(each) for each in names}) == 1
    titles = {alert.value.in_language(one).title for one in get_args(Language)}
    assert len(titles) == len(get_args(Language))


def test_codes_are_distinct() -> None:
    assert len({alert.value.code for alert in Alert}) == len(Alert)


@given(text=st.text())
def test_any_detail_is_text(text: str) -> None:
    details = dict.fromkeys(["reason"], text)
    assert text in WORDS.raised(Alert.TWENTY_REFUSES, wrong(**details), TEN.astimezone(UTC)).text


def test_channels_have_names_of_their_own() -> None:
    channels: list[Channel] = [email_to(mail_settings(1)), webhook_to(webhook_settings("https://a.example"))]
    assert {one.name for one in channels} == {"email", "webhook"}
