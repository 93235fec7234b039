"""Whom the settings name, and whether there is anybody."""

from typing import Any

import pytest

from bridge.calls.agents import Member
from bridge.doctor.checks import Status
from bridge.doctor.members import named
from bridge.doctor.role import MEMBERS, verdict_on
from bridge.language.phrase import verbatim
from bridge.settings import Settings

ALICE = "0f3c6a53-6d2b-4f4e-9d5c-1a2b3c4d5e6f"
WORKSPACE = [Member(ALICE, "alice@example.com")]
IDENTITY = "wm_0f3c6a536d2b4f4e9d5c1a2b3c4d5e6f"


def settings(**sections: Any) -> Settings:
    systems: dict[str, Any] = {
        "twilio": {
            "account_sid": f"AC{'0' * 32}",
            "auth_token": ["token"],
            "api_key": f"SK{'0' * 32}",
            "api_secret": "secret",
            "app_sid": f"AP{'0' * 32}",
            "phone_number": "+33159130000",
        },
        "twenty": {"api_url": "https://crm.example.com", "api_token": "key"},
        "server": {"public_url": "https://phone.example.com"},
    }
    return Settings.model_validate(systems | sections)


def ring(*agents: str) -> dict[str, Any]:
    return {"lines": {"default": {"ring": [{"agents": agents}]}}}


KEY = {"name": "desk", "hash": f"sha256:{'0' * 64}", "identities": ["desk"], "pattern": "room-[0-9]"}
WELL: tuple[dict[str, Any], ...] = (
    {},
    {"activities": {"assignee": "Alice@Example.com"}},
    {"activities": {"assignee": "nobody@example.com", "missed_call_tasks": False}},
    {"agents": {"members": {"al": "alice@example.com"}}, **ring("al")},
    {"agents": {"names": ["bob"]}, **ring("bob", "ALICE@example.com", "twenty-user-7")},
    {"auth": {"keys": [KEY]}, **ring("desk", "room-1", "room_1")},
    {"agents": {"names": ["jane.doe"]}, **ring("jane.doe", "jane_doe", "twenty_user_7")},
    ring("alice_example_com", IDENTITY),
    {
        "agents": {
            "names": ["Alice@Example.com", "bob@example.com"],
            "members": {"bob@example.com": "alice@example.com"},
        }
    },
)
WRONG = (
    ({"activities": {"assignee": "a@example.com"}}, "activities.assignee: a@example.com is no member"),
    ({"auth": {"members": ["a@example.com"]}}, "auth.members: a@example.com is no member"),
    ({"agents": {"members": {"al": "a@example.com"}}}, "agents.members.al: a@example.com is no member"),
    ({"agents": {"names": ["alise@example.com"]}}, "agents.names: alise@example.com is no member"),
    (ring("a@example.com"), "lines.default.ring: a@example.com is no member"),
    (ring("bobby"), "lines.default.ring: bobby is no agent"),
    (ring("room-10"), "lines.default.ring: room-10 is no agent"),
    (ring(f"wm_{'0' * 32}"), "is no agent"),
    (
        {"lines": {"numbers": {"+33159130001": {"ring": [{"number": "+33612345678"}, {"agents": ["bo"]}]}}}},
        "lines.numbers.+33159130001.ring: bo is no agent",
    ),
)


@pytest.mark.parametrize("sections", WELL, ids=str)
def test_everybody_is_there(sections: dict[str, Any]) -> None:
    found = named(settings(**sections), WORKSPACE)
    assert found.status is Status.OK, found


@pytest.mark.parametrize(("sections", "said"), WRONG, ids=[said for _, said in WRONG])
def test_somebody_is_not(sections: dict[str, Any], said: str) -> None:
    found = named(settings(**sections), WORKSPACE)
    assert found.status is Status.WARNING
    assert said in found.reason


def test_a_plan_that_many_numbers_share_is_told_once() -> None:
    lines = {"default": {"ring": [{"agents": ["bobby"]}] * 2}, "numbers": {"+33159130001": {"name": "Shop"}}}
    found = named(settings(lines=lines), ())
    assert found.reason == "lines.default.ring: bobby is no agent."


@pytest.mark.parametrize(
    ("lacking", "status"),
    [
        ([], Status.OK),
        ([MEMBERS], Status.WARNING),
        (["edit tasks"], Status.ERROR),
        ([MEMBERS, "edit tasks"], Status.ERROR),
    ],
)
def test_what_a_role_lacks(lacking: list[str], status: Status) -> None:
    found = verdict_on([verbatim(what) for what in lacking])
    assert found.status is status
    assert all(what in found.reason for what in lacking)
