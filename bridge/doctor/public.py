"""Checks that the public URL leads to this process, and that requests arrive unchanged."""

import asyncio
import socket
import ssl
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import aiohttp
from aiohttp import hdrs

from bridge.doctor.bridge_address import BridgeAddress
from bridge.doctor.checks import Check, Verdict, error, ok, warning
from bridge.language.phrase import Phrase, phrase
from bridge.network.errors import why
from bridge.settings.types import LOOPBACK

SOON = timedelta(days=14)
TRIES = 4
"""Requests to try: a load balancer can send each to another replica."""

TOKEN = "/api/twilio/token"  # noqa: S105 - a path

PROXY = phrase(
    "Let the proxy pass path and query on unchanged, except for its prefix: docs/how-to/reverse-proxies.md."
)
CERTIFICATE = phrase("Renew the certificate at the proxy; it has to hold for the host of BRIDGE_PUBLIC_URL.")


def checks(
    here: BridgeAddress,
    public: BridgeAddress,
    *,
    signature: Mapping[str, str],
    origins: Collection[str],
) -> Iterator[Check]:
    """The checks of the public URL; `signature` holds the headers of a signed callback to it."""
    found = _Public(here, public, signature, origins)
    reached = ["bridge.running", "public.reaches_us"]
    yield Check("public.dns", found.dns)
    yield Check("public.tls", found.tls, CERTIFICATE, needs=["public.dns"])
    yield Check("public.reaches_us", found.reaches_us, needs=["bridge.running", "public.tls"])
    yield Check("public.signature", found.signature, PROXY, needs=[*reached, "bridge.settings"])
    yield Check("cors.origins", found.origins, needs=[*reached, "bridge.settings"])


class _Public:
    """The bridge at its local address, and at its public URL."""

    def __init__(
        self,
        here: BridgeAddress,
        public: BridgeAddress,
        signature: Mapping[str, str],
        origins: Collection[str],
    ) -> None:
        self._here = here
        self._public = public
        self._url = public.url
        self._signature = signature
        self._origins = origins

    async def reaches_us(self) -> Verdict:
        """Whether this process answers at the public URL."""
        here = await self._here.instance()
        answered = {await self._public.instance() for _ in range(TRIES)}
        fix = phrase(
            "Make {url} lead to {here}, from this machine, too: the reverse proxy has to run and pass "
            "requests on, and DNS has to name its host.",
            url=self._url,
            here=self._here.url,
        )
        if answered == {None}:
            return error(phrase("No bridge answers at {url}.", url=self._url), fix)
        if here not in answered:
            return error(
                phrase(
                    "Another bridge than the one at {here} answers at {url}.",
                    here=self._here.url,
                    url=self._url,
                ),
                fix,
            )
        return ok(phrase("{url} leads to this bridge.", url=self._url))

    async def dns(self) -> Verdict:
        """Whether DNS resolves the host, as seen from this machine."""
        host = urlsplit(self._url).hostname or ""
        try:
            await asyncio.get_running_loop().getaddrinfo(host, None)
        except (socket.gaierror, UnicodeError) as unknown:
            reason = why(unknown) if isinstance(unknown, OSError) else phrase("that is no name")
            return error(
                phrase("{host} leads nowhere: {reason}.", host=host, reason=reason),
                phrase("Let DNS lead it to the proxy, or fix BRIDGE_PUBLIC_URL."),
            )
        return ok(phrase("{host} has an address.", host=host))

    async def tls(self) -> Verdict:
        """Whether browsers and Twilio trust the certificate, and for how long."""
        parts = urlsplit(self._url)
        host = parts.hostname or ""
        if parts.scheme != "https":
            fix = phrase("Put a TLS proxy before the bridge, and set BRIDGE_PUBLIC_URL to https://…")
            unsafe = phrase(
                "The public URL is http: tokens can be read on the way, and browsers give no microphone."
            )
            return warning(unsafe, fix) if host in LOOPBACK else error(unsafe, fix)
        context = self._public.trust or ssl.create_default_context()
        try:
            ends = await certificate_end(host, parts.port or 443, context)
        except ssl.SSLError as refused:
            reason = str(getattr(refused, "verify_message", None) or refused.reason)
            return error(
                phrase(
                    "The certificate of {host} is not trusted: {reason}.",
                    host=host,
                    reason=reason.rstrip("."),
                ),
                CERTIFICATE,
            )
        except OSError as away:
            return error(
                phrase("{host} cannot be reached: {reason}.", host=host, reason=why(away)),
                _nearest_cause(away, parts.port or 443),
            )
        return certificate(ends, datetime.now(UTC))

    async def signature(self) -> Verdict:
        """Whether a signed request arrives unchanged."""
        unsigned = await self._public.callback()
        signed = await self._public.callback(signature=self._signature)
        if (unsigned, signed) == (403, 400):
            return ok(phrase("Signed requests arrive as they were signed; unsigned ones are refused."))
        if signed == 403:
            return error(
                phrase(
                    "Through the proxy a valid signature does not verify: path, query or body arrive changed."
                ),
                PROXY,
            )
        return error(
            phrase(
                "A signed form is answered {signed}, an unsigned one {unsigned}; not 400 and 403.",
                signed=signed,
                unsigned=unsigned,
            ),
            PROXY,
        )

    async def origins(self) -> Verdict:
        """Whether browsers let the configured pages request tokens and use the microphone."""
        refused = [origin for origin in sorted(self._origins) if not await self._may_ask(origin)]
        if refused:
            return error(
                phrase(
                    "Browsers keep pages of {origins} from requesting tokens.", origins=", ".join(refused)
                ),
                phrase(
                    "Let the proxy pass OPTIONS and the Access-Control headers on, and add none of its own."
                ),
            )
        plain = [
            o for o in sorted(self._origins) if o.startswith("http:") and urlsplit(o).hostname not in LOOPBACK
        ]
        if plain:
            return warning(
                phrase("Pages of {origins} get no microphone: they are not https.", origins=", ".join(plain)),
                phrase("Serve them by https, and change cors.origins (or twenty.public_url)."),
            )
        return ok(phrase("Pages of {origins} can request tokens.", origins=", ".join(sorted(self._origins))))

    async def _may_ask(self, origin: str) -> bool:
        preflight = {
            hdrs.ORIGIN: origin,
            hdrs.ACCESS_CONTROL_REQUEST_METHOD: "POST",
            hdrs.ACCESS_CONTROL_REQUEST_HEADERS: "authorization,content-type",
        }
        try:
            async with self._public.session.options(
                f"{self._url}{TOKEN}", headers=preflight, ssl=self._public.trust or True
            ) as answer:
                allowed = answer.headers.getall(hdrs.ACCESS_CONTROL_ALLOW_ORIGIN, [])
                return answer.ok and allowed == [origin]
        except (aiohttp.ClientError, OSError):
            return False


def certificate(ends: datetime, now: datetime) -> Verdict:
    """Whether a trusted certificate expires soon."""
    reason = phrase("The certificate holds until {ends:%Y-%m-%d}.", ends=ends)
    return warning(reason, CERTIFICATE) if ends < now + SOON else ok(reason)


async def certificate_end(host: str, port: int, context: ssl.SSLContext) -> datetime:
    """Until when the certificate of a host is valid. Raises OSError, and ssl.SSLError where it is not."""
    _, writer = await asyncio.open_connection(host, port, ssl=context)
    try:
        not_after = writer.get_extra_info("peercert")["notAfter"]
    finally:
        writer.close()
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(not_after), UTC)


def _nearest_cause(away: OSError, port: int) -> Phrase:
    if isinstance(away, ConnectionRefusedError):
        return phrase(
            "Start the reverse proxy: the host answers, and no server listens on its port {port}.", port=port
        )
    return phrase("Let DNS lead the host to the reverse proxy, and its firewall pass port {port}.", port=port)
