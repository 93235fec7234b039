"""An agent who has no mouse: real keys, as the browser gets them from the system."""

import json
from dataclasses import dataclass

from tests.browser import Page

CONTROL_SHIFT = 2 | 8
"""https://chromedevtools.github.io/devtools-protocol/tot/Input/#method-dispatchKeyEvent"""

VIRTUAL = {"Tab": 9, "Enter": 13, "Escape": 27, " ": 32, "ArrowUp": 38, "ArrowDown": 40, "ArrowRight": 39}

NAME = "((one) => one.id || one.getAttribute('aria-label') || one.textContent.trim())"
FOCUSED = f"document.activeElement === document.body ? '' : {NAME}(document.activeElement)"

REACHABLE = """[...document.querySelectorAll('button, input, select, textarea, a[href], summary, audio')]
    .filter((one) => !one.disabled && one.tabIndex >= 0 && one.checkVisibility())"""
COMES = """{
    for (const one of document.querySelectorAll('[data-came]')) delete one.dataset.came;
    document.activeElement.blur();
    globalThis.comes ??= addEventListener('focusin', ({ target }) => { target.dataset.came = '1'; }) ?? true;
}"""
MISSED = f"{REACHABLE}.filter((one) => !one.dataset.came).map((one) => one.outerHTML)"

TAB = {"type": "rawKeyDown", "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": VIRTUAL["Tab"]}
TABS, MOST_TABS = 10, 300
"""Presses before it is looked at what was reached, and in all: players have several stops each."""


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
        """As soon as it can be pressed.

        A button comes with its stage, and is disabled while what it did last is not answered.

        `key` is what the layout types with that digit; a French one types others than an American one.
        """
        await self.page.until(f"!!document.querySelector('[data-key=\"{digit}\"]:enabled')")
        await self.press(key or str(digit), code=f"Digit{digit}", modifiers=CONTROL_SHIFT)

    async def type(self, text: str) -> None:
        await self.page.ask("Input.insertText", text=text)

    async def focus(self, name: str) -> None:
        """Goes to a control that can be reached, by its id, label or text, with the Tab key alone."""
        await self.page.until(f"{REACHABLE}.some((one) => {NAME}(one) === {json.dumps(name)})")
        seen = []
        for _ in range(80):
            await self.press("Tab")
            seen.append(await self.page(FOCUSED))
            if seen[-1] == name:
                return
        raise AssertionError((name, seen))

    async def reaches_all(self) -> None:
        """Whether the Tab key comes by every control that is shown.

        It goes around until it did: one that is shown meanwhile is reached by another round.
        """
        await self.page(COMES)
        for _ in range(MOST_TABS // TABS):
            for _ in range(TABS - 1):
                await self.page.tell("Input.dispatchKeyEvent", **TAB)
            await self.press("Tab")
            if not (missed := await self.page(MISSED)):
                return
        raise AssertionError(missed)
