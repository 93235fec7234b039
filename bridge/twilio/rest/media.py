"""The media of recordings, from Twilio or from the storage that the account configured.

https://www.twilio.com/docs/voice/api/recording#fetch-a-recordings-media-file
"""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import hdrs
from yarl import URL

from bridge.calls.recording_links import RECORDING_SID
from bridge.errors import TwilioUnavailable
from bridge.network.client import open_session
from bridge.settings import TwilioSettings
from bridge.twilio.rest.http import CONNECT_SECONDS, error_of, unreachable
from bridge.twilio.rest.login import SECONDS, Login, login_of

GONE = frozenset({403, 404, 410})
MOST_REDIRECTS = 3
LONGEST_SECONDS = 24 * 60 * 60
"""As long as a recording can be: a host that sends a byte now and then holds a listener's place no longer."""
REDIRECTS = frozenset({301, 302, 303, 307, 308})
EXPECTED = frozenset({200, 206, 304, 416})


class Media:
    """Opens media of the account's recordings; made by `open_media`."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        settings: TwilioSettings,
        login: Login,
        hosts: Collection[str],
    ) -> None:
        self._session = session
        self._api = URL(settings.api_url)
        self._account = settings.account_sid
        self._login = login
        self._hosts = tuple(hosts)

    @asynccontextmanager
    async def open(
        self,
        recording_sid: str,
        *,
        method: str,
        headers: Mapping[str, str],
        extension: str = ".mp3",
        channels: int | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer with a recording's media, its body unread; 200, 206, 304 or 416.

        `extension` is .mp3 or .wav, `channels` those of a .wav; unset, as the recording has them.

        Raises TwilioRefused for a recording that is gone, TwilioDenied and TwilioUnavailable.
        """
        if not RECORDING_SID.fullmatch(recording_sid):
            raise error_of(404, "")
        url = self._api / "2010-04-01/Accounts" / self._account / "Recordings" / f"{recording_sid}{extension}"
        url = url.with_query(RequestedChannels=channels) if channels else url
        # An account may demand credentials for media, and they do no harm where it does not.
        authorization = await self._login.authorization()
        asked = {**headers, hdrs.AUTHORIZATION: authorization, hdrs.ACCEPT_ENCODING: "identity"}
        renewed = False
        for _ in range(MOST_REDIRECTS + 1):
            async with self._asking(method, url, asked) as answer:
                if answer.status == 401 and not renewed and self._login.renew(authorization):
                    asked[hdrs.AUTHORIZATION] = await self._login.authorization()
                    renewed = True
                    continue
                if answer.status not in REDIRECTS:
                    yield _accepted(answer, at_twilio=url.host == self._api.host)
                    return
                url = self._followed(url, answer.headers.get(hdrs.LOCATION, ""))
            # The credentials are for Twilio alone; a storage host is authorised by its URL.
            asked.pop(hdrs.AUTHORIZATION, None)
        raise TwilioUnavailable("Twilio redirects without end")

    @asynccontextmanager
    async def _asking(
        self, method: str, url: URL, headers: Mapping[str, str]
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        try:
            answer = await self._session.request(method, url, headers=headers, allow_redirects=False)
        except (aiohttp.ClientError, TimeoutError, OSError) as away:
            raise unreachable(str(url), away) from away
        async with answer:
            yield answer

    def _followed(self, url: URL, location: str) -> URL:
        """The target of a redirect, if it is one of the hosts of Twilio's media."""
        try:
            target = url.join(URL(location))
        except ValueError:
            target = URL()
        known = any(target.host == host or (target.host or "").endswith(f".{host}") for host in self._hosts)
        # A sandbox speaks http, and then at any port.
        encrypted = target.scheme == "https" and target.is_default_port()
        if not known or target.user or not (encrypted or self._api.scheme == "http"):
            raise TwilioUnavailable("Twilio redirects to where no media of its own should be")
        return target


@asynccontextmanager
async def open_media(
    settings: TwilioSettings, *, hosts: Collection[str], login: Login | None = None
) -> AsyncIterator[Media]:
    """A session for media, in which a whole body can take LONGEST_SECONDS.

    With `login` that of the process, else one of its own.
    """
    timeout = aiohttp.ClientTimeout(total=LONGEST_SECONDS, sock_connect=CONNECT_SECONDS, sock_read=SECONDS)
    # The session never retries a request: the listener's player decides about ranges.
    async with open_session(timeout, auto_decompress=False, requote_redirect_url=False) as session:
        yield Media(session, settings, login or login_of(settings, session), hosts)


def _accepted(answer: aiohttp.ClientResponse, *, at_twilio: bool) -> aiohttp.ClientResponse:
    if answer.status in EXPECTED:
        return answer
    # Who keeps media for Twilio says 403 of what is not there; Twilio says it of credentials.
    if answer.status in GONE and not (at_twilio and answer.status == 403):
        raise error_of(404, "")
    raise error_of(answer.status, "")
