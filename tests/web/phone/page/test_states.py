"""What a call and the line are, after events in any order; without the SDK and without a page."""

import itertools
import json
from typing import Any

import pytest

from tests.browser import Page, needs_chromium

pytestmark = needs_chromium

Event = dict[str, Any]


def events(text: str) -> list[Event]:
    """`ringing error:31486 transportClose!`: a code or what the bridge says (`+`: at last) after a colon.

    `!` is a call that is lost.
    """
    read: list[Event] = []
    for word in text.split():
        name, _, code = word.rstrip("!").partition(":")
        more: Event = {"code": int(code)} if code.isdigit() else {"state": code.rstrip("+")} if code else {}
        lost = {"lost": True} if word.endswith("!") else {}
        read.append({"type": name, "at": len(read), **more, **lost, "ended": word.endswith("+")})
    return read


OUT = {
    "": "calling",
    "ringing": "alerting",
    "ringing accept": "talking",
    "accept ringing": "talking",
    "accept accept": "talking",
    "ringing disconnect": "ended not_answered",
    "error:31486 disconnect": "ended busy",
    "disconnect error:31486": "ended busy",
    "ringing error:31603 disconnect": "ended declined_by_other",
    "error:31404 disconnect": "ended failed",
    "error:13224 disconnect": "ended failed",
    "error:31009 disconnect": "ended connection_lost",
    "error:31005 disconnect outcome:failed+": "ended failed",
    "hangup": "ended canceled",
    "hangup disconnect": "ended canceled",
    "ringing hangup accept": "ended canceled",
    "accept hangup disconnect": "ended hung_up",
    "accept disconnect": "ended other_hung_up",
    "accept disconnect error:53405": "ended other_hung_up",
    "accept error:53405 disconnect": "ended connection_lost",
    "accept error:53405": "talking",
    "accept reconnecting": "reconnecting",
    "accept transportClose reconnecting reconnected": "talking",
    "accept transportClose!": "ended connection_lost",
    "ringing transportClose!": "ended connection_lost",
    "ringing transportClose! accept": "ended connection_lost",
    "error:31401": "ended microphone",
    "error:31402 disconnect": "ended microphone",
    "error:53402": "ended media",
    "accept error:31401": "talking",
    "cancel": "ended canceled",
    "outcome:refused+ accept": "ended refused",
    "disconnect outcome:refused+": "ended refused",
    "ringing disconnect outcome:calling": "ended not_answered",
    "ringing disconnect outcome:busy+": "ended busy",
    "ringing disconnect outcome:failed+": "ended failed",
    "error:31486 disconnect outcome:refused+": "ended refused",
    "disconnect outcome:talked+": "ended other_hung_up",
    "hangup outcome:busy+": "ended canceled",
    "accept hangup outcome:talked+": "ended hung_up",
    "accept outcome:talking": "talking",
    "accept outcome:talked+": "talking",
    "ringing outcome:busy+": "ended busy",
    "accept transportClose! outcome:talked+": "ended connection_lost",
    "accept disconnect asks": "ended other_hung_up",
    "answer decline ignore": "calling",
    "accept transfer disconnect outcome:talked+": "ended transferred",
    "accept transfer": "talking",
    "accept transfer not-transferred disconnect": "ended other_hung_up",
}
IN = {
    "": "ringing",
    "ignore": "ringing",
    "answer": "answering",
    "ignore answer": "ringing",
    "answer accept": "talking",
    "accept": "talking",
    "cancel": "ended gave_up",
    "ignore cancel": "ended gave_up",
    "answer cancel": "ended gave_up",
    "answer accept cancel outcome:answered_elsewhere+": "ended answered_elsewhere",
    "disconnect": "ended gave_up",
    "cancel outcome:answered_elsewhere+": "ended answered_elsewhere",
    "cancel outcome:missed": "ended gave_up",
    "cancel outcome:missed outcome:answered_elsewhere+": "ended answered_elsewhere",
    "cancel outcome:declined+": "ended declined",
    "outcome:answered_elsewhere+ cancel": "ended answered_elsewhere",
    "outcome:ringing": "ringing",
    "outcome:missed": "ringing",
    "outcome:missed+": "ended gave_up",
    "answer outcome:talking": "answering",
    "decline outcome:answered_elsewhere+": "ended declined",
    "transportClose outcome:missed+": "ended gave_up",
    "decline reject": "ended declined",
    "reject": "ended declined",
    "decline accept": "ended declined",
    "hangup": "ended declined",
    "transportClose": "ended connection_lost",
    "transportClose reconnecting": "ended connection_lost",
    "reconnecting": "ended connection_lost",
    "answer transportClose accept": "ended connection_lost",
    "answer accept transportClose reconnecting reconnected disconnect": "ended other_hung_up",
    "answer error:31401": "ended microphone",
}
LINE = {
    "": "connecting",
    "registered": "connecting",
    "network-down": "offline network",
    "away": "offline bridge",
    "away sign-in": "connecting",
    "away sign-out": "signed-out",
    "sign-out": "signed-out",
    "sign-in elsewhere": "elsewhere",
    "sign-in elsewhere holds": "connecting",
    "sign-in elsewhere holds token registered": "ready",
    "sign-in token registered elsewhere": "elsewhere",
    "sign-in elsewhere sign-out": "signed-out",
    "sign-in": "connecting",
    "sign-in token": "connecting",
    "sign-in token registered": "ready",
    "sign-in registered token": "ready",
    "sign-in token registered unregistered": "offline twilio",
    "sign-in token registered network-down": "offline network",
    "sign-in token registered network-down network-up": "ready",
    "network-down sign-in": "offline network",
    "sign-in token registered unregistered network-down network-up registered": "ready",
    "sign-in token-failed": "offline bridge",
    "sign-in token registered token-failed": "ready",
    "sign-in token registered token-failed unregistered": "offline bridge",
    "sign-in token registered token-failed unregistered token registered": "ready",
    "sign-in token-refused": "refused",
    "sign-in token registered sign-out": "signed-out",
    "sign-in token registered sign-out sign-in": "connecting",
    "sign-in token registered bogus": "ready",
}
CALL = """(async (direction, cases) => {
    const { begin, next } = await import('/state/call.js');
    return cases.map((events) => {
        const call = events.reduce(next, begin({ id: '1', direction, number: '+33639980001' }));
        return [call.stage, call.reason].filter(Boolean).join(' ');
    });
})"""
PHONE_LINE = """(async (cases) => {
    const { UNKNOWN, missingOf, next, stageOf } = await import('/state/line.js');
    return cases.map((events) => {
        const line = events.reduce(next, UNKNOWN);
        return [stageOf(line), missingOf(line)].filter(Boolean).join(' ');
    });
})"""


async def shown(page: Page, function: str, *arguments: Any) -> Any:
    return await page(f"{function}({', '.join(map(json.dumps, arguments))})")


async def test_what_a_call_is(modules: Page) -> None:
    for direction, cases in (("out", OUT), ("in", IN)):
        became = await shown(modules, CALL, direction, [events(text) for text in cases])
        assert dict(zip(cases, became, strict=True)) == cases


async def test_every_text_takes_the_same_values_in_both_languages(modules: Page) -> None:
    slots = "(text) => (text.match(/{[^}]*}/g) ?? []).sort().join()"
    uneven = f"""import('/words/table.js').then(({{ TABLE }}) => Object.entries(TABLE)
        .filter(([, {{ en, fr }}]) => !en || !fr || ({slots})(en) !== ({slots})(fr)))"""
    assert await modules(uneven) == []


async def test_what_the_line_is(modules: Page) -> None:
    became = await shown(modules, PHONE_LINE, [events(text) for text in LINE])
    assert dict(zip(LINE, became, strict=True)) == LINE


async def test_every_score_has_its_quality(modules: Page) -> None:
    scores = [4.5, 4.2, 4.15, 4.1, 4.05, 3.7, 3.65, 3.1, 3.05, 1, 0, None]
    found = await modules(
        f"import('/preflight.js').then(({{ qualityOf }}) => {scores[:-1]}.concat(undefined).map(qualityOf))"
    )
    great, good, fair = ["great"] * 2, ["good"] * 2, ["fair"] * 2
    assert found == ["excellent", "excellent", *great, *good, *fair, *["degraded"] * 4]


NAMES = """ringing answer accept ignore decline reject hangup disconnect cancel
    transportClose transportClose! reconnecting reconnected error:31486 error:31401
    outcome:answered_elsewhere+ outcome:missed outcome:missed+ outcome:talked+"""
LONGEST = 4
WRONG = """(async (direction, events, longest) => {
    const { begin, next } = await import('/state/call.js');
    const ENDS = new Set(['hangup', 'disconnect', 'cancel']), DECLINES = new Set(['decline', 'reject']);
    const wrong = [];
    const go = (call, before) => {
        for (const event of events) {
            const after = next(call, event), names = [...before, event];
            const open = after.stage === 'talking' || after.stage === 'reconnecting';
            if (call.stage === 'ended' && after.stage !== 'ended') wrong.push(['rises', names]);
            if (open && !names.some(({ type }) => type === 'accept')) wrong.push(['looks answered', names]);
            const openBefore = call.stage === 'talking' || call.stage === 'reconnecting';
            const isTold = event.ended || DECLINES.has(event.type) && direction === 'in';
            const ends = event.lost || ENDS.has(event.type) || isTold && !openBefore;
            if (ends && after.stage !== 'ended') wrong.push(['goes on', names]);
            if ((after.stage === 'ended') !== Boolean(after.reason)) wrong.push(['without a reason', names]);
            if (names.length < longest) go(after, names);
        }
    };
    go(begin({ id: '1', direction, number: '' }), []);
    return wrong.slice(0, 5);
})"""


@pytest.mark.parametrize("direction", ["in", "out"])
async def test_every_order_of_events(modules: Page, direction: str) -> None:
    """What ended stays ended and has a reason; what was not accepted never looks answered.

    And none rings for ever: whatever came before, one end, decline or last word of the bridge ends it.
    """
    assert await shown(modules, WRONG, direction, events(NAMES), LONGEST) == []


TIMER = """(async (ttl, script) => {
    const { TokenTimer } = await import('/state/renewal.js');
    let time = 0, due = null, at = [], failures = 0, used = [], open = 0, most = 0;
    const clock = {
        now: () => time,
        set: (act, after) => (due = { act, at: time + after }),
        clear: (timer) => { if (timer === due) due = null; },
    };
    const timer = new TokenTimer({
        clock, random: () => 0.999,
        ask: async () => {
            at.push(time); most = Math.max(most, ++open);
            await Promise.resolve(); open--;
            const step = script.shift() ?? 'ok';
            const retryAfter = Number(step) || undefined;
            if (step !== 'ok') throw Object.assign(new Error(step), { retryAfter });
            return { token: `t${at.length}`, ttl };
        },
        use: ({ token }) => used.push(token),
        failed: () => failures++,
    });
    await timer.start();
    return { timer, clock, at, used, most: () => most, failures: () => failures, due: () => due,
        pass: async () => { const { at, act } = due; time = at; act(); await timer.asking; },
        sleep: (ms) => { time += ms; } };
})"""


async def timed(page: Page, ttl: float, script: list[str], then: str) -> Any:
    return await page(f"{TIMER}({ttl}, {json.dumps(script)}).then(async (t) => {{ {then} }})")


async def test_a_token_is_renewed_before_half_of_its_life(modules: Page) -> None:
    for ttl in (60, 600, 3600):
        at = await timed(modules, ttl, [], "for (let n = 0; n < 5; n++) await t.pass(); return t.at")
        gaps = [after - before for before, after in itertools.pairwise(at)]
        assert all(ttl * 400 <= gap <= ttl * 500 for gap in gaps), (ttl, gaps)


async def test_failures_are_retried_ever_more_slowly_and_as_the_bridge_asks(modules: Page) -> None:
    script = ["no"] * 8 + ["45", "ok"]
    at, failed, used = await timed(
        modules,
        60,
        script,
        "for (let n = 0; n < 9; n++) await t.pass(); return [t.at, t.failures(), t.used.length]",
    )
    gaps = [round(after - before) for before, after in itertools.pairwise(at)]
    assert gaps == sorted(gaps)
    assert (gaps[0], max(gaps[:-1]), gaps[-1]) == (1000, 29985, 45000)
    assert (failed, used) == (9, 1)


async def test_one_request_at_a_time(modules: Page) -> None:
    ask = "await Promise.all([1, 2, 3].map(() => t.timer.renew())); return [t.at.length, t.most()]"
    assert await timed(modules, 60, [], ask) == [2, 1]


async def test_sleep_and_a_network_that_is_back_renew_at_once_if_it_is_time(modules: Page) -> None:
    wake = "t.sleep(%d); await t.timer.wake(); return t.at.length"
    assert await timed(modules, 60, [], wake % 10_000) == 1
    assert await timed(modules, 60, [], wake % 31_000) == 2
    assert await timed(modules, 60, ["no"], wake % 1) == 2
    assert (
        await timed(
            modules, 60, [], "t.timer.stop(); t.sleep(99e6); await t.timer.wake(); return t.at.length"
        )
        == 1
    )


async def test_a_token_that_twilio_refuses_is_not_asked_for_in_a_hurry(modules: Page) -> None:
    """Else a wrong secret would make a request for each answer."""
    refused = "for (let n = 0; n < 6; n++) { t.timer.rejected(); await t.pass(); } return t.at"
    at = await timed(modules, 60, [], refused)
    gaps = [round(after - before) for before, after in itertools.pairwise(at)]
    assert gaps == sorted(gaps)
    assert gaps[-1] > 20_000


async def test_an_emergency_number_however_it_is_written(modules: Page) -> None:
    asked = ["112", "1 1 2", " (112) ", "1-1-2", "15", "1122", "+33112", "client:112", ""]
    judge = f"{json.dumps(asked)}.map((number) => isEmergency(number, ['112', '15']))"
    judged = await modules(f"import('/state/emergency.js').then(({{isEmergency}}) => {judge})")
    assert judged == [True, True, True, True, True, False, False, False, False]


SPOKEN = {
    (None, "fr-CA en"): "fr",
    (None, "de en-GB fr"): "en",
    (None, "de"): "en",
    (None, ""): "en",
    ("en", "fr"): "en",
    ("xx", "fr"): "fr",
    ("constructor", "de"): "en",
}
"""The language chosen before and those of the browser, and that of the page."""

KEYS = {
    ("ctrlKey shiftKey", "Digit1"): "answer",
    ("ctrlKey shiftKey", "Numpad4"): "mute",
    ("ctrlKey shiftKey", "Digit0"): None,
    ("ctrlKey shiftKey", "KeyA"): None,
    ("ctrlKey", "Digit1"): None,
    ("shiftKey", "Digit1"): None,
    ("ctrlKey shiftKey altKey", "Digit1"): None,
    ("ctrlKey shiftKey metaKey", "Digit1"): None,
    ("ctrlKey shiftKey repeat", "Digit1"): None,
}

LANGUAGE_OF = """(async (cases) => {
    const { languageOf } = await import('/words/language.js');
    return cases.map((one) => languageOf(...one));
})"""
ACT_OF = """(async (cases) => {
    const { actOf } = await import('/shortcuts.js');
    return cases.map((one) => actOf(one) ?? null);
})"""


async def test_languages_and_shortcuts(modules: Page) -> None:
    """One browser for all pure tables that are small."""
    spoken = [[chosen, tags.split()] for chosen, tags in SPOKEN]
    assert await shown(modules, LANGUAGE_OF, spoken) == list(SPOKEN.values())
    pressed = [{"code": code, **dict.fromkeys(held.split(), True)} for held, code in KEYS]
    assert await shown(modules, ACT_OF, pressed) == list(KEYS.values())


NOTES = {
    "": "kept - 0",
    "typed:a": "typed a 0",
    "typed:a saving": "saving a 0",
    "typed:a saving saved:a:1": "kept a 1",
    "typed:a saving typed:ab saved:a:1": "typed ab 1",
    "typed:a saving typed:ab typed:a saved:a:1": "kept a 1",
    "typed:a saving typed:ab failed typed:abc saving": "saving abc 0",
    "typed:a saving failed": "failed a 0",
    "typed:a saving failed saving saved:a:1": "kept a 1",
    "typed:a saving refused": "refused a 0",
    "typed:a saving refused saving": "refused a 0",
    "typed:a saving refused typed:b": "typed b 0",
    "typed:a saving conflict:b:1": "conflict a 0",
    "typed:a saving conflict:b:1 typed:ac": "conflict ac 0",
    "typed:a saving conflict:b:1 saving": "conflict a 0",
    "typed:a saving conflict:b:1 mine saving saved:a:2": "kept a 2",
    "typed:a saving conflict:b:1 theirs": "kept b 1",
    "typed:a saving conflict:a:1": "kept a 1",
    "heard:a:1": "kept a 1",
    "heard:a:2 heard:b:1": "kept a 2",
    "heard:a:1 typed:b heard:a:1": "typed b 1",
    "heard:a:1 typed:b heard:c:2": "conflict b 1",
    "typed:a saving heard:a:1 saved:a:1": "kept a 1",
    "typed:a saving heard:b:1 conflict:b:1": "conflict a 0",
    "typed:a_ saving saved:a:1 heard:a:1": "kept a_ 1",
    "typed:a saving typed:ab conflict:a:1": "typed ab 1",
    "typed:a saving typed:ab conflict:a:1 saved:a:1": "typed ab 1",
    "typed:a saving failed typed:ab saving conflict:a:1 saving saved:ab:2": "kept ab 2",
    "typed:a saving failed typed:ab heard:a:1": "typed ab 1",
    "typed:a saving failed heard:b:1": "conflict a 0",
    "heard:a:1 typed:ab saving typed:abc saved:ab:2 saving saved:abc:3 saved:ab:2": "kept abc 3",
    "typed:a saving typed:ab conflict:b:1": "conflict ab 0",
    "saving mine theirs": "kept - 0",
}
"""What happens to a note, with its text and version, and what it is then. `_` is a blank."""

NOTE = """(async (cases) => {
    const { EMPTY, next } = await import('/state/note.js');
    const blank = (text) => text.replaceAll('_', ' ');
    const event = (word) => {
        const [type, text = '', version = '0'] = word.split(':');
        const note = { outcome: '', note: blank(text), version: Number(version) };
        return { type, text: { note: note.note }, note, why: 'no' };
    };
    return cases.map((words) => {
        const { state, text, version } = words.split(' ').filter(Boolean).map(event).reduce(next, EMPTY);
        return `${state} ${text.note.replaceAll(' ', '_') || '-'} ${version}`;
    });
})"""

STREAMS = {
    "": ([], ""),
    ": \n\n": ([], ""),
    'id: 7\nevent: call\ndata: {"a": 1}\n\n': ([["7", "call", {"a": 1}]], ""),
    'event: missed\ndata: 3\n\nid: 8\ndata: "half': ([["", "missed", 3]], 'id: 8\ndata: "half'),
    'data: "a: b"\n\n: beat\n\ndata: []\n\n': ([["", "", "a: b"], ["", "", []]], ""),
}
STREAM = """(async (cases) => {
    const { cut } = await import('/state/stream.js');
    return cases.map((text) => {
        const { events, rest } = cut(text);
        return [events.map(({ id, type, data }) => [id, type, data]), rest];
    });
})"""


async def test_notes_and_streams(modules: Page) -> None:
    became = await shown(modules, NOTE, list(NOTES))
    assert dict(zip(NOTES, became, strict=True)) == NOTES
    assert await shown(modules, STREAM, list(STREAMS)) == [list(one) for one in STREAMS.values()]
