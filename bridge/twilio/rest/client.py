"""A client of Twilio's REST API: calls and recordings, by twilio's own library."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

from bridge.settings import TwilioSettings
from bridge.settings.systems import TwilioAccount
from bridge.twilio.rest.http import Http
from bridge.twilio.rest.login import SECONDS, Login, login_of, open_twilio
from bridge.twilio.rest.resources import (
    CallResource,
    ConferenceResource,
    ParticipantResource,
    RecordingResource,
    call_resource,
    conference_resource,
    participant_resource,
    recording_resource,
)


async def load_client(settings: TwilioAccount, http: Http) -> Any:
    """twilio's own client over our session, for `api.twilio.com`; its `…_async` methods raise TwilioError.

    A thread imports the library, which takes 100 ms and 12 MB.
    """
    module = await asyncio.to_thread(import_module, "twilio.rest")
    client = module.Client(
        settings.account_sid,
        "the session logs in",
        settings.account_sid,
        http_client=http,
        # Of the process's own environment it would take an edge and a region.
        environment={"TWILIO_EDGE": ""},
    )
    client.api.base_url = settings.api_url
    return client


PAUSES = (0.5, 1, 2, 4)
LARGEST_PAGE = 1000


class TwilioRest:
    """The account's calls and recordings; made by `open_rest`. Every method raises TwilioError."""

    def __init__(self, settings: TwilioSettings, http: Http) -> None:
        self._settings = settings
        self._http = http
        self._opened: Any = None
        self._opening = asyncio.Lock()

    @property
    def clock_ahead(self) -> timedelta:
        """How far this machine's clock was ahead of Twilio's at its last answer; zero before the first."""
        return self._http.clock_ahead

    async def library(self) -> Any:
        """twilio's own client, for what has no method here: its `…_async` methods raise TwilioError.

        Loaded at first use.
        """
        async with self._opening:
            if self._opened is None:
                self._opened = await load_client(self._settings, self._http)
        return self._opened

    async def calls(
        self,
        *,
        started_after: datetime | None = None,
        started_before: datetime | None = None,
        parent_sid: str | None = None,
        page_size: int = LARGEST_PAGE,
    ) -> AsyncIterator[CallResource]:
        """The calls that match, the newest first; `started_after` is inclusive, `started_before` is not."""
        client = await self.library()
        stream = await client.calls.stream_async(
            **_given(
                start_time_after=_utc(started_after),
                start_time_before=_utc(started_before),
                parent_call_sid=parent_sid,
            ),
            page_size=page_size,
        )
        async for instance in stream:
            yield call_resource(instance)

    async def call(self, sid: str) -> CallResource:
        """One call."""
        return call_resource(await self._of_call(sid, lambda call: call.fetch_async()))

    async def update_call(
        self, sid: str, *, status: str | None = None, twiml: str | None = None
    ) -> CallResource:
        """Ends a call (`status="completed"`), or redirects it to other TwiML.

        https://www.twilio.com/docs/voice/api/call-resource#update-a-call-resource
        """
        changes = _given(status=status, twiml=twiml)
        return call_resource(await self._of_call(sid, lambda call: call.update_async(**changes)))

    async def recordings(
        self,
        *,
        call_sid: str | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        page_size: int = LARGEST_PAGE,
    ) -> AsyncIterator[RecordingResource]:
        """Recordings of the account or of one call, the newest first; the times are as those of `calls`."""
        client = await self.library()
        stream = await client.recordings.stream_async(
            **_given(
                call_sid=call_sid,
                date_created_after=_utc(created_after),
                date_created_before=_utc(created_before),
            ),
            page_size=page_size,
        )
        async for instance in stream:
            yield recording_resource(instance)

    async def conferences(
        self,
        *,
        name: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        page_size: int = LARGEST_PAGE,
    ) -> AsyncIterator[ConferenceResource]:
        """Conferences of a name, or those created from the day of `since` to that of `until` (UTC).

        Twilio filters by days.
        """
        client = await self.library()
        first = since.astimezone(UTC).date() if since else None
        after = until.astimezone(UTC).date() + timedelta(days=1) if until else None
        stream = await client.conferences.stream_async(
            **_given(friendly_name=name, date_created_after=first, date_created_before=after),
            page_size=page_size,
        )
        async for instance in stream:
            yield conference_resource(instance)

    async def participants(self, conference_sid: str) -> AsyncIterator[ParticipantResource]:
        """Those who are in a conference now; Twilio lists none who has left, and none of one that is over."""
        client = await self.library()
        stream = await client.conferences(conference_sid).participants.stream_async(page_size=LARGEST_PAGE)
        async for instance in stream:
            yield participant_resource(instance)

    async def requested_urls(self, call_sid: str) -> list[str]:
        """The URLs that Twilio requested about a leg; empty until 15 minutes after its end.

        https://www.twilio.com/docs/voice/api/call-event-resource
        """
        events = await self._of_call(
            call_sid, lambda call: call.events.list_async(page_size=LARGEST_PAGE, limit=LARGEST_PAGE)
        )
        requests = [event.request for event in events if isinstance(event.request, dict)]
        return [url for request in requests if isinstance(url := request.get("url"), str)]

    async def start_recording(
        self, call_sid: str, *, channels: str, callback_url: str, events: Sequence[str]
    ) -> RecordingResource:
        """Starts the recording of a call in progress; `channels` is mono or dual."""
        return recording_resource(
            await self._of_call(
                call_sid,
                lambda call: call.recordings.create_async(
                    recording_channels=channels,
                    recording_status_callback=callback_url,
                    recording_status_callback_event=list(events),
                ),
            )
        )

    async def update_recording(self, call_sid: str, status: str, *, sid: str) -> RecordingResource:
        """Pauses (`paused`), resumes (`in-progress`) or stops (`stopped`) a recording in progress."""
        return recording_resource(
            await self._of_call(call_sid, lambda call: call.recordings(sid).update_async(status=status))
        )

    async def delete_recording(self, sid: str) -> None:
        """Deletes a recording and its media."""
        client = await self.library()
        await client.recordings(sid).delete_async()

    async def delete_transcription(self, sid: str) -> None:
        """Deletes a text that `<Record transcribe>` made of a voicemail."""
        client = await self.library()
        await client.transcriptions(sid).delete_async()

    async def _of_call(self, sid: str, ask: Callable[[Any], Awaitable[Any]]) -> Any:
        return await ask((await self.library()).calls(sid))


@asynccontextmanager
async def open_rest(
    settings: TwilioSettings,
    *,
    login: Login | None = None,
    seconds: float = SECONDS,
    pauses: Sequence[float] = PAUSES,
) -> AsyncIterator[TwilioRest]:
    """One session to Twilio's REST API; the library is loaded, and requests are sent, at first use.

    With `login` that of the process, else one of its own.
    """
    async with open_twilio(settings.api_url) as session:
        login = login or login_of(settings, session, seconds=seconds)
        yield TwilioRest(settings, Http(session, login, seconds=seconds, pauses=pauses))


def _given(**parameters: object) -> Mapping[str, Any]:
    return {name: value for name, value in parameters.items() if value is not None}


def _utc(moment: datetime | None) -> datetime | None:
    """In UTC: the library drops the offset."""
    return moment and moment.astimezone(UTC)
