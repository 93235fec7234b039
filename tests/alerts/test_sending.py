"""Each alert is sent once, and its end once: across restarts and replicas, with a server that is away."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.alerts.email import EmailChannel
from bridge.alerts.kinds import RIGHT, Alert, Observation, wrong
from bridge.alerts.messages import AlertMessage, Type, Words
from bridge.alerts.sending import LONGEST_PAUSE, NextStep, Sending, step
from bridge.errors import AlertNotSent, Standby
from bridge.inbox.operation import Standing
from bridge.inbox.store import Inbox, open_inbox
from tests.alerts.servers import TRUST, mail_server, mail_settings
from tests.inbox.conftest import bare_database_url, database_url, inbox  # noqa: F401 - fixtures
from tests.support import TEN

MINUTE = timedelta(minutes=1)
WORDS = Words("en", "https://phone.example.com")
PARKED, SILENT = wrong(parked=2), wrong(heard="x", hours=8)
Sent = list[tuple[str, Type]]


class Outbox:
    """A channel; `refuses` are the codes of what it does not take."""

    name = "outbox"
    where = "here"

    def __init__(self) -> None:
        self.messages: list[AlertMessage] = []
        self.refuses: set[str] = set()
        self.tried = 0

    async def send(self, message: AlertMessage, now: datetime) -> None:
        self.tried += 1
        if message.code in self.refuses:
            raise AlertNotSent("it is away")
        self.messages.append(message)

    @property
    def sent(self) -> Sent:
        return [(one.code, one.type) for one in self.messages]


async def leads() -> None:
    """The leader's."""


@pytest.fixture
def outbox() -> Outbox:
    return Outbox()


@pytest.fixture
async def sending(inbox: Inbox, outbox: Outbox) -> Sending:  # noqa: F811
    return Sending(inbox, outbox, WORDS, lead=leads)


@pytest.fixture
async def another(database_url: str, outbox: Outbox) -> AsyncIterator[Sending]:  # noqa: F811
    """Of another replica, or after a restart."""
    async with open_inbox(database_url) as opened:
        yield Sending(opened, outbox, WORDS, lead=leads)


def raised(*alerts: Alert) -> Sent:
    return [(alert.value.code, Type.RAISED) for alert in alerts]


def ended(*alerts: Alert) -> Sent:
    return [(alert.value.code, Type.ENDED) for alert in alerts]


async def test_it_is_sent_once_and_its_end_once(sending: Sending, another: Sending, outbox: Outbox) -> None:
    """By whichever process looks."""
    for minute, each in enumerate([sending, another, sending]):
        await each.once({Alert.CALLS_PARKED: PARKED}, TEN + minute * MINUTE)
    assert outbox.sent == raised(Alert.CALLS_PARKED)
    for each in (another, sending):
        await each.once({Alert.CALLS_PARKED: RIGHT}, TEN + 5 * MINUTE)
    assert outbox.sent == raised(Alert.CALLS_PARKED) + ended(Alert.CALLS_PARKED)
    await sending.once({Alert.CALLS_PARKED: PARKED}, TEN + 6 * MINUTE)
    assert outbox.sent[2:] == raised(Alert.CALLS_PARKED)
    assert len({one.id for one in outbox.messages}) == 3
    assert outbox.messages[1].reply_to == outbox.messages[0].id


async def test_what_cannot_be_observed_stays_as_it_is(sending: Sending, outbox: Outbox) -> None:
    await sending.once({Alert.CALLS_PARKED: PARKED}, TEN)
    await sending.once({}, TEN + MINUTE)
    await sending.once({Alert.CALLS_PARKED: PARKED}, TEN + 2 * MINUTE)
    assert outbox.sent == raised(Alert.CALLS_PARKED)


async def test_a_server_that_is_away_gets_patience(
    sending: Sending, another: Sending, outbox: Outbox
) -> None:
    """It is tried with pauses; what is over by then is not sent."""
    outbox.refuses = {alert.value.code for alert in Alert}
    wrongs = {Alert.CALLS_PARKED: PARKED, Alert.TWILIO_SILENT: SILENT}
    for minute in range(180):
        await sending.once(wrongs, TEN + minute * MINUTE)
    assert 5 < outbox.tried < 15
    outbox.refuses = set()
    later = TEN + 180 * MINUTE + LONGEST_PAUSE
    await another.once({Alert.CALLS_PARKED: PARKED, Alert.TWILIO_SILENT: RIGHT}, later)
    await sending.once({Alert.CALLS_PARKED: PARKED, Alert.TWILIO_SILENT: RIGHT}, later)
    assert outbox.sent == raised(Alert.CALLS_PARKED)
    assert outbox.messages[0].since == TEN


async def test_an_end_that_was_not_taken_is_sent_later(sending: Sending, outbox: Outbox) -> None:
    await sending.once({Alert.CALLS_PARKED: PARKED}, TEN)
    outbox.refuses = {"calls.parked"}
    await sending.once({Alert.CALLS_PARKED: RIGHT}, TEN + MINUTE)
    outbox.refuses = set()
    await sending.once({Alert.CALLS_PARKED: RIGHT}, TEN + 3 * MINUTE)
    await sending.once({Alert.CALLS_PARKED: RIGHT}, TEN + 4 * MINUTE)
    assert outbox.sent == raised(Alert.CALLS_PARKED) + ended(Alert.CALLS_PARKED)


async def test_one_message_that_is_refused_holds_up_no_other(sending: Sending, outbox: Outbox) -> None:
    outbox.refuses = {"calls.parked"}
    for minute in range(10):
        await sending.once({Alert.CALLS_PARKED: PARKED, Alert.TWILIO_SILENT: SILENT}, TEN + minute * MINUTE)
    assert outbox.sent == raised(Alert.TWILIO_SILENT)


async def test_who_does_not_lead_sends_nothing(inbox: Inbox, sending: Sending, outbox: Outbox) -> None:  # noqa: F811
    async def stands_by() -> None:
        raise Standby("another process drains")

    with pytest.raises(Standby):
        await Sending(inbox, outbox, WORDS, lead=stands_by).once({Alert.CALLS_PARKED: PARKED}, TEN)
    assert outbox.sent == []
    await sending.once({Alert.CALLS_PARKED: PARKED}, TEN)
    assert outbox.sent == raised(Alert.CALLS_PARKED)


async def test_a_clock_that_jumps_back_holds_up_nothing(sending: Sending, outbox: Outbox) -> None:
    outbox.refuses = {"calls.parked"}
    await sending.once({Alert.CALLS_PARKED: PARKED}, TEN + timedelta(days=1))
    outbox.refuses = set()
    await sending.once({Alert.CALLS_PARKED: PARKED}, TEN)
    assert outbox.sent == raised(Alert.CALLS_PARKED)


async def test_by_a_real_server_that_comes_late(inbox: Inbox) -> None:  # noqa: F811
    async with mail_server() as server:
        sending = Sending(inbox, EmailChannel(mail_settings(server.port), trust=TRUST), WORDS, lead=leads)
        server.answer = "451 4.7.1 greylisted, come again"
        await sending.once({Alert.CALLS_PARKED: PARKED}, TEN)
        server.answer = ""
        for minute in (1, 2):
            await sending.once({Alert.CALLS_PARKED: PARKED}, TEN + minute * MINUTE)
        await sending.once({Alert.CALLS_PARKED: RIGHT}, TEN + 3 * MINUTE)
        subjects = [mail["Subject"] for mail in server.mails]
    assert subjects == ["[twenty-bridge] Calls are parked", "[twenty-bridge] No call is parked any more"]


LOOKS = st.lists(st.sampled_from([True, False, None]), max_size=20)


@given(looks=LOOKS)
def test_the_messages_alternate(looks: Sequence[bool | None]) -> None:
    """Whatever is observed: never two of one kind in a row, and the last one says how it is."""
    standing: Standing | None = None
    said: list[bool] = []
    for is_wrong in looks:
        if is_wrong is None:
            continue
        match step(standing, Observation(is_wrong=is_wrong, details={})):
            case NextStep.RAISE:
                said.append(True)
                standing = Standing(TEN, TEN)
            case NextStep.END:
                said.append(False)
                standing = None
            case NextStep.FORGET:
                standing = None
            case NextStep.NOTHING:
                pass
    observed = [one for one in looks if one is not None]
    assert all(one is not other for one, other in pairwise(said))
    assert (said[-1] if said else False) is (observed[-1] if observed else False)


STATES: Mapping[tuple[bool, Standing | None], NextStep] = {
    (True, None): NextStep.RAISE,
    (True, Standing(TEN, None)): NextStep.RAISE,
    (True, Standing(TEN, TEN)): NextStep.NOTHING,
    (False, None): NextStep.NOTHING,
    (False, Standing(TEN, None)): NextStep.FORGET,
    (False, Standing(TEN, TEN)): NextStep.END,
}


@pytest.mark.parametrize(("state", "next_step"), STATES.items())
def test_each_state(state: tuple[bool, Standing | None], next_step: NextStep) -> None:
    is_wrong, standing = state
    assert step(standing, Observation(is_wrong=is_wrong, details={})) is next_step
