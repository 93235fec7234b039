"""Opens what asks Twenty: people, members, users, screen pops; and builds the handler of its webhook."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

from msgspec import Struct

from bridge.inbox.store import Inbox
from bridge.settings import Settings
from bridge.settings.served import agents_of
from bridge.twenty.client.client import TwentyClient, open_client
from bridge.twenty.people.callers import Callers, open_callers
from bridge.twenty.people.directory import Directory
from bridge.twenty.people.members import Members
from bridge.twenty.people.recognition import WAITS_SECONDS, Recognition, open_recognition
from bridge.twenty.people.search import PeopleSearch, open_search
from bridge.twenty.users.sessions import Sessions, open_sessions
from bridge.web.phone.me import WAITS_SECONDS as ME_WAITS_SECONDS
from bridge.web.twenty_webhook import TwentyWebhook


class Workspace(Struct, frozen=True, kw_only=True):
    """What asks Twenty. `refresh_members` reads its members, if that was long ago."""

    client: TwentyClient
    directory: Directory
    members: Members
    callers: Callers
    recognition: Recognition
    sessions: Sessions
    search: PeopleSearch
    refresh_members: Callable[[], Awaitable[None]]

    def forget(self) -> None:
        """Empties the caches of people."""
        self.directory.forget()
        self.callers.forget()


@asynccontextmanager
async def open_workspace(
    settings: Settings, *, recognition_seconds: float = WAITS_SECONDS
) -> AsyncIterator[Workspace]:
    """Opens one session to Twenty for all of them; Twenty is not waited for."""
    several, members = settings.matching.several, Members(agents_of(settings))
    directory = Directory(region=settings.region)
    async with (
        open_client(settings.twenty) as client,
        open_recognition(
            client, directory, members, several=several, within=recognition_seconds
        ) as recognition,
        open_callers(client, directory, twenty_url=settings.twenty.pages, several=several) as callers,
        open_sessions(settings.twenty, client) as sessions,
        open_search(settings.twenty, client, region=settings.region) as search,
    ):
        yield Workspace(
            client=client,
            directory=directory,
            members=members,
            callers=callers,
            recognition=recognition,
            sessions=sessions,
            search=search,
            refresh_members=partial(members.refresh, client.interactive(within=ME_WAITS_SECONDS)),
        )


def webhook_of(settings: Settings, inbox: Inbox, workspace: Workspace) -> TwentyWebhook:
    """The handler of Twenty's webhook."""
    return TwentyWebhook(
        inbox,
        secrets=[secret.get_secret_value() for secret in settings.twenty.webhook_secret],
        region=settings.region,
        late=timedelta(days=settings.matching.late_days),
        forget=workspace.forget,
        erases=settings.transcripts.erase_with_call,
    )
