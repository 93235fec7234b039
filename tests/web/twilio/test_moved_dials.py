"""A leg whose dialled one was moved: Twilio asks about it, also after a restart and by the fallback URL."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bridge.calls.callback import Kind
from bridge.inbox.store import open_inbox
from bridge.twilio import forms
from tests.web.conftest import PUBLIC_URL, OpenBridge

ROOT, CHILD = f"CA{1:032}", f"CA{2:032}"
FORM = {"CallSid": ROOT, "From": "+33612345678", "To": "+33159130001", "CallStatus": "in-progress"}
DIAL = {**FORM, "DialCallSid": CHILD, "DialCallStatus": "completed"}
STEP = "/twilio/dial?step=1"


async def moved(folder: Path, act: str = "move") -> None:
    """The bridge that moved the call was killed before it was asked."""
    async with open_inbox(f"sqlite+aiosqlite:///{folder / 'bridge.db'}") as inbox:
        parameters = {"CallSid": ROOT, "Act": act, "Id": act, "Customer": ROOT, "Child": CHILD}
        await inbox.store(forms.callback(Kind.ACT, "", parameters, received_at=datetime.now(UTC)))


@pytest.mark.parametrize(
    ("path", "form", "goes_on"),
    [
        (STEP, DIAL, True),
        (
            "/twilio/fallback",
            {**FORM, "ErrorCode": "11205", "ErrorUrl": f"{PUBLIC_URL}{STEP}#rc=5&rp=all"},
            True,
        ),
        ("/twilio/fallback", {**FORM, "ErrorUrl": f"{PUBLIC_URL}/twilio/dial?step=transfer"}, True),
        # It has been in the conference, and has left it.
        (
            "/twilio/fallback",
            {**FORM, "ErrorUrl": f"{PUBLIC_URL}/twilio/dial?step=conference&call={ROOT}"},
            False,
        ),
        ("/twilio/fallback", {**FORM, "ErrorUrl": f"{PUBLIC_URL}/twilio/voice"}, False),
        ("/twilio/fallback", {**FORM, "CallSid": CHILD, "ErrorUrl": f"{PUBLIC_URL}{STEP}"}, False),
        ("/twilio/fallback", FORM, False),
    ],
)
async def test_a_leg_follows_the_one_that_was_moved(
    open_bridge: OpenBridge, tmp_path: Path, path: str, form: dict[str, str], *, goes_on: bool
) -> None:
    await moved(tmp_path)
    answer = await (await open_bridge()).twilio(path, form)
    assert (f">{ROOT}</Conference>" in answer.text) is goes_on


async def test_a_dial_after_a_move_that_failed_is_over_where_twilio_knows_of_no_conference(
    open_bridge: OpenBridge, tmp_path: Path
) -> None:
    await moved(tmp_path)
    await moved(tmp_path, "move-failed")
    answer = await (await open_bridge()).twilio(STEP, DIAL)
    assert "Conference" not in answer.text
