"""From opening the phone's page to "Online", in Chromium, with the sandboxes on loopback.

`python -m benchmarks.page --json` prints `{"cold_ms", "warm_ms"}`, the medians of five openings each by an
agent who is signed in; `null` without a browser. Cold is without the browser's cache, warm with it. The time
is the page's own, from the beginning of the navigation.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks import command, drain
from bridge.demo import bridge
from bridge.demo.process import running
from bridge.sandbox.twenty import NEWEST, twenty_sandbox
from bridge.sandbox.twilio import twilio_sandbox
from tests.browser import CHROMIUM, close_browsers
from tests.phones.office import Office, Phone, office

OPENINGS = 5
WATCH = """new MutationObserver(() => {
    if (document.querySelector('#stage.ready')) globalThis.readyAfter ??= performance.now();
}).observe(document, { subtree: true, childList: true, attributes: true });"""

Figures = dict[str, float]


async def measure() -> Figures | None:
    """The figures, if there is a browser."""
    if CHROMIUM is None:
        return None
    try:
        async with _phones() as phones:
            alice = await phones.online("alice", script=WATCH)
            return {
                "cold_ms": await _opening(alice, cached=False),
                "warm_ms": await _opening(alice, cached=True),
            }
    finally:
        close_browsers()


@asynccontextmanager
async def _phones() -> AsyncIterator[Office]:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        twenty = await stack.enter_async_context(twenty_sandbox(generation=NEWEST))
        twilio = await stack.enter_async_context(twilio_sandbox())
        folder.joinpath("config.yaml").write_text(bridge.config_with_phones(twilio))
        env = bridge.environment(twilio, twenty, folder)
        await bridge.set_up_twenty(env, folder)
        process = await stack.enter_async_context(running(env, folder))
        yield await stack.enter_async_context(office(process, twilio, folder, bridge.WIDGET_KEY))


async def _opening(phone: Phone, *, cached: bool) -> float:
    """Milliseconds, the median."""
    await phone.page.ask("Network.enable")
    await phone.page.ask("Network.setCacheDisabled", cacheDisabled=not cached)
    took = []
    for _ in range(OPENINGS):
        await phone.reload()
        took.append(float(await phone.page.until("globalThis.readyAfter")))
    return round(median(took))


def show(found: Figures | None) -> None:
    """A line."""
    if found is None:
        print("the page is not measured: there is no Chromium on PATH")
    else:
        print(
            f"page to ready for calls: {found['cold_ms']} ms without its cache, {found['warm_ms']} ms with it"
        )


if __name__ == "__main__":
    drain.quiet()
    command.run(__doc__, measure, show)
