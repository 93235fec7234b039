"""Lists within composite fields, in both forms."""

import json
from typing import Any

import pytest
from graphql import build_schema, parse, validate
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import TwentyDenied
from bridge.twenty.client.documents import LISTS, text_of
from bridge.twenty.people.lookup import numbers_in
from bridge.twenty.schema.composites import NONE, SCHEMA, Composites, entries

HOME = {"number": "159130001", "callingCode": "+33", "countryCode": "FR"}
TYPES = {
    "typed": {"kind": "NON_NULL", "ofType": {"kind": "LIST", "ofType": {"kind": "OBJECT", "ofType": None}}},
    "bare": {"kind": "SCALAR", "ofType": None},
}


class Workspace:
    """Validates what is selected, as a strict server does."""

    def __init__(self, form: str) -> None:
        self.form = form
        self.sent: list[str] = []
        self.fails: dict[str, Exception] = {}

    async def send(
        self, name: str, variables: dict[str, Any], *, bare: frozenset[str] = NONE
    ) -> dict[str, Any]:
        self.sent.append(name)
        if name in self.fails:
            raise self.fails[name]
        if name == SCHEMA:
            fields = [{"name": "additionalPhones", "type": TYPES[self.form]}]
            return {"phones": {"fields": fields}, "links": None}
        query = text_of(name, bare)
        if ("additionalPhones {" in query) != (self.form == "typed"):
            raise TwentyDenied("must have a selection of subfields", code="twenty.schema")
        return {"people": self.form}


@pytest.mark.parametrize("form", ["typed", "bare"])
async def test_each_workspace_gets_its_form_as_soon_as_its_schema_was_read(form: str) -> None:
    workspace, composites = Workspace(form), Composites()
    await composites.execute(workspace.send, SCHEMA, {})
    for _ in range(2):
        assert await composites.execute(workspace.send, "FindPeople", {}) == {"people": form}
    assert workspace.sent == [SCHEMA, "FindPeople", "FindPeople"]


async def test_before_that_no_look_up_waits_for_it() -> None:
    workspace = Workspace("bare")
    assert await Composites().execute(workspace.send, "FindPeople", {}) == {"people": "bare"}
    assert workspace.sent == ["FindPeople"]


@pytest.mark.parametrize(("before", "after"), [("typed", "bare"), ("bare", "typed")])
async def test_an_upgrade_meanwhile_is_noticed(before: str, after: str) -> None:
    workspace, composites = Workspace(before), Composites()
    await composites.execute(workspace.send, "FindPeople", {})
    workspace.form = after
    assert await composites.execute(workspace.send, "FindPeople", {}) == {"people": after}


async def test_what_is_denied_for_another_reason_is_not_sent_again() -> None:
    workspace, composites = Workspace("bare"), Composites()
    workspace.fails["FindPeople"] = TwentyDenied("no people", code="twenty.schema")
    with pytest.raises(TwentyDenied, match="no people"):
        await composites.execute(workspace.send, "FindPeople", {})
    assert workspace.sent == ["FindPeople", SCHEMA]


@pytest.mark.parametrize("additional", [[HOME], json.dumps([HOME])])
def test_both_shapes_are_read(additional: object) -> None:
    assert numbers_in({"additionalPhones": additional}, region="GB") == {"+33159130001"}


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(HOME)), inner),
    max_leaves=8,
)


@given(ODD)
def test_no_shape_is_too_odd(told: object) -> None:
    for shape in (told, json.dumps(told), str(told)):
        assert all("number" in one or not one.get("number") for one in entries(shape))
        numbers_in({"additionalPhones": shape}, region="FR")


@pytest.mark.parametrize("bare", [NONE, LISTS])
def test_each_form_holds_by_its_schema(bare: frozenset[str]) -> None:
    entry = "JSON" if bare else "[Entry]"
    schema = build_schema(
        f"type Query {{ phones: Phones }} scalar JSON type Phones {{ additionalPhones: {entry} }}"
        " type Entry { number: String callingCode: String countryCode: String }"
    )
    query = text_of("FindPeople", bare)
    selected = query[query.index("additionalPhones") : query.index("}", query.index("additionalPhones"))]
    closed = selected.partition("\n")[0] if bare else f"{selected} }}"
    assert validate(schema, parse(f"{{ phones {{ {closed} }} }}")) == []
