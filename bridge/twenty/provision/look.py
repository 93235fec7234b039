"""What calls look like in Twenty: views, pages, sidebar. Reads each, and carries out what is missing."""

from collections.abc import Mapping

from msgspec import Struct

from bridge.language.phrase import Phrase, phrase
from bridge.twenty.provision import columns, page, predicted, read, sidebar, tabs, views
from bridge.twenty.provision.objects import THE_OBJECT
from bridge.twenty.provision.plan import Permission, Step
from bridge.twenty.provision.run import Run
from bridge.twenty.provision.tabs import NewTab
from bridge.twenty.provision.there import Object, PageLayout, View

ON_PAGES = ("person", "company")
"""The objects whose pages have a tab with their calls; the call's relation has the object's name."""

OWNERS = {"person": phrase("a person"), "company": phrase("a company")}
"""Those who call, by their object."""


async def set_look(
    run: Run, phone_call: Object, object_ids: Mapping[str, str], found: tuple[View, ...]
) -> None:
    """Makes of phone calls, whose views are those, what the workspace has of its own objects.

    `phone_call` may be the predicted one; then what would come with it is predicted, too.
    """
    look = Look(run, phone_call, object_ids, found)
    await look.complete_views()
    await look.complete_pages()
    await look.complete_sidebar()


async def views_of(run: Run, phone_call: Object) -> tuple[View, ...] | None:
    """The views of phone calls; None, with the step recorded, where they cannot be read."""
    if phone_call.id == predicted.ID:
        return predicted.VIEWS
    before = Step(phrase("arrange the views of phone calls"), Permission.VIEWS)
    return await run.read(read.views(run.client, phone_call.id), before=before)


class Look(Struct, frozen=True):
    """One run over the look of phone calls, whose views are known."""

    run: Run
    phone_call: Object
    object_ids: Mapping[str, str]
    there: tuple[View, ...]

    async def complete_views(self) -> None:
        """The default view laid out, and further ones; those of tabs come with their tabs."""
        wanted = (views.MISSED, views.MINE)
        for view in wanted:
            self.run.sees(view.key, there=views.is_there(self.there, view, self.phone_call))
        created = [step for view in wanted for step in views.create(self.there, view, self.phone_call)]
        await self.run.carry_out([*columns.lay_out_default(self.there, self.phone_call), *created])

    async def complete_pages(self) -> None:
        """The call's page in groups and with its transcript; tabs on those who call."""
        own = await self._page(self.phone_call.id, owner=phrase("a call"))
        self.run.sees(page.GROUPED, there=page.is_grouped(own, self.there))
        await self.run.carry_out([*page.group(own, self.there, self.phone_call), *self._transcript(own)])
        for name in ON_PAGES:
            if found := await self._page(self.object_ids[name], owner=OWNERS[name]):
                await self.run.carry_out(self._calls_of(name, found))

    async def complete_sidebar(self) -> None:
        """Phone calls where people look for them, and their own below."""
        before = Step(phrase("arrange the sidebar"), Permission.LAYOUTS)
        items = await self.run.read(read.sidebar(self.run.client), before=before)
        if items is None or not views.is_possible(views.MINE, self.phone_call):
            return
        own = self.phone_call.id
        items = predicted.sidebar(items) if own == predicted.ID else items
        my_view_id = views.id_of(views.MINE, self.there, self.phone_call)
        self.run.sees(sidebar.MY_CALLS, there=sidebar.has_view(items, my_view_id))
        steps = sidebar.arrange(items, self.object_ids, phone_call_id=own, my_view_id=my_view_id)
        await self.run.carry_out(steps)

    async def _page(self, object_id: str, *, owner: str) -> PageLayout | None:
        if object_id == predicted.ID:
            return predicted.PAGE
        before = Step(phrase("lay out the page of {owner}", owner=owner), Permission.LAYOUTS)
        reading = read.page(self.run.client, object_id, self.run.accepted)
        return await self.run.read(reading, before=before)

    def _transcript(self, own: PageLayout | None) -> list[Step]:
        field = self.phone_call.by_name.get("transcript")
        if not field:
            return []
        wanted = NewTab(
            "transcript tab",
            phrase("a call"),
            self.phone_call.id,
            "Transcript",
            "IconFileText",
            field.id,
            mode="EDITOR",
        )
        return self._tab(wanted, own, needs=(THE_OBJECT,))

    def _tab(self, wanted: NewTab, found: PageLayout | None, *, needs: tuple[Phrase, ...]) -> list[Step]:
        self.run.sees(wanted.key, there=tabs.is_there(wanted, found))
        return tabs.add(wanted, found, self.run.accepted, needs=needs)

    def _calls_of(self, name: str, found: PageLayout) -> list[Step]:
        """The view and the tab that shows it; without the tab, no user would find the view."""
        field = self.phone_call.by_name.get(name)
        if not field or not field.relation:
            return []
        view = views.on_page_of(name)
        wanted = NewTab(
            view.key,
            OWNERS[name],
            self.object_ids[name],
            tabs.CALLS_TITLE,
            "IconPhone",
            field.relation.target_field_metadata.id,
            mode="TABLE",
            view_id=views.id_of(view, self.there, self.phone_call),
        )
        adding = self._tab(wanted, found, needs=(THE_OBJECT, view.label))
        shown = tuple(mutation for step in adding for mutation in step.mutations)
        return [*views.create(self.there, view, self.phone_call, only_with=shown), *adding]


async def add_phone(run: Run, url: str) -> None:
    """The phone page in the sidebar, for all users."""
    before = Step(phrase("arrange the sidebar"), Permission.LAYOUTS)
    items = await run.read(read.sidebar(run.client), before=before)
    if items is not None:
        run.sees(sidebar.PHONE_PAGE, there=sidebar.has_link(items, url))
        await run.carry_out(sidebar.phone(items, url))
