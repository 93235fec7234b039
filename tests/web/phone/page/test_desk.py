"""What the desk asks of the bridge, and what it makes of answers that are late, refuse or do not come."""

import pytest

from tests.browser import Page, needs_chromium

pytestmark = needs_chromium

NETWORK = """
    const asked = [];
    globalThis.fetch = (path, { body } = {}) => new Promise((answer, fail) => asked.push({
        path, body: body && JSON.parse(body), fail: () => fail(new TypeError('away')),
        answer: (status, told = {}) => answer(new Response(JSON.stringify(told), { status })),
    }));
    const until = async (is) => {
        for (let tries = 0; !is(); tries += 1) {
            if (tries === 4000) throw new Error(`never: ${is}`);
            await new Promise((done) => setTimeout(done, 5));
        }
    };
"""
"""Requests, which a test answers in the order that it wants."""

NOTES = (
    NETWORK
    + """
    const { me } = await import('/store.js');
    const { draftOf, drafts, forget, restore, save, saveAll, type } = await import('/desk/notes.js');
    const stored = () => JSON.stringify({ ...localStorage });
    const kept = (note, version) => ({ outcome: '', note, version });
    me.value = { identity: 'alice' };
    restore();
    type('CA1', { note: 'a' });
"""
)


async def ran(page: Page, script: str) -> object:
    return await page(f"(async () => {{ {script} }})()")


async def test_a_note_is_tried_until_the_bridge_answers(modules: Page) -> None:
    became = await ran(
        modules,
        NOTES
        + """
        for (let tries = 0; tries < 30; tries += 1) {
            const saving = save('CA1');
            const request = asked.at(-1);
            [request.fail, () => request.answer(503), () => request.answer(429)][tries % 3]();
            await saving;
        }
        const before = [draftOf('CA1').state, asked.length];
        saveAll();
        asked.at(-1).answer(200, kept('a', 1));
        await until(() => draftOf('CA1').state !== 'saving');
        return [...before, asked.length, draftOf('CA1').state];
        """,
    )
    assert became == ["failed", 30, 31, "kept"]


@pytest.mark.parametrize(("status", "tries"), [(400, 1), (403, 1), (413, 1), (404, 13)])
async def test_a_note_that_is_refused_for_good_is_not_tried_again(
    modules: Page, status: int, tries: int
) -> None:
    became = await ran(
        modules,
        NOTES
        + f"""
        for (let tries = 0; tries < 20; tries += 1) {{
            const saving = save('CA1');
            asked.at(-1).answer({status}, {{ detail: 'No.' }});
            await saving;
        }}
        return [asked.length, draftOf('CA1').state, draftOf('CA1').why, stored().includes('CA1')];
        """,
    )
    assert became == [tries, "refused", "No.", True]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("first", [0, 1])
async def test_ones_own_earlier_text_is_no_other_devices(
    modules: Page, order: tuple[int, int], first: int
) -> None:
    became = await ran(
        modules,
        NOTES
        + f"""
        const saves = [save('CA1')];
        type('CA1', {{ note: 'ab' }});
        saves.push(save('CA1', true));
        type('CA1', {{ note: 'abc' }});
        const taken = kept(['a', 'ab'][{first}], 1);
        for (const one of {list(order)}) {{
            asked[one].answer(one === {first} ? 200 : 409, one === {first} ? taken : {{ current: taken }});
            await saves[one];
        }}
        const {{ state, version, theirs = null }} = draftOf('CA1');
        const last = save('CA1');
        const {{ body }} = asked.at(-1);
        asked.at(-1).answer(200, kept('abc', 2));
        await last;
        return [state, version, theirs, body.note, body.version, draftOf('CA1').state];
        """,
    )
    assert became == ["typed", 1, None, "abc", 1, "kept"]


@pytest.mark.parametrize("answer", ["fail()", "answer(200, kept('a', 1))", "answer(403)"])
async def test_an_answer_after_the_desk_is_closed_changes_nothing(modules: Page, answer: str) -> None:
    became = await ran(
        modules,
        NOTES
        + f"""
        const [saving, before] = [save('CA1'), stored()];
        forget();
        asked[0].{answer};
        await saving;
        return [stored() === before, before.includes('CA1'), Object.keys(drafts.value)];
        """,
    )
    assert became == [True, True, []]


async def test_the_person_chosen_last_is_shown(modules: Page) -> None:
    became = await ran(
        modules,
        NETWORK
        + """
        const { choose, chosen, problem, search } = await import('/desk/people.js');
        const choices = ['first', 'refused', 'last'].map(choose);
        asked[2].answer(200, { id: 'last' });
        asked[0].answer(200, { id: 'first' });
        asked[1].answer(503);
        await Promise.all(choices);
        const seen = [chosen.value.id, problem.value];
        const again = choose('away');
        asked[3].fail();
        await again;
        seen.push(problem.value !== null);
        search('');
        return [...seen, problem.value];
        """,
    )
    assert became == ["last", None, True, None]


@pytest.mark.parametrize("status", [401, 403, 404])
@pytest.mark.parametrize("again", ["wake", "signedIn"])
async def test_a_stream_that_was_refused_is_asked_for_again(modules: Page, status: int, again: str) -> None:
    became = await ran(
        modules,
        f"""
        const {{ Stream }} = await import('/desk/stream.js');
        let opened = 0;
        const open = async () => {{ opened += 1; return new Response('', {{ status: {status} }}); }};
        const stream = new Stream({{ open, hear: () => {{}} }});
        const refused = async () => {{
            while (!stream.isRefused) await new Promise((done) => setTimeout(done));
            return opened;
        }};
        stream.start();
        const seen = [await refused()];
        stream.{again}();
        seen.push(await refused());
        stream.stop();
        stream.{again}();
        return [...seen, opened];
        """,
    )
    assert became == [1, 2, 2]


async def test_a_microphone_that_is_allowed_late_is_closed(modules: Page) -> None:
    became = await ran(
        modules,
        """
        const { Meter } = await import('/devices.js');
        const allow = [];
        const stream = () => new AudioContext().createMediaStreamDestination().stream;
        navigator.mediaDevices.getUserMedia = () => new Promise((done) => allow.push(done));
        const meter = new Meter(() => {});
        const streams = [stream(), stream(), stream()];
        const live = () => streams.map((one) => one.getTracks()[0].readyState === 'live');
        const starts = [meter.start(), meter.start()];
        streams.slice(0, 2).forEach((one, which) => allow[which](one));
        await Promise.all(starts);
        const seen = [live()];
        const last = meter.start();
        meter.stop();
        allow[2](streams[2]);
        await last;
        return [...seen, live()];
        """,
    )
    assert became == [[False, True, True], [False, False, False]]


async def test_what_is_heard_while_a_list_is_on_its_way_is_newer_than_the_list(modules: Page) -> None:
    became = await ran(
        modules,
        NETWORK
        + """
        const { hear, hearRecording, lists, load } = await import('/desk/calls.js');
        const one = (sid, recording) => ({
            sid, recording, state: 'talking', direction: 'outbound', ended: false, voicemail: null,
            startedAt: '2026-01-05T09:00:00Z', note: { outcome: '', note: '', version: 0 }, person: null,
        });
        hear(one('CA1', 'paused'));
        const loading = load('recent');
        hearRecording(one('CA1', 'paused'), 'in-progress');
        asked.at(-1).answer(200, { calls: [one('CA1', 'paused'), one('CA2', null)], next: null, missed: 0 });
        await loading;
        const during = lists.recent.value.calls.map(({ recording }) => recording);
        const again = load('recent');
        asked.at(-1).answer(200, { calls: [one('CA1', 'paused')], next: null, missed: 0 });
        await again;
        return [during, lists.recent.value.calls[0].recording];
        """,
    )
    assert became == [["in-progress", None], "paused"]


AVAILABILITY = (
    NETWORK
    + """
    const { availability } = await import('/desk/desk.js');
    const { Availability } = await import('/views/desk/availability.js');
    const { html } = await import('/html.js');
    const { render } = await import('/vendor/preact.js');
    availability.value = { status: 'available', until: null };
    render(html`<${Availability} />`, document.body);
    const field = () => document.querySelector('select');
    const choose = (status) => {
        field().value = status;
        field().dispatchEvent(new Event('change'));
    };
    const told = (place) => asked[place].answer(200, asked[place].body);
    const sent = () => asked.map(({ body }) => body.status);
    const refused = () => document.querySelector('[role=alert]');
    const saving = () => document.querySelector('.availability').ariaBusy;
"""
)


async def test_of_changes_of_availability_the_last_counts(modules: Page) -> None:
    became = await ran(
        modules,
        AVAILABILITY
        + """
        choose('busy');
        await until(() => document.querySelectorAll('select').length === 2);
        choose('available');
        choose('away');
        await until(() => asked.length);
        const before = [sent(), field().value, saving()];
        told(0);
        await until(() => asked.length > 1);
        const between = [sent(), field().value, availability.value.status];
        told(1);
        await until(() => availability.value.status === 'away');
        return [...before, ...between, field().value, saving(), refused()];
        """,
    )
    assert became == [["busy"], "away", "true", ["busy", "away"], "away", "available", "away", "false", None]


async def test_an_availability_that_is_not_taken_is_shown_no_more_and_why(modules: Page) -> None:
    became = await ran(
        modules,
        AVAILABILITY
        + """
        choose('busy');
        await until(() => asked.length);
        choose('away');
        asked[0].answer(503, { detail: 'Away.' });
        await until(() => asked.length > 1);
        const during = [field().value, refused()];
        asked[1].fail();
        await until(refused);
        return [...during, field().value, refused().textContent];
        """,
    )
    assert became == ["away", None, "available", "The bridge does not answer."]
