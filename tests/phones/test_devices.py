"""Microphone, speaker and what rings, chosen and tried, and the check before the day begins."""

from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import TwilioSandbox
from tests.browser import needs_chromium
from tests.phones.office import Office
from tests.phones.test_calls import recorded
from tests.phones.test_microphone import MICROPHONES
from tests.phones.test_recovery import HOLDS, JANE
from tests.support import eventually

pytestmark = needs_chromium

OUTPUTS = """{
    const list = navigator.mediaDevices.enumerateDevices;
    navigator.mediaDevices.enumerateDevices = async () => [
        ...await list(), { kind: 'audiooutput', groupId: '', deviceId: 'horn', label: 'Horn' }];
    globalThis.heard = [];
    HTMLMediaElement.prototype.setSinkId = async function (id) { this.sink = id; };
    const play = HTMLMediaElement.prototype.play;
    HTMLMediaElement.prototype.play = function () {
        if (this.src) globalThis.heard.push([this.src.split('/').at(-1), this.sink]);
        return play.call(this);
    };
}"""
"""A second thing that sounds can be heard of, and what was played where."""


POOR = """{
    const get = RTCPeerConnection.prototype.getStats;
    RTCPeerConnection.prototype.getStats = async function () {
        const found = new Map();
        (await get.call(this)).forEach((one, id) => found.set(id, {
            ...one,
            ...(one.type === 'inbound-rtp' && { jitter: 0.2 }),
            ...(one.type === 'remote-inbound-rtp' && { roundTripTime: 1 }),
            ...(one.type === 'candidate-pair' && { currentRoundTripTime: 1 }),
        }));
        return found;
    };
}"""
"""A network on which each way takes half a second, as the browser measures it."""


async def test_devices_are_chosen_and_tried(phones: Office, twilio: TwilioSandbox) -> None:
    alice = await phones.online(script=MICROPHONES + "plug('desk', 'headset');" + OUTPUTS)
    await alice.click("Devices")
    await alice.choose("device-microphone", "headset")
    await alice.choose("device-ringer", "horn")
    await alice.click("Test the microphone")
    await alice.page.until("document.querySelector('meter')?.value > 0")
    await alice.click("Stop")
    await alice.page.until("!isOpen()")
    await alice.click("Play a sound: Ring on")
    await alice.page.until("heard.some(([sound, sink]) => sound === 'ring.wav' && sink === 'horn')")
    twilio.parties[JANE] = HOLDS
    await alice.call(JANE)
    await alice.in_stage("talking")
    await alice.page.until("hears() === 'headset'")
    await alice.choose("device-microphone", "desk")
    await alice.page.until("hears() === 'desk'")
    await alice.click("Hang up")
    await alice.ended("hung_up")


async def test_the_connection_is_checked_by_a_call_that_is_billed_and_leaves_nothing_in_twenty(
    phones: Office, twilio: TwilioSandbox, twenty: TwentySandbox
) -> None:
    alice = await phones.online(script=POOR)
    await alice.click("Devices")
    await alice.click("Check the connection")
    await alice.says("which Twilio bills")
    await alice.click("Cancel")
    assert not twilio.account.calls
    await alice.click("Check the connection")
    await alice.click("Start the test call")
    await alice.says("Checking the connection…")
    await eventually(lambda: any(call.status == "in-progress" for call in twilio.account.calls.values()))
    twilio.skip(20)
    await alice.says("The connection is poor: you will hardly understand each other. Use a cable")
    await alice.shows("ready")
    twilio.parties[JANE] = HOLDS
    await alice.call(JANE)
    await alice.in_stage("talking")
    await alice.click("Hang up")
    await recorded(twenty, status="COMPLETED", direction="OUTBOUND")
    await alice.click("Calls")
    await alice.sees(".entry")
    assert await alice.page("document.querySelectorAll('.entry').length") == 1
