"""Typing commands, and an inbox for them to look into."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from contextlib import chdir
from pathlib import Path
from typing import TypeVar

from typer.testing import CliRunner, Result

from bridge.cli import app
from bridge.errors import BridgeError
from bridge.inbox.store import Inbox, open_inbox
from tests.databases import begin

T = TypeVar("T")

SETTINGS = {
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "an-auth-token",
    "TWILIO_API_KEY": "SK" + "0" * 32,
    "TWILIO_API_SECRET": "an invented secret of thirty-two characters",
    "TWILIO_APP_SID": "AP" + "0" * 32,
    "TWILIO_PHONE_NUMBER": "+33159130001",
    "TWENTY_API_URL": "http://127.0.0.1:1",
    "TWENTY_API_TOKEN": "key",
    "BRIDGE_PUBLIC_URL": "https://phone.example.com",
    "BRIDGE_FORGET_KEY": "0123456789abcdef",
}


def typed(*words: str, given: str = "") -> tuple[int, str]:
    """The exit status, and what was printed (or the error that `main` prints)."""
    done = CliRunner().invoke(app, words, input=given)
    if isinstance(done.exception, BridgeError):
        return 2, str(done.exception)
    return done.exit_code, done.output


async def typed_in(folder: Path, *words: str, env: Mapping[str, str]) -> Result:
    """A command in a folder, with these variables and no others of ours, beside the test's event loop."""
    ours = ("TWILIO_", "TWENTY_", "BRIDGE_")
    given: dict[str, str | None] = {name: None for name in os.environ if name.startswith(ours)}
    with chdir(folder):
        return await asyncio.to_thread(CliRunner().invoke, app, words, env={**given, **env})


def with_inbox(folder: Path, do: Callable[[Inbox], Awaitable[T]]) -> T:
    """Does something with the inbox of a folder's settings."""

    async def opened() -> T:
        async with open_inbox(f"sqlite+aiosqlite:///{begin(folder / 'data' / 'bridge.db')}") as inbox:
            return await do(inbox)

    return asyncio.run(opened())
