"""The session to Twenty: in time, within the budget, and with errors that say what happened."""

from contextlib import AsyncExitStack

import pytest

from bridge.errors import TwentyDenied, TwentyError, TwentyOverLimit, TwentyUnavailable
from bridge.sandbox.twenty import TwentySandbox
from bridge.twenty.client.answers import complete
from bridge.twenty.client.client import TwentyClient, open_client
from bridge.twenty.client.documents import operations
from tests.support import twenty_settings


@pytest.mark.parametrize(
    ("faults", "error", "code"),
    [
        ({"down": True}, TwentyUnavailable, "twenty.unavailable"),
        ({"status": 502}, TwentyUnavailable, "twenty.unavailable"),
        ({"cut": True}, TwentyUnavailable, "twenty.unavailable"),
        ({"slow_seconds": 30.0}, TwentyUnavailable, "twenty.unavailable"),
        ({"over_limit": True}, TwentyOverLimit, "twenty.over_limit"),
        ({"key_revoked": True}, TwentyDenied, "twenty.forbidden"),
    ],
)
async def test_each_fault_has_its_error(
    twenty: TwentySandbox, faults: dict[str, object], error: type[TwentyError], code: str
) -> None:
    async with open_client(twenty_settings(twenty, timeout_seconds=1)) as client:
        twenty.faults.set(**faults)
        with pytest.raises(error) as raised:
            await client.execute("FindPeople", filter={}, first=1)
        assert raised.value.code == code
        assert twenty.api_key not in str(raised.value)
        twenty.faults.clear()


@pytest.mark.parametrize(("key", "code"), [("abc", "twenty.unauthenticated")])
async def test_a_wrong_key_is_told_as_such(twenty: TwentySandbox, key: str, code: str) -> None:
    async with open_client(twenty_settings(twenty, api_token=key)) as client:
        with pytest.raises(TwentyDenied) as denied:
            await client.execute("FindPeople", filter={}, first=1)
    assert denied.value.code == code


async def test_nobody_at_that_address() -> None:
    class Nowhere:
        url, api_key = "http://127.0.0.1:1", "key"

    async with AsyncExitStack() as stack:
        client: TwentyClient = await stack.enter_async_context(
            open_client(twenty_settings(Nowhere()))  # type: ignore[arg-type]
        )
        with pytest.raises(TwentyUnavailable, match="FindPeople"):
            await client.execute("FindPeople", filter={}, first=1)


@pytest.mark.parametrize("told", [None, [], 5, {}, {"apps": []}])
def test_an_answer_without_what_was_asked_for_is_none(told: object) -> None:
    with pytest.raises(TwentyUnavailable, match="CurrentWorkspace"):
        complete("CurrentWorkspace", told)
    assert complete("CurrentWorkspace", {"currentWorkspace": None}) == {"currentWorkspace": None}


async def test_operations_are_sent_alone_by_their_name(twenty: TwentySandbox, client: TwentyClient) -> None:
    await client.execute("FindPeople", filter={}, first=1)
    assert (twenty.requests[-1].operation, twenty.requests[-1].root_fields) == ("FindPeople", ("people",))


def test_each_operation_on_records_has_one_root_field() -> None:
    """The budget counts them; Twenty does not limit reads of its metadata."""
    several = {name for name, operation in operations().items() if len(operation.root_fields) != 1}
    assert several == {"WorkspaceSchema"}
