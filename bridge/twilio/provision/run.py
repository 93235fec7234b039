"""Reads an account, and carries out a plan."""

from collections.abc import Callable, Mapping, Sequence

import structlog

from bridge.errors import BridgeError, CannotWrite
from bridge.language.phrase import phrase
from bridge.twilio.provision.plan import There
from bridge.twilio.provision.steps import Attach, ChangeApplication, MakeApplication, MakeKey, Remember, Step
from bridge.twilio.rest.account import AccountRest

log = structlog.get_logger()

Keep = Callable[[Mapping[str, str]], None]
"""Writes variables into `.env`; raises CannotWrite."""


async def look(account: AccountRest) -> There:
    """Reads the account's TwiML Apps and numbers; raises TwilioError."""
    return There(
        applications=await account.applications(),
        numbers=await account.numbers(),
    )


async def carry_out(
    account: AccountRest,
    steps: Sequence[Step],
    *,
    app_sid: str | None,
    keep: Keep,
    tell: Callable[[str], None],
) -> None:
    """Carries out the steps in order and reports each.

    `app_sid` is the existing application, to which numbers are attached. Raises TwilioError or CannotWrite at
    the first step that fails.
    """
    for step in steps:
        match step:
            case MakeApplication():
                made = await account.create_application(step.name, step.urls)
                app_sid = made.sid
                keep({"TWILIO_APP_SID": app_sid})
            case ChangeApplication():
                app_sid = step.application.sid
                await account.update_application(app_sid, step.urls)
            case MakeKey():
                await _make_key(account, step.name, keep)
            case Attach():
                await account.attach(step.number.sid, _known(app_sid))
            case Remember():
                app_sid = step.value if step.variable == "TWILIO_APP_SID" else app_sid
                keep({step.variable: step.value})
        tell(phrase("done: {step}", step=next(step.lines())))


async def _make_key(account: AccountRest, name: str, keep: Keep) -> None:
    key = await account.create_key(name)
    try:
        keep({"TWILIO_API_KEY": key.sid, "TWILIO_API_SECRET": key.secret})
    except CannotWrite:
        # The secret was not saved, and Twilio does not show it again.
        await account.delete_key(key.sid)
        raise


def _known(app_sid: str | None) -> str:
    if app_sid is None:
        raise BridgeError(phrase("No TwiML App to attach numbers to."))
    return app_sid
