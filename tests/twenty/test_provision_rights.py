"""Whoever may not do all of it, and whoever only asks what would be done."""

import pytest

from bridge.errors import TwentyDenied
from bridge.sandbox.twenty import TwentySandbox
from bridge.twenty.provision import FIELDS, Provisioned, Result
from bridge.twenty.provision.report import problems
from tests.twenty.provisioning import NOTE, key_that_may, mutations, run, workspace

LOOK = {
    "Views": [
        "lay out the columns of the view “All phone calls”, newest first",
        "create the view “Missed calls”",
        "create the view “My calls”",
        "create the view “Phone calls of a person”",
        "create the view “Phone calls of a company”",
        NOTE,
    ],
    "Layouts": [
        "show the fields of a call in groups: Call, Parties, Recording, System",
        "add the tab “Transcript” to the page of a call",
        "add the tab “Phone calls” to the page of a person",
        "add the tab “Phone calls” to the page of a company",
        "color and place phone calls in the sidebar",
        "add “My calls” to the sidebar",
    ],
    "API keys & webhooks": ["register the webhook to https://phone.example.com/twenty/webhook"],
}


def forbidden(done: Provisioned) -> dict[str, list[str]]:
    """Permission → the steps that lack it."""
    found: dict[str, list[str]] = {}
    for outcome in done.outcomes:
        if outcome.result is Result.FORBIDDEN:
            assert outcome.reason == outcome.step.permission.value
            found.setdefault(outcome.reason, []).append(outcome.step.sentence)
    return found


async def test_a_reading_key_is_told_each_step_and_what_it_takes(twenty: TwentySandbox) -> None:
    before = await workspace(twenty)
    done = await run(twenty, key=twenty.readonly_key)
    named = forbidden(done)
    data_model = named.pop("Data model")
    assert named == LOOK
    assert data_model[0] == "give the object phoneCall its color"
    assert data_model[1].startswith("give icons to the fields externalCallId, direction, ")
    assert not done.complete
    # Once for each permission: what a role lacks, it lacks for the next step, too. Webhooks it cannot read.
    assert mutations(twenty) == ["updateOneObject", "updateView", "upsertFieldsWidget"]
    assert (await workspace(twenty)).objects == before.objects


async def test_without_the_object_a_reading_key_is_told_what_needs_it(bare: TwentySandbox) -> None:
    done = await run(bare, key=bare.readonly_key)
    assert len(forbidden(done)["Data model"]) == 1 + len(FIELDS) + 1
    waiting = {o.step.sentence: o.reason for o in done.outcomes if o.result is Result.WAITING}
    assert waiting == dict.fromkeys(LOOK["Views"] + LOOK["Layouts"], "needs the object phoneCall")
    assert mutations(bare) == ["createOneObject"]
    told = list(problems(done))
    assert "Settings permissions → Data model, API keys & webhooks;" in told[0]
    assert told[1] == "What was left out takes Views, Layouts."


@pytest.mark.parametrize(
    ("flags", "lacking", "waiting"),
    [
        (("DATA_MODEL", "VIEWS"), ("Layouts", "API keys & webhooks"), ()),
        (
            ("DATA_MODEL", "LAYOUTS", "API_KEYS_AND_WEBHOOKS"),
            ("Views",),
            (
                "add the tab “Phone calls” to the page of a person",
                "add the tab “Phone calls” to the page of a company",
                "add “My calls” to the sidebar",
            ),
        ),
    ],
)
async def test_what_is_allowed_goes_on_and_the_rest_comes_with_the_right(
    bare: TwentySandbox, flags: tuple[str, ...], lacking: tuple[str, ...], waiting: tuple[str, ...]
) -> None:
    done = await run(bare, key=await key_that_may(bare, *flags))
    assert forbidden(done) == {permission: LOOK[permission] for permission in lacking}
    assert done.steps(Result.WAITING) == waiting
    rest = await run(bare)
    left = {step for permission in lacking for step in LOOK[permission]} | {*waiting, NOTE}
    assert (rest.complete, set(rest.steps(Result.DONE))) == (True, left)


async def test_a_key_that_is_not_known_gets_nowhere(bare: TwentySandbox) -> None:
    with pytest.raises(TwentyDenied) as denied:
        await run(bare, key="abc")
    assert denied.value.code == "twenty.unauthenticated"


async def test_the_plan_is_what_a_run_does(either: TwentySandbox) -> None:
    planned = await run(either, dry_run=True)
    assert mutations(either) == []
    done = await run(either)
    assert planned.steps(Result.PLANNED) == done.steps(Result.DONE)
    assert len(done.outcomes) == len(planned.outcomes) > 10
