"""The routes of the pages."""

from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from aiohttp import web

from bridge.sandbox.twenty.errors import ApiError
from bridge.sandbox.twenty.metadata.applications import pinned
from bridge.sandbox.twenty.model import Row
from bridge.sandbox.twenty.pages import calls, people, reading
from bridge.sandbox.twenty.pages.commands import COMPONENTS, buttons
from bridge.sandbox.twenty.pages.html import Html
from bridge.sandbox.twenty.pages.reading import ask, nodes
from bridge.sandbox.twenty.workspace import Workspace

PEOPLE_SHOWN = 100
# Pages show what strangers said on the telephone; a browser shall run nothing of it.
_HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'"}


def _html(page: Html) -> web.Response:
    return web.Response(text=page, content_type="text/html", headers=_HEADERS)


def _words(row: Row) -> str:
    return people.RELATED if row["name"] == "recordLinked" else str(row["label"])


@dataclass(frozen=True)
class Pages:
    """Handlers of the HTML pages."""

    workspace: Workspace

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self.people),
            web.get("/people/{id}", self.person),
            web.get("/calls", self.calls),
            web.get("/calls/{id}", self.call),
            # Where Twenty itself has them: links of the bridge lead there.
            web.get("/objects/people", self.people),
            web.get("/object/person/{id}", self.person),
            web.get("/objects/phoneCalls", self.calls),
            web.get("/object/phoneCall/{id}", self.call),
            web.get("/object/company/{id}", self.company),
            web.get("/sandbox/style.css", self.style),
            web.get("/sandbox/panel.js", self.panel),
            web.get(f"{COMPONENTS}/{{id}}.mjs", self.component),
        ]

    async def people(self, _: web.Request) -> web.Response:
        found = await ask(self.workspace, reading.PEOPLE, first=PEOPLE_SHOWN)
        return _html(people.people_page(nodes(found), found["totalCount"], now=datetime.now(UTC)))

    async def person(self, request: web.Request) -> web.Response:
        person_id = request.match_info["id"]
        person = await self._single(reading.PERSON, person_id)
        rows = await ask(self.workspace, reading.TIMELINE, filter={"targetPersonId": {"eq": person_id}})
        page = people.person_page(
            person,
            nodes(rows),
            nodes(await self._calls({"personId": {"eq": person_id}})),
            self._buttons("person", person_id),
            catalog=self.workspace.schema.catalog,
            types={row["id"]: _words(row) for row in self.workspace.rows.all("timelineActivityType")},
            tab=request.query.get("tab", "timeline"),
            now=datetime.now(UTC),
        )
        return _html(page)

    async def calls(self, _: web.Request) -> web.Response:
        found = await self._calls(None)
        return _html(calls.calls_page(nodes(found), found["totalCount"]))

    async def call(self, request: web.Request) -> web.Response:
        if not self._has_calls:
            raise web.HTTPNotFound
        call = await self._single(reading.CALL, request.match_info["id"])
        commands = self._buttons("phoneCall", call["id"])
        return _html(calls.call_page(call, commands, now=datetime.now(UTC)))

    async def company(self, request: web.Request) -> web.Response:
        company = await self._single(reading.COMPANY, request.match_info["id"])
        found = await ask(self.workspace, reading.PEOPLE_OF, filter={"companyId": {"eq": company["id"]}})
        commands = self._buttons("company", company["id"])
        return _html(people.company_page(company, nodes(found), commands, now=datetime.now(UTC)))

    def _buttons(self, object_name: str, record_id: str) -> list[Html]:
        rows = self.workspace.rows
        return buttons(rows, pinned(rows, object_name), record_id)

    async def panel(self, _: web.Request) -> web.Response:
        text = (files(__package__) / "panel.js").read_text("utf-8")
        return web.Response(text=text, content_type="text/javascript")

    async def component(self, request: web.Request) -> web.Response:
        found = self.workspace.rows.get("frontComponent", request.match_info["id"])
        if found is None:
            raise web.HTTPNotFound
        return web.Response(text=found["source"], content_type="text/javascript")

    async def style(self, _: web.Request) -> web.Response:
        text = (files(__package__) / "style.css").read_text("utf-8")
        return web.Response(text=text, content_type="text/css")

    @property
    def _has_calls(self) -> bool:
        """Whether `phoneCall` is there already: the bridge may have still to make it."""
        call = self.workspace.schema.catalog.by_name.get("phoneCall")
        return call is not None and {"startedAt", "personId"} <= {*call.fields, *call.joins}

    async def _calls(self, given: Any) -> Any:
        if not self._has_calls:
            return {"totalCount": 0, "edges": []}
        return await ask(self.workspace, reading.CALLS, filter=given)

    async def _single(self, query: str, record_id: str) -> Any:
        try:
            return await ask(self.workspace, query, id=record_id)
        except ApiError:
            raise web.HTTPNotFound from None
