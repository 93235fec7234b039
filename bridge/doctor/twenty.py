"""Checks Twenty: reachable, the API key valid, its role sufficient, the workspace set up for the bridge."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import aiohttp

from bridge.doctor import role
from bridge.doctor.checks import Check, Verdict, error, ok, warning
from bridge.errors import NotUnderstood, TwentyDenied, TwentyOverLimit
from bridge.language.phrase import Phrase, joined, phrase, term, verbatim
from bridge.settings import TwentySettings
from bridge.twenty.client.client import Executes, TwentyClient, check_health
from bridge.twenty.people.normalise import has_lost_number, people_with_numbers
from bridge.twenty.provision import fields, read
from bridge.twenty.schema.drift import find_drifts
from bridge.twenty.schema.features import OPTIONAL, Drift, Feature
from bridge.twenty.schema.workspace import PHONE_CALL
from bridge.twilio import inspect

SOON = timedelta(days=30)
DEFAULT_LIMIT = 100

NEW_KEY = phrase("In Twenty, Settings → API & Webhooks, make an API key and set TWENTY_API_TOKEN.")
SET_UP = verbatim("twenty-bridge setup twenty")
OTHER_VERSION = phrase(
    "twenty-bridge setup twenty; if that does not help, run a version of the bridge made for this Twenty."
)

OF_CALLS = frozenset({Feature.CALLS, Feature.CALL_ON_PERSON, Feature.CALL_DETAILS, Feature.CALL_BUTTON})
ADORNS = frozenset(
    {
        *OPTIONAL,
        Feature.PERSON_DETAILS,
        Feature.ADDITIONAL_PHONES,
        Feature.DURATIONS,
        Feature.SETUP,
        Feature.SCREEN_POP,
        Feature.CALL_BUTTON,
        Feature.LAST_CALLS,
        Feature.LAST_SPOKEN,
        Feature.NORMALISING,
        Feature.DOCTOR,
    }
)
"""Features without which calls are still written."""


def checks(
    settings: TwentySettings,
    client: TwentyClient,
    session: aiohttp.ClientSession,
    *,
    region: str,
    tasks: bool,
) -> Iterator[Check]:
    """The checks of one workspace.

    `tasks`: whether missed calls become tasks. Numbers without a country are read as numbers of `region`.
    """
    twenty = _Twenty(settings, client, session)
    reached, known = ["twenty.reachable"], ["twenty.reachable", "twenty.key"]
    yield Check("twenty.reachable", twenty.reachable, phrase("Start Twenty, or set TWENTY_API_URL."))
    yield Check("twenty.key", twenty.key, NEW_KEY, needs=reached)
    yield Check("twenty.key_expiry", twenty.key_expiry, NEW_KEY)
    yield from role.checks(client, tasks=tasks)
    yield Check("twenty.object", twenty.object, SET_UP, needs=known)
    yield Check(
        "twenty.operations", twenty.operations, phrase("Run the newest version of the bridge."), needs=known
    )
    yield Check("twenty.rate_limit", twenty.rate_limit, needs=known)
    yield Check("twenty.numbers", partial(lost_numbers, client, region=region), NORMALISE, needs=known)


class _Twenty:
    """A workspace, by its API key."""

    def __init__(
        self,
        settings: TwentySettings,
        client: TwentyClient,
        session: aiohttp.ClientSession,
    ) -> None:
        self._settings = settings
        self._client = client
        self._session = session

    async def reachable(self) -> Verdict:
        """Whether Twenty's health endpoint answers."""
        await check_health(self._session, self._settings.api_url)
        return ok(phrase("{api_url} answers.", api_url=self._settings.api_url))

    async def key(self) -> Verdict:
        """Whether Twenty knows the key."""
        await check_key(self._client)
        return ok(phrase("Twenty takes the API key."))

    async def key_expiry(self) -> Verdict:
        """When the API key expires, by its own claims."""
        ends = key_end(self._settings)
        if ends is None:
            return ok(phrase("The API key does not say until when it holds."))
        reason = phrase("The API key holds until {ends:%Y-%m-%d}.", ends=ends)
        if ends < datetime.now(UTC):
            return error(reason, NEW_KEY)
        return warning(reason, NEW_KEY) if ends < datetime.now(UTC) + SOON else ok(reason)

    async def object(self) -> Verdict:
        """Whether the workspace has the object for calls, with all fields."""
        there = await read.structure(self._client)
        if there.phone_call is None:
            return warning(
                phrase(
                    "There is no object {phone_call}: calls become notes on the person.",
                    phone_call=PHONE_CALL,
                ),
                SET_UP,
            )
        if conflicts := fields.conflicts(there.phone_call):
            return error(joined(" ", conflicts), SET_UP)
        missing = [one.name for one in fields.FIELDS if one.name not in there.phone_call.by_name]
        if missing:
            return warning(
                phrase(
                    "The object {phone_call} lacks {missing}.",
                    phone_call=PHONE_CALL,
                    missing=", ".join(missing),
                ),
                SET_UP,
            )
        return ok(phrase("The object {phone_call} has all its fields.", phone_call=PHONE_CALL))

    async def operations(self) -> Verdict:
        """Whether the bridge's operations fit the workspace's schema."""
        has_object = (await read.structure(self._client)).phone_call is not None
        found = [d for d in await find_drifts(self._client) if has_object or not _of_calls(d)]
        if not found:
            return ok(phrase("Every operation fits the workspace's schema."))
        reason = joined("; ", (without(d.operation, d.missing[0], d.disables) for d in found))
        is_grave = any(d.disables not in ADORNS for d in found)
        return error(reason, OTHER_VERSION) if is_grave else warning(reason, OTHER_VERSION)

    async def rate_limit(self) -> Verdict:
        """Whether the rate limit has room, and which limit the bridge keeps to."""
        set_to = self._settings.requests_per_minute
        try:
            await self._client.execute("WorkspaceMembers")
        except TwentyOverLimit as refused:
            return over_limit(refused, set_to)
        if set_to > DEFAULT_LIMIT:
            return warning(
                phrase(
                    "twenty.requests_per_minute is {set_to}; Twenty's own default is {default_limit}.",
                    set_to=set_to,
                    default_limit=DEFAULT_LIMIT,
                ),
                phrase(
                    "Set API_RATE_LIMITING_LONG_LIMIT of Twenty's server to as much, or take the setting "
                    "back."
                ),
            )
        return ok(
            phrase(
                "The rate limit has room. The bridge keeps to {set_to} root fields a minute; Twenty names "
                "its own limit only where it refuses.",
                set_to=set_to,
            )
        )


async def check_key(client: Executes) -> None:
    """Raises TwentyDenied where Twenty does not know the key; a role that is too small is no such case."""
    try:
        await client.execute("WorkspaceMembers")
    except TwentyDenied as denied:
        if denied.code != "twenty.forbidden" or "permission" not in str(denied):
            raise
        # `twenty.role` checks what the key allows.


def key_end(settings: TwentySettings) -> datetime | None:
    """When the API key expires, by its own claims; None where it does not say."""
    try:
        return inspect.read(settings.api_token.get_secret_value()).time("exp")
    except NotUnderstood:
        return None


def without(operation: str, problem: object, feature: Feature) -> Phrase:
    """What is wrong with an operation, and the feature that works only with it."""
    return phrase(
        "{operation}: {problem} (without it: {feature})",
        operation=operation,
        problem=problem,
        feature=term(feature),
    )


def _of_calls(drift: Drift) -> bool:
    """Whether only the object for calls is missing: `twenty.object` reports that, and notes replace it."""
    if drift.disables in OF_CALLS or "PhoneCall" in drift.operation:
        return True
    return all("phonecall" in problem.lower() for problem in drift.missing)


def over_limit(refused: TwentyOverLimit, set_to: int) -> Verdict:
    """The verdict on `twenty.requests_per_minute` when Twenty refuses by its rate limit."""
    limit, window = refused.limit, refused.window
    again = _again(refused)
    if limit is None or not window:
        return warning(phrase("The workspace's rate limit is used up."), again)
    allowed = int(limit * 60 / window)
    if allowed < set_to:
        return warning(
            phrase(
                "Twenty allows {allowed} root fields a minute, and the bridge counts on {set_to}.",
                allowed=allowed,
                set_to=set_to,
            ),
            phrase(
                "Set twenty.requests_per_minute to {allowed}, or raise API_RATE_LIMITING_LONG_LIMIT of "
                "Twenty's server.",
                allowed=max(allowed, 1),
            ),
        )
    return warning(
        phrase(
            "The workspace's rate limit is used up: {limit} root fields per {window:g} s.",
            limit=limit,
            window=window,
        ),
        phrase(
            "{again} If it is always so, others spend it, too: lower twenty.requests_per_minute.", again=again
        ),
    )


def _again(refused: TwentyOverLimit) -> Phrase:
    if refused.retry_after is None:
        return phrase("Ask again in a minute.")
    return phrase("Ask again in {seconds} s.", seconds=max(1, round(refused.retry_after)))


MOST_PAGES = 5
"""Pages of a thousand people, oldest first: together a twentieth of one minute's budget."""

NORMALISE = phrase(
    "twenty-bridge people normalise --dry-run says what it would rewrite, and what it leaves to you"
)


async def lost_numbers(client: Executes, *, region: str) -> Verdict:
    """Counts, among the oldest people, those whose number is in a form that no look-up of a call finds.

    Imports and old versions of Twenty leave such numbers.
    """
    seen = found = total = pages = 0
    async for page in people_with_numbers(client):
        pages += 1
        total = page.total
        seen += len(page.rows)
        found += sum(has_lost_number(row, region=region) for row in page.rows)
        if pages == MOST_PAGES:
            break
    rows = (
        phrase("{seen} rows with a number, the oldest of {total}", seen=seen, total=total)
        if seen < total
        else _rows(seen)
    )
    if not found:
        return ok(phrase("Calls find all of {rows}.", rows=rows))
    return warning(
        phrase("Calls do not find {found} of {rows}: a number in a form of its own.", found=found, rows=rows),
        NORMALISE,
    )


def _rows(count: int) -> Phrase:
    if count == 1:
        return phrase("1 row with a number")
    return phrase("{count} rows with a number", count=count)
