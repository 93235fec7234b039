"""An agent who has no mouse: real keys, as the browser gets them from the system."""

from dataclasses import dataclass

from tests.browser import Page

CONTROL_SHIFT = 2 | 8
"""https://chromedevtools.github.io/devtools-protocol/tot/Input/#method-dispatchKeyEvent"""

VIRTUAL = {"Tab": 9, "Enter": 13, "Escape": 27, " ": 32, "ArrowUp": 38, "ArrowDown": 40, "ArrowRight": 39}

FOCUSED = """(() => {
    const one = document.activeElement;
    return one === document.body ? '' : one.id || one.getAttribute('aria-label') || one.textContent.trim();
})()"""

REACHABLE = """[...document.querySelectorAll('button, input, select, textarea, a[href], summary, audio')]
    .filter((one) => !one.disabled && one.tabIndex >= 0 && one.checkVisibility())"""
MISSED = f"{REACHABLE}.filter((one) => !one.dataset.came).map((one) => one.outerHTML)"


@dataclass
class Keyboard:
    """The keys of a page."""

    page: Page

    async def press(self, key: str, *, code: str = "", modifiers: int = 0) -> None:
        text = {"Enter": "\r", " ": " "}.get(key)
        how = {"key": key, "code": code or key, "modifiers": modifiers}
        how["windowsVirtualKeyCode"] = VIRTUAL.get(key, 0)
        pressed = {"type": "keyDown", "text": text} if text else {"type": "rawKeyDown"}
        await self.page.ask("Input.dispatchKeyEvent", **pressed, **how)
        await self.page.ask("Input.dispatchKeyEvent", type="keyUp", **{**how, "modifiers": 0})

    async def shortcut(self, digit: int, *, key: str | None = None) -> None:
        """As soon as it can be pressed: a button is disabled while what it did last is not answered.

        `key` is what the layout types with that digit; a French one types others than an American one.
        """
        await self.page.until(f"!document.querySelector('[data-key=\"{digit}\"]:disabled')")
        await self.press(key or str(digit), code=f"Digit{digit}", modifiers=CONTROL_SHIFT)

    async def type(self, text: str) -> None:
        await self.page.ask("Input.insertText", text=text)

    async def focus(self, name: str) -> None:
        """Goes to a control, by its id, label or text, with the Tab key alone."""
        seen = []
        for _ in range(80):
            await self.press("Tab")
            seen.append(await self.page(FOCUSED))
            if seen[-1] == name:
                return
        raise AssertionError((name, seen))

    async def reaches_all(self) -> None:
        """Whether the Tab key comes by every control that is shown.

        One that is shown while the focus goes around is reached by another round.
        """
        await self.page("for (const one of document.querySelectorAll('[data-came]')) delete one.dataset.came")
        for _ in range(3):
            await self._goes_around()
            if not (missed := await self.page(MISSED)):
                return
        raise AssertionError(missed)

    async def _goes_around(self) -> None:
        await self.page("document.activeElement.blur()")
        # From where the focus was to the end, and around once; players have several stops each.
        rounds = 0
        while rounds < 2:
            await self.press("Tab")
            rounds += await self.page(
                "(document.activeElement.dataset.came = '1', document.activeElement === document.body)"
            )
