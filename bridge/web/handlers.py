"""Types of request handlers."""

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
BodyHandler = Callable[[web.Request, bytes], Awaitable[web.Response]]
FormHandler = Callable[[web.Request, Mapping[str, str]], Awaitable[web.Response]]
