"""Parameters of a request, held to what the API describes."""

from collections.abc import Iterable

from aiohttp import web
from multidict import MultiMapping

from bridge.sandbox.twilio.errors import RestError

PAGING = frozenset({"PageSize", "Page", "PageToken"})


async def read_form(request: web.Request, known: Iterable[str]) -> dict[str, str]:
    """The parameters of a POST; a name that the API does not have is refused, for it is a mistake."""
    form = await request.post()
    _refuse_unknown(form, known)
    return {name: str(value) for name, value in form.items()}


async def read_list(request: web.Request, name: str) -> list[str]:
    """All values of a repeated parameter."""
    form = await request.post()
    return [word for value in form.getall(name, []) for word in str(value).split()]


def read_query(request: web.Request, known: Iterable[str]) -> dict[str, str]:
    """The filters of a list."""
    _refuse_unknown(request.query, PAGING.union(known))
    return {name: value for name, value in request.query.items() if name not in PAGING}


def _refuse_unknown(given: MultiMapping[object], known: Iterable[str]) -> None:
    if unknown := set(given).difference(known):
        raise RestError(400, 20001, ", ".join(sorted(unknown)))
