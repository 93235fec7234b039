"""Checks Twilio: credentials, TwiML App, numbers, caller IDs, geo permissions, access to recordings."""

from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import AbstractAsyncContextManager

import aiohttp
from pydantic import SecretStr

from bridge.doctor.checks import Check, Verdict, error, ok, warning
from bridge.doctor.webhook_rules import examine_rules
from bridge.errors import TwilioDenied
from bridge.language.phrase import phrase, phrase_of, verbatim
from bridge.settings import TwilioSettings
from bridge.twilio.provision.plan import urls_under
from bridge.twilio.provision.steps import ChangeApplication
from bridge.twilio.rest import TwilioRest, open_rest
from bridge.twilio.rest.account import AccountRest, open_account
from bridge.twilio.rest.owned import Country

CONSOLE = phrase("Twilio console → Account → API keys & tokens")
NEW_TOKEN = phrase(
    "{console}: copy the Auth Token into TWILIO_AUTH_TOKEN, and TWILIO_ACCOUNT_SID beside it.",
    console=CONSOLE,
)
REACH = phrase("Let this machine reach https://api.twilio.com, or set TWILIO_API_URL.")
SET_UP = verbatim("twenty-bridge setup twilio")
NEW_KEY = phrase(
    "Take TWILIO_API_KEY and TWILIO_API_SECRET out of .env, then {set_up} (it makes new ones).", set_up=SET_UP
)
PERMISSIONS = phrase("Twilio console → Voice → Settings → Geo permissions")
MEDIA = phrase("Twilio console → Voice → Settings → General: Enforce HTTP Auth on Media URLs.")
VERIFY = phrase(
    "Twilio console → Phone Numbers → Verified Caller IDs: verify it; or take it out of "
    "TWILIO_PHONE_NUMBER, dialling.caller_ids, dialling.own_caller_ids."
)
REST = phrase("Make new credentials: Twilio console → Account → API keys & tokens, or → OAuth apps.")
RULES = phrase("docs/how-to/twilio-credentials.md says what Rules do.")
PERMIT = phrase(
    "Give the restricted key this permission: Twilio console → Account → API keys & tokens "
    "(docs/how-to/twilio-credentials.md lists all of them)."
)
MISSING_PERMISSION = 70051
"""https://www.twilio.com/docs/api/errors/70051"""

SHOWN = 8
ONE_TRY: Sequence[float] = ()

Examine = Callable[[], Awaitable[Verdict]]


def checks(
    settings: TwilioSettings,
    session: aiohttp.ClientSession,
    *,
    public_url: str,
    numbers: Collection[str],
    caller_ids: Collection[str],
    countries: Collection[str],
    seconds: float,
) -> Iterator[Check]:
    """The checks of one account; Twilio has `seconds` to answer each request.

    `numbers` are the company's, `caller_ids` those that the bridge shows (both E.164), `countries` (ISO 3166)
    those that the bridge allows to call.
    """
    twilio = _Twilio(
        settings,
        session,
        public_url=public_url,
        numbers=numbers,
        caller_ids=caller_ids,
        countries=countries,
        seconds=seconds,
    )
    known = ["twilio.rest"]
    if settings.auth_token:
        yield Check("twilio.auth_token", twilio.auth_token, REACH)
    yield Check("twilio.api_key", twilio.api_key, REACH)
    yield Check("twilio.rest", _permitted(twilio.rest), REST, needs=["twilio.api_key"])
    yield Check("twilio.webhook_rules", twilio.rules, RULES, needs=known)
    yield Check("twilio.app", _permitted(twilio.app), SET_UP, needs=known)
    yield Check("twilio.numbers", _permitted(twilio.numbers), SET_UP, needs=known)
    yield Check("twilio.caller_ids", _permitted(twilio.caller_ids), VERIFY, needs=known)
    yield Check("twilio.geo_permissions", _permitted(twilio.geo_permissions), PERMISSIONS, needs=known)
    yield Check("twilio.recordings", _permitted(twilio.recordings), MEDIA, needs=known)


class _Twilio:
    """An account, with its auth tokens and its API key."""

    def __init__(
        self,
        settings: TwilioSettings,
        session: aiohttp.ClientSession,
        *,
        public_url: str,
        numbers: Collection[str],
        caller_ids: Collection[str],
        countries: Collection[str],
        seconds: float,
    ) -> None:
        self._settings = settings
        self._session = session
        self._public_url = public_url
        self._numbers = numbers
        self._caller_ids = caller_ids
        self._countries = countries
        self._seconds = seconds

    def _account(
        self, credentials: tuple[str, str] | None = None
    ) -> AbstractAsyncContextManager[AccountRest]:
        """The account's REST API, with the bridge's credentials unless others are given."""
        return open_account(self._settings, credentials=credentials, seconds=self._seconds, pauses=ONE_TRY)

    def _rest(self) -> AbstractAsyncContextManager[TwilioRest]:
        return open_rest(self._settings, seconds=self._seconds, pauses=ONE_TRY)

    async def auth_token(self) -> Verdict:
        """Whether Twilio accepts the auth tokens, which verify the signatures of its requests."""
        states = [await self._state(token) for token in self._settings.auth_token]
        good = [one for one in states if one]
        if not good:
            return error(phrase("Twilio does not know TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN."), NEW_TOKEN)
        state, kind = good[0]
        if state != "active":
            return error(
                phrase("The account is {state}.", state=state),
                phrase("Twilio console → Billing, or ask Twilio's support."),
            )
        if len(good) < len(states):
            return warning(
                phrase("One of the tokens in TWILIO_AUTH_TOKEN is not valid (any more)."),
                phrase("Take it out when the rotation is over."),
            )
        if kind == "Trial":
            return warning(
                phrase("It is a trial account: it calls only verified numbers."),
                phrase("Twilio console → Upgrade."),
            )
        return ok(phrase("Twilio takes the Auth Token."))

    async def _state(self, token: SecretStr) -> tuple[str, str] | None:
        try:
            owner = self._settings.account_sid, token.get_secret_value()
            async with self._account(owner) as account:
                return await account.state()
        except TwilioDenied:
            return None

    async def api_key(self) -> Verdict:
        """Whether the API key, which signs access tokens, is valid."""
        key = self._settings.api_key, self._settings.api_secret.get_secret_value()
        try:
            async with self._account(key) as account:
                await account.state()
        except TwilioDenied as denied:
            return error(phrase_of(denied), NEW_KEY)
        return ok(phrase("Twilio accepts the API key."))

    async def rest(self) -> Verdict:
        """Whether the credentials open the REST API; tries the list of calls, which reconciliation reads."""
        if self._settings.client_id is None and self._settings.rest_api_key is None:
            return ok(phrase("The API key opens the REST API."))
        async with self._rest() as rest:
            await anext(rest.calls(page_size=1), None)
        return ok(phrase("Twilio accepts the credentials for the REST API."))

    async def rules(self) -> Verdict:
        """Whether a webhook Rule of the account changes how webhooks are signed and retried."""
        async with self._account() as account:
            return await examine_rules(account, self._settings, self._public_url)

    async def app(self) -> Verdict:
        """Whether the TwiML App sends outbound calls to this bridge."""
        async with self._account() as account:
            listed = {one.sid: one for one in await account.applications()}
        found, wanted = listed.get(self._settings.app_sid), urls_under(self._public_url)
        if found is None:
            return error(
                phrase("The account has no TwiML App {app_sid}.", app_sid=self._settings.app_sid),
                phrase("Take TWILIO_APP_SID out of .env, then {set_up}.", set_up=SET_UP),
            )
        if found.urls != wanted:
            _, *differing = ChangeApplication(found, wanted).lines()
            return error(
                phrase("The TwiML App calls elsewhere: {urls}.", urls=", ".join(map(str.strip, differing))),
                phrase(
                    "{set_up}, if {public_url} is right; else correct BRIDGE_PUBLIC_URL.",
                    set_up=SET_UP,
                    public_url=self._public_url,
                ),
            )
        return ok(phrase("The TwiML App's URLs are ours."))

    async def numbers(self) -> Verdict:
        """Whether the account owns the numbers, and calls to them come to this bridge."""
        async with self._account() as account:
            owned = {one.phone_number: one for one in await account.numbers()}
            apps = {one.sid for one in await account.applications()}
        missing = sorted(set(self._numbers) - owned.keys())
        if missing:
            return error(
                phrase(
                    "The account does not own {numbers}: calls to it cannot come here.",
                    numbers=", ".join(missing),
                ),
                phrase(
                    "Buy it, or set TWILIO_PHONE_NUMBER and lines.numbers to {numbers}.",
                    numbers=", ".join(owned) or phrase("numbers of yours"),
                ),
            )
        # A number keeps the SID of a deleted TwiML App.
        ours = apps & {self._settings.app_sid}
        astray = [n for n in sorted(self._numbers) if owned[n].voice_application_sid not in ours]
        if astray:
            return warning(phrase("Calls to {numbers} do not come here.", numbers=", ".join(astray)), SET_UP)
        return ok(phrase("Calls to our numbers come here."))

    async def caller_ids(self) -> Verdict:
        """Whether Twilio accepts every number that agents can show as caller ID."""
        async with self._account() as account:
            may_be_shown = {one.phone_number for one in await account.numbers()}
            refused = sorted(set(self._caller_ids) - may_be_shown)
            if refused:
                may_be_shown.update(await account.verified_numbers())
        refused = [number for number in refused if number not in may_be_shown]
        if refused:
            return error(
                phrase(
                    "{numbers} is neither the account's nor verified: Twilio refuses calls out that show it "
                    "(13214).",
                    numbers=", ".join(refused),
                ),
                VERIFY,
            )
        return ok(phrase("Twilio lets the bridge show every caller ID that is set."))

    async def geo_permissions(self) -> Verdict:
        """Whether Twilio allows calls to more countries than the bridge, or to fewer."""
        try:
            async with self._account() as account:
                return compared(await account.countries(), self._countries)
        except TwilioDenied:
            # Twilio documents no permission of restricted keys for this.
            return ok(phrase("These credentials cannot see the voice geographic permissions."))

    async def recordings(self) -> Verdict:
        """Whether a recording's URL needs credentials; tries the newest one."""
        async with self._rest() as rest:
            newest = await anext(rest.recordings(page_size=1), None)
        if newest is None:
            return ok(phrase("There are no recordings."))
        account = f"{self._settings.api_url}/2010-04-01/Accounts/{self._settings.account_sid}"
        url = f"{account}/Recordings/{newest.sid}"
        async with self._session.head(url, allow_redirects=False) as answer:
            closed = answer.status in (401, 403)
        if closed:
            return ok(phrase("Recordings take credentials."))
        return warning(phrase("Anyone who has the URL of a recording can listen to it."), MEDIA)


def _permitted(examine: Examine) -> Examine:
    """Makes an error verdict of a permission that a restricted key lacks; Twilio's answer names it."""

    async def examined() -> Verdict:
        try:
            return await examine()
        except TwilioDenied as denied:
            if denied.number != MISSING_PERMISSION:
                raise
            return error(phrase_of(denied), PERMIT)

    return examined


def compared(countries: Sequence[Country], allowed: Collection[str]) -> Verdict:
    """Compares Twilio's geo permissions with the countries that the bridge allows (ISO 3166)."""
    wider = sorted(one.iso_code for one in countries if one.low_risk and one.iso_code not in allowed)
    risky = sorted(one.iso_code for one in countries if one.high_risk)
    closed = sorted(one.iso_code for one in countries if not one.low_risk and one.iso_code in allowed)
    if closed:
        return error(
            phrase("Twilio does not call {countries}, which the bridge allows.", countries=_some(closed)),
            phrase("{permissions}: open.", permissions=PERMISSIONS),
        )
    if risky:
        return warning(
            phrase("Twilio calls high-risk numbers in {countries}.", countries=_some(risky)),
            phrase("{permissions}: close them.", permissions=PERMISSIONS),
        )
    if wider:
        return warning(
            phrase(
                "Twilio calls {countries}, too: a stolen key can call what the bridge refuses.",
                countries=_some(wider),
            ),
            phrase("{permissions}: leave open what you call.", permissions=PERMISSIONS),
        )
    return ok(phrase("Twilio calls no more countries than the bridge allows."))


def _some(codes: Sequence[str]) -> str:
    shown = ", ".join(codes[:SHOWN])
    if len(codes) <= SHOWN:
        return shown
    return phrase("{shown} and {count} more", shown=shown, count=len(codes) - SHOWN)
