"""Pages, networks, servers, sockets and tokens that go away: each is seen, and passes."""

import asyncio
from typing import Any

import pytest

from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import Party, TwilioSandbox
from tests.phones.office import Bridge, Office, Phone, played_out
from tests.phones.test_calls import recorded
from tests.support import BOUND, eventually

JANE = "+33612345678"
HOLDS = Party.answers(after=1, talks=None)
TOKENS = "performance.getEntriesByType('resource').filter(({name}) => name.endsWith('/token')).length"

WARNING = "document.querySelector('.current .banner')?.textContent"


def fast(times: int) -> str:
    """A page on which so many seconds take one; but for the SDK's 15 of patience with its socket.

    A busy machine sends no heartbeat within a part of a second.
    """
    return f"""{{
        const [now, wait, again] = [Date.now, setTimeout, setInterval], began = now();
        Date.now = () => began + (now() - began) * {times};
        const real = (after) => (after === 15_000 ? after : after / {times});
        globalThis.setTimeout = (act, after = 0, ...more) => wait(act, real(after), ...more);
        globalThis.setInterval = (act, after = 0, ...more) => again(act, after / {times}, ...more);
    }}"""


HURRY = """{
    const wait = setTimeout;
    globalThis.hurries = true;
    globalThis.setTimeout = (act, after, ...more) =>
        wait(act, after === 15_000 && globalThis.hurries ? 300 : after, ...more);
}"""
"""A page that waits a moment only for a call to begin."""


async def network(phone: Phone, *, offline: bool) -> None:
    """Cuts a page's network, or gives it back."""
    await phone.page.ask("Network.enable")
    conditions: dict[str, Any] = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    await phone.page.ask("Network.emulateNetworkConditions", offline=offline, **conditions)


async def later(phone: Phone, seconds: int) -> None:
    """As after sleep: time has passed, and no timer fired."""
    await phone.page(f"{{ const now = Date.now; Date.now = () => now() + {seconds * 1000}; }}")
    await phone.page("dispatchEvent(new Event('pageshow')), true")


async def hangs_up_in_vain(phone: Phone, ends: str = "hung_up") -> None:
    """Twilio does not receive it: the socket is dead, and the page does not know that yet."""
    await phone.page("{ globalThis.send = WebSocket.prototype.send; WebSocket.prototype.send = () => {}; }")
    await phone.click("Hang up")
    await phone.ended(ends)
    await phone.page("{ WebSocket.prototype.send = globalThis.send; }")


async def test_a_reload_in_a_call_is_warned_of_and_says_what_became_of_the_call(
    phones: Office, twilio: TwilioSandbox, twenty: TwentySandbox
) -> None:
    twilio.parties[JANE] = HOLDS
    alice = await phones.online()
    leaves = "!dispatchEvent(new Event('beforeunload', { cancelable: true }))"
    assert not await alice.page(leaves)
    await alice.call(JANE)
    await alice.in_stage("talking")
    assert await alice.page(leaves)
    await alice.reload()
    await alice.shows("ready")
    await alice.says("Outgoing: Ended when the page was closed")
    await alice.photograph("reloaded")
    await recorded(twenty, status="COMPLETED", direction="OUTBOUND")
    await alice.click("Call again")
    await alice.in_stage("talking")
    await alice.click("Hang up")
    await alice.ended("hung_up")
    await alice.reload()
    await alice.shows("ready")
    assert not await alice.page("!!document.querySelector('.over')")


async def test_a_reload_while_it_rings_declines_nothing(phones: Office, twilio: TwilioSandbox) -> None:
    alice, bob, calling = await phones.both_rung(JANE)
    await alice.reload()
    await bob.click("Answer")
    await bob.in_stage("talking")
    await alice.ended("answered_elsewhere")
    await bob.click("Hang up")
    played = await calling
    assert "busy" not in [leg.status for leg in played.legs]


async def test_a_tab_that_is_killed_in_a_call_leaves_word_for_the_next(
    phones: Office, twilio: TwilioSandbox
) -> None:
    twilio.parties[JANE] = HOLDS
    twilio.signalling.switches.grace = 0.5
    alice = await phones.online()
    await alice.call(JANE)
    await alice.in_stage("talking")
    # Nothing is said to Twilio.
    await alice.page(
        "globalThis.WebSocket = null; import('/phone/agent.js').then(({ device }) => "
        "{ device.device.destroy = () => {}; device.close(); })"
    )
    await twilio.signalling.drop()
    again = await phones.signed_in()
    await again.shows("elsewhere")
    phones.pages.remove(alice.page)
    await alice.page.ask("Page.close")
    await again.shows("ready")
    await again.says("Ended when the page was closed")
    await again.click("Call again")
    await again.in_stage("talking")


async def test_a_network_that_is_away_is_seen_and_comes_back(phones: Office, twilio: TwilioSandbox) -> None:
    alice = await phones.online()
    await network(alice, offline=True)
    await alice.shows("offline")
    await alice.says("There is no network. The phone comes back by itself.")
    await alice.photograph("offline")
    await twilio.signalling.drop()
    await network(alice, offline=False)
    await eventually(lambda: bool(twilio.account.devices.get("client:alice")))
    await alice.shows("ready")
    calling = asyncio.create_task(twilio.call_from_phone(JANE))
    await alice.rings()
    await alice.click("Decline")
    await alice.ended("declined")
    await played_out(twilio, calling)


async def test_a_call_outlives_a_network_that_is_away(phones: Office, twilio: TwilioSandbox) -> None:
    twilio.parties[JANE] = HOLDS
    twilio.signalling.switches.grace = 60
    alice = await phones.online()
    await alice.call(JANE)
    await alice.in_stage("talking")
    await network(alice, offline=True)
    await twilio.signalling.drop()
    await alice.in_stage("reconnecting")
    await alice.photograph("reconnecting")
    await network(alice, offline=False)
    await alice.in_stage("talking")
    await alice.shows("ready")
    await alice.click("Hang up")
    await alice.ended("hung_up")


async def test_a_hang_up_that_is_lost_with_its_socket_ends_the_call(
    phones: Office, twilio: TwilioSandbox
) -> None:
    """The customer would wait, or be rung, until Twilio gives the phone up."""
    twilio.parties[JANE] = Party.no_answer()
    twilio.signalling.switches.grace = 10 * BOUND
    alice = await phones.online()
    await alice.call(JANE)
    await alice.in_stage("alerting")
    await hangs_up_in_vain(alice, "canceled")
    rung = list(twilio.account.calls.values())
    assert {leg.status for leg in rung} == {"ringing"}
    await twilio.signalling.drop()
    await eventually(lambda: all(leg.ended_at for leg in rung))
    await alice.shows("ready")
    twilio.parties[JANE] = HOLDS
    await alice.call(JANE)
    await alice.in_stage("talking")
    await alice.sees(".conference")
    await hangs_up_in_vain(alice)
    legs = [leg for leg in twilio.account.calls.values() if leg not in rung]
    assert {leg.status for leg in legs} == {"in-progress"}
    await twilio.signalling.drop()
    await eventually(lambda: {leg.status for leg in legs} == {"completed"})


async def test_a_network_that_loses_sound_is_warned_of_until_it_is_well(
    phones: Office, twilio: TwilioSandbox
) -> None:
    """The SDK warns after seconds of bad samples, and takes it back after more of good ones."""
    twilio.signalling.switches.heartbeat = 2
    alice = await phones.online(script=fast(5))
    customer = await phones.open(f"{twilio.telephone_url(JANE)}&tone=800")
    await customer.until("document.getElementById('status').textContent === 'ready'")
    await customer("document.getElementById('call').click()")
    await alice.rings()
    await alice.click("Answer")
    await alice.in_stage("talking")
    twilio.signalling.weather.drop = 0.5
    await alice.page.until(f"{WARNING}.startsWith('Your network loses sound.')")
    twilio.signalling.weather.drop = 0.0
    await alice.page.until(f"{WARNING} === ''")
    await alice.in_stage("talking")
    await alice.click("Hang up")
    await alice.ended("hung_up")


@pytest.mark.parametrize("sections", [{"tokens": {"ttl_seconds": 60}}])
async def test_a_bridge_that_restarts(phones: Office, bridge: Bridge, twilio: TwilioSandbox) -> None:
    alice = await phones.online()
    await bridge.stop()
    await alice.call(JANE)
    await alice.says("The bridge does not answer.")
    await later(alice, 31)
    # Twilio still knows the phone; once it loses it there is no token to come back with.
    await alice.shows("ready")
    twilio.signalling.switches.available = False
    await twilio.signalling.drop()
    await alice.shows("offline")
    await alice.says("The bridge does not answer. The phone tries again by itself.")
    await bridge.start()
    twilio.signalling.switches.available = True
    await alice.shows("ready")
    twilio.parties[JANE] = HOLDS
    await alice.call(JANE)
    await alice.in_stage("talking")


async def test_a_page_that_opens_while_the_bridge_is_away_comes_back(phones: Office, bridge: Bridge) -> None:
    alice = await phones.online(script=fast(20))
    await alice.page.ask("Network.enable")
    await alice.page.ask("Network.setBlockedURLs", urls=["*/api/me*"])
    await alice.reload()
    await alice.shows("offline")
    await alice.says("The bridge does not answer. The phone tries again by itself.")
    await alice.page.ask("Network.setBlockedURLs", urls=[])
    await alice.shows("ready")


async def test_a_call_whose_socket_is_lost_while_it_rings_ends_and_says_why(
    phones: Office, twilio: TwilioSandbox
) -> None:
    """The SDK says `transportClose`, and never `cancel`."""
    alice, bob, calling = await phones.both_rung(JANE)
    await twilio.signalling.drop("client:alice")
    await alice.ended("connection_lost")
    await bob.click("Answer")
    await alice.ended("answered_elsewhere")
    await alice.shows("ready")
    await bob.in_stage("talking")
    await bob.click("Hang up")
    await calling


async def test_a_cancel_that_is_lost_ends_the_ringing(phones: Office, twilio: TwilioSandbox) -> None:
    """The bridge is asked after a call that rings."""
    alice = await phones.online(script=fast(20))
    twilio.signalling.switches.heartbeat = 0.2
    calling = asyncio.create_task(twilio.call_from_phone(JANE, caller_hangs_up_after=20))
    await alice.rings()
    await alice.page(
        "import('/phone/agent.js').then(({ device }) => "
        "{ for (const call of device.calls.values()) call.removeAllListeners('cancel'); })"
    )
    twilio.skip(30)
    await alice.ended("gave_up")
    await alice.rings(0)
    await calling


@pytest.mark.parametrize("sections", [{"tokens": {"ttl_seconds": 60}}])
async def test_tokens_of_a_minute_are_asked_for_twice_in_it_and_no_oftener(
    phones: Office, twilio: TwilioSandbox
) -> None:
    """The SDK announces the end of each token, of renewed ones too: the page keeps a time of its own."""
    twilio.signalling.switches.heartbeat = 0.2
    alice = await phones.online(script=fast(20))
    minutes = "(Date.now() - performance.timeOrigin) / 60_000"
    await alice.page.until(f"{minutes} >= 4")
    asked, passed = await alice.page(f"[{TOKENS}, {minutes}]")
    assert 2 * passed - 2 <= asked <= 2.5 * passed + 2, (asked, passed)
    await alice.shows("ready")


@pytest.mark.parametrize("sections", [{"dialling": {"emergency": True}}])
async def test_a_call_that_the_sdk_never_begins_ends(phones: Office, twilio: TwilioSandbox) -> None:
    """https://github.com/twilio/twilio-voice.js/issues/85: without a connection `connect` waits for ever."""
    alice = await phones.online(script=HURRY)
    twilio.signalling.switches.available = False
    await twilio.signalling.drop()
    await alice.shows("offline")
    await alice.call("112")
    await alice.ended("connection_lost")
    await alice.page("globalThis.hurries = false")
    twilio.signalling.switches.available = True
    await alice.shows("ready")
    twilio.parties[JANE] = HOLDS
    await alice.call(JANE)
    await alice.in_stage("talking")


async def test_a_ringtone_that_cannot_load_delays_no_call(phones: Office, twilio: TwilioSandbox) -> None:
    """The SDK would wait two seconds for it at each call."""
    alice = await phones.phone()
    await alice.page.ask("Network.enable")
    await alice.page.ask("Network.setBlockedURLs", urls=["*ring.wav*"])
    await alice.fill("key", phones.key)
    await alice.fill("identity", "alice")
    await alice.click("Sign in")
    await alice.shows("ready")
    await alice.gesture()
    incoming = "import('/phone/agent.js').then(({ device }) => device.device.audio.incoming())"
    assert await alice.page(incoming) is False
    calling = asyncio.create_task(twilio.call_from_phone(JANE))
    await alice.rings()
    await alice.click("Decline")
    await alice.ended("declined")
    await played_out(twilio, calling)
