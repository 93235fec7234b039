"""The bridge that runs here: there, keeping what it is told, and started with the settings of now."""

from collections.abc import Iterator

from bridge.doctor.asking import Asked
from bridge.doctor.checks import Check, Verdict, error, ok

START = "twenty-bridge serve"
LOG = "Look at database.writable and database.space, and at inbox.not_written in the bridge's log."
RESTART = "Restart the bridge: it reads .env and config.yaml at its start."


def checks(here: Asked, *, app_sid: str, phone_number: str, signature: str) -> Iterator[Check]:
    """Those of the process; `signature` is that of a callback, by these settings."""

    async def running() -> Verdict:
        """Whether a bridge listens where the settings say."""
        if await here.instance() is None:
            return error(f"No bridge listens at {here.url}.", START)
        return ok(f"The bridge listens at {here.url}.")

    async def ready() -> Verdict:
        """Whether it would keep a callback now."""
        told = await here.readiness()
        if told.get("ready"):
            return ok("The bridge keeps callbacks.")
        reasons = ", ".join(told.get("reasons", ["it does not say why"]))
        return error(f"The bridge keeps no callbacks now: {reasons}.", LOG)

    async def settings() -> Verdict:
        """Whether it is the one that these settings make; only of some of them it can be told."""
        told = await here.capabilities()
        other = []
        if told.get("twimlAppSid") != app_sid:
            other.append("TWILIO_APP_SID")
        if told.get("phoneNumber") != phone_number:
            other.append("TWILIO_PHONE_NUMBER")
        # Past the proxy: it is only asked what the process takes for right.
        if await here.callback(signature=signature) == 403:
            other.append("TWILIO_AUTH_TOKEN or BRIDGE_PUBLIC_URL")
        if other:
            return error(f"The running bridge was started with another {', another '.join(other)}.", RESTART)
        return ok("The running bridge has the settings that stand here.")

    yield Check("bridge.running", running, START)
    yield Check("bridge.ready", ready, LOG, needs=["bridge.running"])
    yield Check("bridge.settings", settings, RESTART, needs=["bridge.running"])
