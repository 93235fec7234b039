"""A dashboard of calls, where the workspace's version places its charts as the bridge knows it.

Up to 2.35 a chart takes `gridPosition`; later versions have another way, of which nothing is recorded: there
no dashboard is made. `PAST_30_DAY` leaves today out, so that today has numbers of its own.
"""

import json
from collections.abc import Iterator, Mapping
from enum import Enum, auto
from typing import Any

from msgspec import Struct

from bridge.language.phrase import phrase
from bridge.twenty.client.client import Executes
from bridge.twenty.provision.accepted import Accepted
from bridge.twenty.provision.objects import OBJECT, THE_OBJECT
from bridge.twenty.provision.plan import MADE, Mutation, Permission, Step, derived_id, made_by
from bridge.twenty.provision.there import Object

TITLE = OBJECT["labelPlural"]
THE_DASHBOARD = phrase("the dashboard “{title}”", title=TITLE)
NEEDED = ("status", "startedAt", "durationInSeconds", "agent")

NOT_POSSIBLE = phrase(
    "Left out: {dashboard}. This Twenty's CreatePageLayoutWidgetInput has no gridPosition: "
    "how it places charts is not known to this version of the bridge.",
    dashboard=THE_DASHBOARD,
)

Chart = dict[str, Any]


class GridPlace(Struct, frozen=True):
    """A rectangle of the grid, which has twelve columns."""

    row: int
    column: int
    rows: int
    columns: int

    @property
    def grid(self) -> dict[str, int]:
        """As Twenty has it."""
        return {"row": self.row, "column": self.column, "rowSpan": self.rows, "columnSpan": self.columns}


class NewWidget(Struct, frozen=True):
    """A chart of an object's records."""

    title: str
    object_id: str
    place: GridPlace
    configuration: Chart


def is_possible(known: Accepted) -> bool:
    """Whether a chart can be placed."""
    return known.has("CreatePageLayoutWidgetInput", "gridPosition")


def id_of(phone_call: Object) -> str:
    """The same in every run, so that one that a user has renamed or deleted is found again."""
    return derived_id(phone_call.id, "dashboard")


class Existing(Enum):
    """How a dashboard that was made stands; Twenty destroys a deleted one after some days."""

    SHOWN = auto()
    DELETED = auto()


async def existing(client: Executes, phone_call: Object) -> Existing | None:
    """How it stands; None where there is none. Raises TwentyError."""
    answer = await client.execute("ExistingDashboards", ids=[id_of(phone_call)], first=1)
    found = next((edge["node"] for edge in answer["dashboards"]["edges"]), None)
    return found and (Existing.DELETED if found["deletedAt"] else Existing.SHOWN)


def restore(phone_call: Object) -> Step:
    """The step that restores one that a user deleted."""
    restoring = Mutation("RestoreDashboard", {"id": id_of(phone_call)}, of_records=True)
    sentence = phrase("restore {dashboard}", dashboard=THE_DASHBOARD)
    return Step(sentence, Permission.LAYOUTS, (restoring,), once="dashboard")


def create(phone_call: Object, task: Object | None, *, call_back: str) -> list[Step]:
    """The step that makes it; `call_back` is what the titles of call-back tasks have in common."""
    if any(name not in phone_call.by_name for name in NEEDED):
        return []
    layout = Mutation("CreatePageLayout", {"input": {"name": TITLE, "type": "DASHBOARD"}})
    given = {"title": TITLE, "position": 0, "pageLayoutId": MADE, "layoutMode": "GRID"}
    tab = Mutation("CreatePageLayoutTab", {"input": given})
    record = {"id": id_of(phone_call), "title": TITLE, "pageLayoutId": MADE}
    return [
        Step(
            phrase(
                "make {dashboard}: calls per day, by outcome, by agent, missed and not called back",
                dashboard=THE_DASHBOARD,
            ),
            Permission.LAYOUTS,
            (
                layout,
                tab,
                *(_creation(one) for one in _widgets(phone_call, task, call_back)),
                Mutation("CreateDashboard", {"data": record}, of_records=True),
            ),
            needs=(THE_OBJECT,),
            undo=Mutation("DestroyPageLayout", {"id": MADE}),
        )
    ]


def _creation(wanted: NewWidget) -> Mutation:
    given = {
        "pageLayoutTabId": made_by(1),
        "title": wanted.title,
        "type": "GRAPH",
        "objectMetadataId": wanted.object_id,
        "gridPosition": wanted.place.grid,
        "configuration": wanted.configuration,
    }
    return Mutation("CreatePageLayoutWidget", {"input": given})


def _widgets(phone_call: Object, task: Object | None, call_back: str) -> Iterator[NewWidget]:
    ids = {name: field.id for name, field in phone_call.by_name.items()}
    today, before = _when(ids, "IS_TODAY", ""), _when(ids, "IS_RELATIVE", "PAST_30_DAY")
    missed = _select(ids["status"], "MISSED", "VOICEMAIL")

    def of_calls(title: str, place: GridPlace, configuration: Chart) -> NewWidget:
        return NewWidget(title, phone_call.id, place, configuration)

    yield of_calls("Calls today", GridPlace(0, 0, 2, 3), _number(ids["status"], today))
    yield of_calls("Missed today", GridPlace(0, 3, 2, 3), _number(ids["status"], missed, today))
    if task and {"status", "title"} <= task.by_name.keys():
        open_ = _select(task.by_name["status"].id, "TODO")
        named = _filter(task.by_name["title"].id, "TEXT", "CONTAINS", call_back)
        number = _number(task.by_name["status"].id, open_, named)
        yield NewWidget("Missed and not called back", task.id, GridPlace(0, 6, 2, 3), number)
    mean = {**_number(ids["durationInSeconds"], before), "aggregateOperation": "AVG", "suffix": " s"}
    yield of_calls("Mean duration, 30 days before today", GridPlace(0, 9, 2, 3), mean)
    yield of_calls(
        "Calls per day, by outcome (30 days before today)",
        GridPlace(2, 0, 6, 6),
        _per_day(ids, before),
    )
    yield of_calls("Calls by agent (30 days before today)", GridPlace(2, 6, 6, 6), _by_agent(ids, before))
    yield of_calls("By outcome (30 days before today)", GridPlace(8, 0, 6, 6), _by_outcome(ids, before))
    yield of_calls(
        "Missed per day (30 days before today)", GridPlace(8, 6, 6, 6), _per_day(ids, missed, before)
    )


def _filter(field_id: str, kind: str, operand: str, value: str) -> Chart:
    return {"fieldMetadataId": field_id, "type": kind, "operand": operand, "value": value}


def _select(field_id: str, *values: str) -> Chart:
    return _filter(field_id, "SELECT", "IS", json.dumps(values))


def _when(ids: Mapping[str, str], operand: str, value: str) -> Chart:
    return _filter(ids["startedAt"], "DATE_TIME", operand, value)


def _counting(field_id: str, kind: str, filters: tuple[Chart, ...]) -> Chart:
    return {
        "configurationType": kind,
        "aggregateFieldMetadataId": field_id,
        "aggregateOperation": "COUNT",
        "filter": {"recordFilters": list(filters)},
    }


def _number(field_id: str, *filters: Chart) -> Chart:
    return _counting(field_id, "AGGREGATE_CHART", filters)


def _per_day(ids: Mapping[str, str], *filters: Chart) -> Chart:
    return {
        **_counting(ids["status"], "BAR_CHART", filters),
        "primaryAxisGroupByFieldMetadataId": ids["startedAt"],
        "primaryAxisDateGranularity": "DAY",
        "primaryAxisOrderBy": "FIELD_ASC",
        "secondaryAxisGroupByFieldMetadataId": ids["status"],
        "groupMode": "STACKED",
        "layout": "VERTICAL",
        "displayLegend": True,
    }


def _by_agent(ids: Mapping[str, str], *filters: Chart) -> Chart:
    return {
        **_counting(ids["status"], "BAR_CHART", filters),
        "primaryAxisGroupByFieldMetadataId": ids["agent"],
        "primaryAxisGroupBySubFieldName": "name.firstName",
        "primaryAxisOrderBy": "VALUE_DESC",
        "layout": "HORIZONTAL",
        "displayDataLabel": True,
    }


def _by_outcome(ids: Mapping[str, str], *filters: Chart) -> Chart:
    return {
        **_counting(ids["status"], "PIE_CHART", filters),
        "groupByFieldMetadataId": ids["status"],
        "orderBy": "VALUE_DESC",
        "showCenterMetric": True,
    }
