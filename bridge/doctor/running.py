"""Checks the running bridge: it listens, stores callbacks, and was started with the present settings."""

from collections.abc import Iterator, Mapping

from bridge.doctor.bridge_address import BridgeAddress
from bridge.doctor.checks import Check, Verdict, error, ok, warning
from bridge.errors import Standby, TwentyQuotaExhausted
from bridge.language.phrase import joined, phrase, verbatim
from bridge.web.authentication.client_address import UnnamedProxy

START = verbatim("twenty-bridge serve")
LOG = phrase("Look at database.writable and database.space, and at inbox.not_written in the bridge's log.")
QUOTA = TwentyQuotaExhausted.code
FREE_RECORDS = phrase(
    "Destroy records that the workspace does not need, or raise its quota; the bridge goes on by itself."
)
WAITS = phrase("Look at worker.waits in the bridge's log; docs/reference/http.md has the reasons.")
UNNAMED = phrase(
    "The bridge stores callbacks. All its requests come from one private address, and "
    "server.trusted_proxies names no proxy: all clients count as one."
)
NAME_IT = phrase(
    "Set server.trusted_proxies to the proxy's address: {code} in the log has it.", code=UnnamedProxy.code
)
RESTART = phrase(
    "Restart the bridge: it reads .env and config.yaml at its start. Or run doctor with the "
    "environment that the bridge has, such as in its container."
)


def checks(
    here: BridgeAddress, *, app_sid: str, phone_number: str, signature: Mapping[str, str], digest: str
) -> Iterator[Check]:
    """The checks of the process.

    `signature` holds the headers of a signed callback, `digest` is that of the present settings.
    """
    bridge = _Running(here, app_sid=app_sid, phone_number=phone_number, signature=signature, digest=digest)
    yield Check("bridge.running", bridge.running, START)
    yield Check("bridge.ready", bridge.ready, LOG, needs=["bridge.running"])
    yield Check("bridge.settings", bridge.settings, RESTART, needs=["bridge.running"])


class _Running:
    """The process where the settings say, and the settings that it should have."""

    def __init__(
        self,
        here: BridgeAddress,
        *,
        app_sid: str,
        phone_number: str,
        signature: Mapping[str, str],
        digest: str,
    ) -> None:
        self._here = here
        self._app_sid = app_sid
        self._phone_number = phone_number
        self._signature = signature
        self._digest = digest

    async def running(self) -> Verdict:
        """Whether a bridge listens where the settings say."""
        if await self._here.instance() is None:
            return error(phrase("No bridge listens at {url}.", url=self._here.url), START)
        return ok(phrase("The bridge listens at {url}.", url=self._here.url))

    async def ready(self) -> Verdict:
        """Whether the bridge can store a callback now."""
        answer = await self._here.readiness()
        codes = [str(code) for code in answer.get("reasons", ())]
        reasons = ", ".join(codes) or phrase("it does not say why")
        if not answer.get("ready"):
            return error(phrase("The bridge cannot store callbacks now: {reasons}.", reasons=reasons), LOG)
        if QUOTA in codes:
            return error(
                phrase("The bridge stores callbacks, but Twenty accepts no more records."), FREE_RECORDS
            )
        if waits := [code for code in codes if code not in (Standby.code, UnnamedProxy.code)]:
            return warning(
                phrase(
                    "The bridge stores callbacks, but writes none to Twenty now: {reasons}.",
                    reasons=", ".join(waits),
                ),
                WAITS,
            )
        if UnnamedProxy.code in codes:
            return warning(UNNAMED, NAME_IT)
        return ok(phrase("The bridge stores callbacks."))

    async def settings(self) -> Verdict:
        """Whether the bridge was started with the present settings; names some of those that differ."""
        if await self._here.settings_digest() == self._digest:
            return ok(phrase("The running bridge has the present settings."))
        capabilities = await self._here.capabilities()
        other: list[str] = []
        if capabilities.get("twimlAppSid") != self._app_sid:
            other.append("TWILIO_APP_SID")
        if capabilities.get("phoneNumber") != self._phone_number:
            other.append("TWILIO_PHONE_NUMBER")
        # Sent to the process itself, so that no proxy can change what is signed.
        if await self._here.callback(signature=self._signature) == 403:
            other.append(phrase("TWILIO_AUTH_TOKEN or BRIDGE_PUBLIC_URL"))
        if other:
            return error(
                phrase(
                    "The running bridge was started with another {names}.",
                    names=joined(phrase(", another "), other),
                ),
                RESTART,
            )
        return error(
            phrase("The running bridge was started with settings other than the present ones."), RESTART
        )
