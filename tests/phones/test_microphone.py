"""Microphones that are changed or pulled out, in and outside of a call. https://github.com/twilio/twilio-voice.js/issues/256"""

from bridge.sandbox.twilio import TwilioSandbox
from tests.browser import needs_chromium
from tests.phones.office import Office, Phone
from tests.phones.test_recovery import HOLDS, JANE

pytestmark = needs_chromium

MICROPHONES = """{
    const media = navigator.mediaDevices;
    const [open, list] = [media.getUserMedia.bind(media), media.enumerateDevices.bind(media)];
    let plugged = ['desk'];
    const opened = [];
    let held;
    globalThis.hold = () => (held = new Promise((go) => (globalThis.release = go)));
    const ids = () => (plugged.length && !globalThis.plain ? ['default', ...plugged] : plugged);
    media.enumerateDevices = async () => [
        ...(await list()).filter(({ kind }) => kind !== 'audioinput'),
        ...ids().map((deviceId) => (
            { kind: 'audioinput', groupId: '', deviceId, label: `${deviceId} (${plugged[0]})` })),
    ];
    media.getUserMedia = async ({ audio }) => {
        if (!plugged.length) throw new DOMException('no microphone', 'NotFoundError');
        const wanted = audio.deviceId?.exact ?? audio.deviceId?.ideal ?? 'default';
        if (!ids().includes(wanted) && audio.deviceId)
            throw new DOMException('not here', 'OverconstrainedError');
        if (held) globalThis.isHeld = true;
        await held;
        const stream = await open({ audio: true });
        const name = wanted === 'default' ? plugged[0] : wanted;
        opened.push({ name, track: stream.getAudioTracks()[0] });
        return stream;
    };
    globalThis.plug = (...names) => {
        for (const { name, track } of opened) {
            if (names.includes(name) || track.readyState === 'ended') continue;
            track.stop();
            track.dispatchEvent(new Event('ended'));
        }
        plugged = names;
        media.dispatchEvent(new Event('devicechange'));
    };
    const connections = [];
    globalThis.RTCPeerConnection = class extends RTCPeerConnection {
        constructor(...how) {
            super(...how);
            connections.push(this);
        }
    };
    const sent = () => connections.at(-1)?.getSenders().map(({ track }) => track).find(Boolean);
    globalThis.hears = () => {
        const track = sent();
        if (track?.readyState !== 'live') return '';
        return opened.find((one) => one.track === track)?.name ?? 'another';
    };
    globalThis.isMuted = () => !sent().enabled;
    globalThis.wasOpened = (name) => opened.at(-1).name === name;
    globalThis.isOpen = () => opened.some(({ track }) => track.readyState === 'live');
}"""
"""Microphones that a test plugs in and pulls out: the first is the system's default one."""

GONE = ("NotFoundError: no microphone", "InvalidArgumentError: Device not found")


async def in_call(phones: Office, twilio: TwilioSandbox, *, script: str = "") -> Phone:
    twilio.parties[JANE] = HOLDS
    alice = await phones.online(script=MICROPHONES + script)
    await alice.call(JANE)
    await alice.in_stage("talking")
    await alice.page.until("hears() === 'desk'")
    return alice


async def test_the_default_microphone_changes_between_calls(phones: Office, twilio: TwilioSandbox) -> None:
    alice = await in_call(phones, twilio)
    await alice.click("Hang up")
    await alice.ended("hung_up")
    await alice.page("plug('headset')")
    await alice.call(JANE)
    await alice.in_stage("talking")
    await alice.page.until("hears() === 'headset'")


async def test_a_microphone_is_replaced_in_mid_call(phones: Office, twilio: TwilioSandbox) -> None:
    alice = await in_call(phones, twilio)
    for name in ("headset", "desk", "camera"):
        await alice.page(f"plug({name!r})")
        await alice.page.until(f"hears() === {name!r}")
    await alice.page("void hold(), plug('headset')")
    await alice.page.until("isHeld")
    await alice.click("Hang up")
    await alice.ended("hung_up")
    await alice.page("release()")
    await alice.page.until("wasOpened('headset')")
    await alice.page.until("!isOpen()")


async def test_a_browser_that_lists_no_default_microphone(phones: Office, twilio: TwilioSandbox) -> None:
    alice = await in_call(phones, twilio, script="globalThis.plain = true;")
    for name in ("headset", "desk"):
        await alice.page(f"plug({name!r})")
        await alice.page.until(f"hears() === {name!r}")


async def test_a_microphone_is_pulled_out_in_mid_call_and_plugged_in_again(
    phones: Office, twilio: TwilioSandbox
) -> None:
    alice = await in_call(phones, twilio)
    await alice.page("plug('headset')")
    await alice.page.until("hears() === 'headset'")
    await alice.page("plug()")
    await alice.says("There is no microphone. Connect one: callers cannot hear you.")
    await alice.photograph("pulled-out")
    await alice.in_stage("talking")
    await alice.page("plug('desk')")
    await alice.page.until("hears() === 'desk'")
    await alice.page.until("!document.querySelector('#microphone')")
    # The SDK tries to open one that is gone, and does not catch that it cannot.
    assert all(said.startswith(GONE) for said in alice.page.said), alice.page.said
    alice.page.said.clear()


async def test_who_is_muted_stays_muted_with_another_microphone(
    phones: Office, twilio: TwilioSandbox
) -> None:
    alice = await in_call(phones, twilio)
    await alice.click("Mute")
    await alice.page.until("isMuted()")
    await alice.page("plug('headset')")
    await alice.page.until("hears() === 'headset'")
    await alice.page.until("isMuted()")
    await alice.says("Unmute")
