"""Types of request handlers, and the name of a request's route."""

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
BodyHandler = Callable[[web.Request, bytes], Awaitable[web.Response]]
FormHandler = Callable[[web.Request, Mapping[str, str]], Awaitable[web.Response]]

NO_ROUTE = "none"
"""The route of unknown paths, which a client can invent without limit."""


def route_of(request: web.Request) -> str:
    """The route with its placeholders, never the path itself, which can contain a phone number."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else NO_ROUTE
