"""A phone whose bridge is killed while its agent types, then stopped in order: nothing typed is lost."""

from functools import partial
from pathlib import Path

from bridge.demo.bridge import WIDGET_KEY, config_with_phones, environment, known_to
from bridge.demo.process import running
from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import TwilioSandbox
from tests.browser import needs_chromium
from tests.databases import begin
from tests.phones.keyboard import Keyboard
from tests.phones.office import office
from tests.phones.test_desk import note_is, note_of, type_note
from tests.phones.test_recovery import HOLDS, JANE
from tests.support import ask, nodes_of, until, unused_port

pytestmark = needs_chromium

NOTES = "{ notes { edges { node { bodyV2 { markdown } } } } }"


async def is_noted_once(twenty: TwentySandbox, text: str) -> None:
    (note,) = nodes_of(await ask(twenty, NOTES))
    assert text in note["bodyV2"]["markdown"]


async def test_a_killed_bridge_loses_nothing_that_is_typed(
    twilio: TwilioSandbox, twenty: TwentySandbox, tmp_path: Path
) -> None:
    config = config_with_phones(twilio).replace("port: 0", f"port: {unused_port()}")
    tmp_path.joinpath("config.yaml").write_text(config)
    begin(tmp_path / "bridge.db")
    twilio.parties[JANE] = HOLDS
    async with (
        running(environment(twilio, twenty, tmp_path), tmp_path) as bridge,
        office(bridge, twilio, tmp_path, WIDGET_KEY) as phones,
    ):
        known_to(twilio, listens_on=bridge.url)
        alice = await phones.online()
        keys = Keyboard(alice.page)
        await alice.call(JANE)
        await alice.in_stage("talking")
        await keys.shortcut(7)
        await keys.type("Wants two")
        await note_is(alice, "kept")
        await keys.type(" or")
        await bridge.kill()
        await keys.type(" three")
        await note_is(alice, "failed")
        await bridge.start()
        await note_is(alice, "kept")
        home = await phones.online(apart=True)
        await home.click("Note and recordings: +33 6 12 34 56 78")
        assert await note_of(home) == "Wants two or three"
        # Stopped in order, the bridge says so on its streams; they go on where they ended.
        assert await bridge.stop() == 0
        await bridge.start()
        await type_note(home, "Wants two or three, by Monday")
        await alice.page.until("document.activeElement.value === 'Wants two or three, by Monday'")
        await alice.click("Hang up")
        await alice.ended("hung_up")
        await until(
            partial(is_noted_once, twenty, "Wants two or three, by Monday"), AssertionError, ValueError
        )
