"""Presses of buttons that move, and what the page says of times, numbers and calls that are over."""

import pytest

from tests.browser import Page, needs_chromium

pytestmark = needs_chromium

BUTTONS = """
    const { ignoreHastyPresses } = await import('/settled.js');
    let now = 1000;
    Date.now = () => now;
    const pressed = [];
    const add = (text) => {
        const card = document.createElement('div');
        card.className = 'card';
        const button = card.appendChild(document.createElement('button'));
        button.textContent = text;
        button.addEventListener('click', () => pressed.push(text));
        document.body.prepend(card);
        return button;
    };
    const press = (button, detail = 1) =>
        button.dispatchEvent(new MouseEvent('click', { detail, bubbles: true, cancelable: true }));
    const after = async (milliseconds) => {
        await new Promise((done) => setTimeout(done));
        now += milliseconds;
    };
    ignoreHastyPresses();
"""


async def told(page: Page, body: str) -> object:
    return await page(f"(async () => {{ {body} }})()")


async def test_a_press_on_what_has_just_moved_under_the_pointer_does_nothing(modules: Page) -> None:
    assert await told(
        modules,
        BUTTONS
        + """
        const first = add('first');
        await after(399);
        press(first);                   // came a moment ago
        await after(1);
        press(first);                   // 1
        const second = add('second');
        await after(300);
        press(first);                   // was moved down a moment ago
        press(second);
        press(first, 0);                // 2: by a key
        await after(100);
        press(second);                  // 3
        second.parentElement.remove();
        await after(100);
        press(first);                   // was moved up
        return pressed;
        """,
    ) == ["first", "first", "second"]


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("en", ["3:53 PM", "Nov 29, 3:53 PM", "Nov 30, 2025, 3:53 PM", "Nov 30, 3:53 PM"]),
        ("fr", ["15:53", "29 nov., 15:53", "30 nov. 2025, 15:53", "30 nov., 15:53"]),
    ],
)
async def test_a_time_has_its_day_and_year_where_they_are_others(
    modules: Page, language: str, shown: list[str]
) -> None:
    words = await told(
        modules,
        f"""
        const {{ dayOf, moment, today }} = await import('/words/say.js');
        (await import('/words/language.js')).choose('{language}');
        today.value = dayOf(new Date('2026-11-30T09:00'));
        const times = ['2026-11-30T15:53', '2026-11-29T15:53', '2025-11-30T15:53'];
        const said = times.map(moment);
        today.value = dayOf(new Date('2026-12-01T00:00'));
        return [...said, moment(times[0])].map((one) => one.replace(/\\s/g, ' '));
        """,
    )
    assert words == shown


async def test_a_withheld_number_is_said_so(modules: Page) -> None:
    numbers = [
        "+33639980001",
        "client:bob",
        "sip:desk@pbx.example",
        "anonymous",
        "+266696687",
        "Restricted",
        "",
    ]
    shown = await told(
        modules,
        f"""
        const {{ shownNumber }} = await import('/words/say.js');
        (await import('/words/language.js')).choose('en');
        return {numbers}.map(shownNumber);
        """,
    )
    assert shown == ["+33639980001", "bob", "sip:desk@pbx.example", *["Withheld number"] * 4]


async def test_the_call_that_ended_last_is_the_newest_that_is_over(modules: Page) -> None:
    assert await told(
        modules,
        """
        const { begin, past, tell } = await import('/store.js');
        const [first, second] = ['+33639980001', '+33639980002']
            .map((number) => begin({ direction: 'in', number }));
        tell(first, { type: 'accept', at: 1 });
        tell(second, { type: 'decline', at: 2 });
        tell(first, { type: 'hangup', at: 3 });
        return past.value.map(({ reason }) => reason);
        """,
    ) == ["hung_up", "declined"]
