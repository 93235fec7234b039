"""What connected devices speak: browsers with Twilio's Voice SDK, and the sandbox's own telephone page.

**A page with the SDK** reaches the sandbox at `ws://HOST:PORT/signal`, HOST and PORT being those of the REST
API. The SDK takes them by its option `chunderw: 'HOST:PORT'`, but always says `wss:`. A script that is loaded
before the SDK changes that for loopback:

    const Real = WebSocket;
    const near = (url) => String(url).replace('wss://127.0.0.1:', 'ws://127.0.0.1:');
    globalThis.WebSocket = class extends Real {
        constructor(url, ...more) { super(near(url), ...more); }
    };

It also needs `publishEvents: false` (no insights), `sounds: {…}` with all fifteen sounds (a ringtone that
cannot be loaded delays each call by two seconds) and `connect-src ws://HOST:PORT` in its policy.

**A telephone** is a page at `/sandbox/telephone?number=+33…`: plain WebRTC, no SDK.

**Calls** that devices take part in are calls of the sandbox: each device has a leg, REST reads, ends,
redirects and records it. A device that is registered rings in place of the script of its address. In such a
call a second takes a second; `TwilioSandbox.skip` lets some pass at once.

**Sound** flows between two devices through a relay of UDP (`relay`), which can drop, delay, jitter and cut.
A scripted party is silent: it gets an answer of the sandbox's own, without candidates. A conference needs the
`mixer` (`switches.sound = "mixer"`, and the extra `demo`): then each device talks to the sandbox from the
beginning of its call. Three of them take about a quarter of a core; the relay takes next to nothing.
"""
