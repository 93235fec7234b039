"""What the style sheet makes of long names, and of fields on the page's surfaces."""

import pytest

from tests.browser import Page, needs_chromium

pytestmark = needs_chromium

LOOKS = """(async () => {
    const { html } = await import('/html.js');
    const { render } = await import('/vendor/preact.js');
    const { begin } = await import('/store.js');
    const { Ringing } = await import('/views/ringing.js');
    const style = document.createElement('link');
    const loaded = new Promise((done) => style.addEventListener('load', done));
    document.head.append(Object.assign(style, { rel: 'stylesheet', href: '/phone.css' }));
    await loaded;
    const long = 'Donaudampfschifffahrtsgesellschaft'.repeat(4);
    begin({ direction: 'in', number: '+33639980001', name: long, company: long });
    const fields = html`<div class="card"><input /><select /><textarea /></div>`;
    render(html`<main class="phone"><${Ringing} />${fields}</main>`, document.body);
    const { clientWidth, scrollWidth } = document.documentElement;
    const light = (color) => {
        const parts = color.match(/\\d+/g).map((one) => one / 255)
            .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2] + 0.05;
    };
    const contrast = (one, other) => Math.max(light(one) / light(other), light(other) / light(one));
    const card = getComputedStyle(document.querySelector('.card'));
    const contrasts = [...document.querySelectorAll('input, select, textarea')]
        .map((field) => getComputedStyle(field))
        .flatMap((field) => [card, field].map((on) => contrast(field.borderTopColor, on.backgroundColor)));
    return { cutOff: scrollWidth > clientWidth, contrasts };
})()"""
"""https://www.w3.org/TR/WCAG22/#non-text-contrast and #reflow"""


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_a_long_name_fits_and_fields_have_borders_that_are_seen(modules: Page, theme: str) -> None:
    size = {"width": 320, "height": 640, "deviceScaleFactor": 1, "mobile": False}
    await modules.ask("Emulation.setDeviceMetricsOverride", **size)
    told = [{"name": "prefers-color-scheme", "value": theme}]
    await modules.ask("Emulation.setEmulatedMedia", features=told)
    found = await modules(LOOKS)
    assert not found["cutOff"]
    assert len(found["contrasts"]) == 6
    assert min(found["contrasts"]) >= 3
