"""The bridge that runs here: whether it does, and whether it keeps what it is told."""

import ssl
from collections.abc import Iterator

import aiohttp

from bridge.doctor.checks import Check, Verdict, error, ok
from bridge.settings import ServerSettings

ANY_HOST = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}  # noqa: S104 - compared with


def checks(server: ServerSettings, session: aiohttp.ClientSession) -> Iterator[Check]:
    """Those of the bridge at the settings' address."""
    here = Here(server, session)
    yield Check("bridge.running", here.running, "twenty-bridge serve")
    yield Check("bridge.ready", here.ready, "Look at the bridge's log.", needs=["bridge.running"])


class Here:
    """Where the settings say that a bridge listens."""

    def __init__(self, server: ServerSettings, session: aiohttp.ClientSession) -> None:
        self.url = f"http://{ANY_HOST.get(server.host, server.host)}:{server.port}"
        self._session = session

    async def instance(self) -> str | None:
        """The name of the bridge that listens; None where there is none."""
        return await instance(self._session, self.url)

    async def running(self) -> Verdict:
        """Whether a bridge listens."""
        if await self.instance() is None:
            return error(f"No bridge listens at {self.url}.", "twenty-bridge serve")
        return ok(f"The bridge listens at {self.url}.")

    async def ready(self) -> Verdict:
        """Whether it would keep a callback now, which it tries."""
        async with self._session.get(f"{self.url}/ready") as answer:
            reasons = ", ".join((await answer.json())["reasons"])
            if answer.status == 200:
                return ok("The bridge keeps callbacks.")
        return error(
            f"The bridge keeps no callbacks now: {reasons}.",
            "Look at database.writable and database.space, and at inbox.not_written in the bridge's log.",
        )


async def instance(
    session: aiohttp.ClientSession, url: str, trust: ssl.SSLContext | None = None
) -> str | None:
    """The name of the bridge that answers at a URL, which each start makes anew; None where none answers."""
    try:
        async with session.get(f"{url}/health", ssl=trust or True) as answer:
            told = await answer.json() if answer.status == 200 else {}
    except (aiohttp.ClientError, OSError, ValueError):
        return None
    return told.get("instance") if isinstance(told, dict) else None
