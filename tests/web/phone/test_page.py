"""The phone page's files, as they are served."""

import posixpath
import re
from graphlib import CycleError
from pathlib import Path

import pytest

import bridge
from bridge.web.phone.joining import dense, joined
from tests.web.conftest import Bridge, payload

STATIC = Path(bridge.__file__).parent / "web" / "phone" / "static"
LARGEST = 120_000
LOADED = re.compile(rb'(?:from ?|src=|href=|"src": ?)"([\w./-]+)"')


async def test_the_music_for_those_on_hold_is_served_to_twilio(bridge: Bridge) -> None:
    document = await bridge.twilio("/twilio/hold", payload("browser-out-5-status-completed"))
    assert 'loop="0"' in document.text
    path = document.text.partition("/phone/hold.wav")[1]
    async with bridge.client.get(path) as answer:
        assert (answer.status, answer.content_type) == (200, "audio/x-wav")


async def test_the_page_is_small(bridge: Bridge) -> None:
    """All that a browser loads of it, as it travels; Twilio loads what callers hear."""
    sounds = {one.name for one in (STATIC / "sounds").iterdir()} - {"hold.wav"}
    waiting = ["phone", *(f"phone/sounds/{one}" for one in sorted(sounds))]
    size, seen = 0, set(waiting)
    while waiting:
        path = waiting.pop()
        async with bridge.client.get(f"/{path}") as answer:
            assert answer.status == 200, path
            content = await answer.read()
        size += int(answer.headers["Content-Length"])
        found = [
            posixpath.join("/", posixpath.dirname(path), one.decode()) for one in LOADED.findall(content)
        ]
        new = {posixpath.normpath(one)[1:] for one in found} - seen
        seen |= new
        waiting += new
    assert size < LARGEST
    assert {"phone/main.js", "phone/vendor/twilio.min.js", "phone/icons/icon.svg", "phone/phone.css"} <= seen


async def test_a_module_that_is_joined_is_the_same_by_itself(bridge: Bridge) -> None:
    for source in STATIC.rglob("*.js"):
        path = source.relative_to(STATIC).as_posix()
        async with bridge.client.get(f"/phone/{path}") as answer:
            served = await answer.text()
        if path.startswith("vendor/") or path == "signalling.js":
            assert served == source.read_text()
        else:
            assert "/**" not in served, path
            assert len(served) < 1000 or path == "main.js"


@pytest.mark.parametrize(
    ("header", "language"), [("", "en"), ("de", "en"), ("fr-CA,en;q=0.5", "fr"), ("en;q=0.4,fr;q=0.9", "fr")]
)
async def test_the_manifest_is_in_the_browser_s_language(bridge: Bridge, header: str, language: str) -> None:
    names = {"en": "Phone", "fr": "Téléphone"}
    path = "/phone/manifest.webmanifest"
    async with bridge.client.get(path, headers={"Accept-Language": header}) as answer:
        manifest = await answer.json(content_type=None)
        assert "Accept-Language" in answer.headers["Vary"]
    assert (manifest["lang"], manifest["name"]) == (language, names[language])
    async with bridge.client.get(path) as answer:
        english = await answer.json(content_type=None)
    in_words = {"lang", "name", "short_name"}
    assert {k: v for k, v in manifest.items() if k not in in_words} == {
        k: v for k, v in english.items() if k not in in_words
    }


NEEDED = {
    "main.js": 'import { b as c, a } from "./x/a.js";\nimport * as All from "./x/a.js";\n'
    'import z from "./vendor/z.js";\n'
    "/** Never shown. */\nz(a, c, All.f); // stays\n",
    "x/a.js": 'import { f as g } from "../f.js";\nexport const a = /** @type {any} */ (1);\n'
    "/** @type {\n*/\nexport function b() {\n  return g;\n}\nexport async function f() {}\n",
    "f.js": "export function* f() {}\nexport class F {}\n",
    "alone.js": "/** Not needed by any. */\n",
}


def test_modules_are_joined_in_the_order_of_their_needs() -> None:
    served = joined(NEEDED, "main.js")
    assert served["main.js"].split("\n") == [
        'import * as m0 from "./vendor/z.js";const m1=(()=>{function* f() {}class F {}'
        "return {f, F};})();const m2=(()=>{const {f:g}=m1;const a=(1);function b() {return g;}"
        "async function f() {}return {a, b, f};})();const m3=(()=>{"
        "const {b:c,a}=m2;const All=m2;const z=m0.default;z(a, c, All.f); // stays",
        "return {};})();export {m1, m2, m3};",
    ]
    assert served["x/a.js"] == 'import { m2 } from "../main.js";\nexport const { a, b, f } = m2;\n'
    assert served.keys() == {"main.js", "x/a.js", "f.js"}


def test_modules_that_need_each_other_are_refused() -> None:
    with pytest.raises(CycleError):
        joined(
            {"main.js": 'import { a } from "./a.js";\n', "a.js": 'import { b } from "./main.js";\n'},
            "main.js",
        )


def test_a_style_sheet_travels_without_what_means_nothing() -> None:
    css = """/* Why. */
        .a > :empty, b:hover { content: attr(c) / ""; }
        @media (width > 1px) {
          d { e: f(1px, 2px) }
        }
    """
    assert dense(css) == '.a > :empty,b:hover{content:attr(c) / "";}@media (width > 1px){d{e:f(1px,2px) }}'
