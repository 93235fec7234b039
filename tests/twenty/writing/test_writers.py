"""What leaves Twenty with a record that turned out to be no call."""

from typing import Any

import pytest

from bridge.calls.activity import record_id
from bridge.errors import TwentyDenied
from bridge.twenty.writing.writers import take_back
from tests.support import new_sid


class Server:
    """Notes what it is asked, and denies some of it."""

    def __init__(self, **denials: str) -> None:
        self.denials = denials
        self.asked: dict[str, list[str]] = {}

    async def execute(self, name: str, **variables: Any) -> dict[str, Any]:
        self.asked[name] = variables["ids"]
        if name in self.denials:
            raise TwentyDenied(name, code=self.denials[name])
        return {}

    async def execute_metadata(self, name: str, **variables: Any) -> dict[str, Any]:
        raise NotImplementedError


async def test_all_that_was_written_of_a_call_is_taken_back() -> None:
    server, sids = Server(), [new_sid(), new_sid()]
    await take_back(server, [])
    assert server.asked == {}
    await take_back(server, sids)
    assert {name: set(ids) for name, ids in server.asked.items()} == {
        "DestroyTimelineActivities": {record_id("timelineActivity", sid) for sid in sids},
        "WithdrawNotes": {record_id("note", sid) for sid in sids},
        "WithdrawPhoneCalls": {record_id("phoneCall", sid) for sid in sids},
    }


async def test_a_role_that_cannot_delete_notes_takes_back_the_rest() -> None:
    server = Server(WithdrawNotes="twenty.forbidden")
    await take_back(server, [new_sid()])
    assert list(server.asked) == ["DestroyTimelineActivities", "WithdrawNotes", "WithdrawPhoneCalls"]
    with pytest.raises(TwentyDenied):
        await take_back(Server(WithdrawNotes="twenty.token"), [new_sid()])
