"""The account's state and the settings → the changes to make, and the problems. Pure functions."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from bridge.language.phrase import Phrase, phrase, phrase_of
from bridge.twilio.provision.steps import Attach, ChangeApplication, MakeApplication, MakeKey, Remember, Step
from bridge.twilio.rest.owned import Application, IncomingNumber, VoiceUrls
from bridge.twilio.urls import CallbackUrls


class There(Struct, frozen=True, kw_only=True):
    """The account's TwiML Apps and numbers."""

    applications: Sequence[Application] = ()
    numbers: Sequence[IncomingNumber] = ()

    def number(self, phone_number: str) -> IncomingNumber | None:
        """The account's number that is `phone_number` (E.164)."""
        return next((one for one in self.numbers if one.phone_number == phone_number), None)

    def named(self, name: str) -> list[Application]:
        """The applications with that friendly name."""
        return [one for one in self.applications if one.friendly_name == name]

    def application(self, sid: str | None) -> Application | None:
        """The application with that SID."""
        return next((one for one in self.applications if one.sid == sid), None)


NAME = "twenty-twilio-bridge"


class Desired(Struct, frozen=True, kw_only=True):
    """The settings so far.

    `numbers` (E.164) are those whose calls must come to this bridge. `key_holds`: Twilio accepts the API key
    and its secret. `can_make_keys`: the auth token is configured.
    """

    public_url: str
    app_sid: str | None = None
    key_holds: bool = False
    can_make_keys: bool = True
    phone_number: str | None = None
    numbers: Sequence[str] = ()
    name: str = NAME


class SetupPlan(Struct, frozen=True):
    """The steps in their order, and the problems that no step solves, each with its fix."""

    steps: tuple[Step, ...]
    problems: tuple[Phrase, ...]


class _InTheWay(Exception):
    """A problem that no step solves; the message says how to fix it."""


def urls_under(public_url: str) -> VoiceUrls:
    """The URLs of the TwiML App of a bridge at `public_url`."""
    return VoiceUrls(
        voice_url=f"{public_url}/twilio/voice",
        voice_fallback_url=f"{public_url}/twilio/fallback",
        status_callback=CallbackUrls(public_url).status,
    )


def plan_for(known: Desired, there: There) -> SetupPlan:
    """The whole plan; it is empty where the account has all that is desired."""
    steps: list[Step] = []
    problems: list[Phrase] = []
    for part in (_application, _key, _company_number, _attachments):
        try:
            for one in part(known, there):
                if isinstance(one, _InTheWay):
                    problems.append(phrase_of(one))
                else:
                    steps.append(one)
        except _InTheWay as reason:
            problems.append(phrase_of(reason))
    return SetupPlan(tuple(steps), tuple(dict.fromkeys(problems)))


Steps = Iterator[Step | _InTheWay]


def _application(known: Desired, there: There) -> Steps:
    found = _ours(known, there)
    wanted = urls_under(known.public_url)
    if found is None:
        yield MakeApplication(known.name, wanted)
        return
    if found.urls != wanted:
        yield ChangeApplication(found, wanted)
    if found.sid != known.app_sid:
        yield Remember("TWILIO_APP_SID", found.sid)


def _ours(known: Desired, there: There) -> Application | None:
    if known.app_sid:
        found = there.application(known.app_sid)
        if found is None:
            raise _InTheWay(
                phrase(
                    "TWILIO_APP_SID is {app_sid}, which this account does not have. Take it out of the "
                    "environment or .env, and run this again: an app is then found by name or made.",
                    app_sid=known.app_sid,
                )
            )
        return found
    same = there.named(known.name)
    if len(same) > 1:
        sids = ", ".join(one.sid for one in same)
        raise _InTheWay(
            phrase(
                "There are {count} TwiML Apps “{name}”: set TWILIO_APP_SID to one of {sids}.",
                count=len(same),
                name=known.name,
                sids=sids,
            )
        )
    return same[0] if same else None


def _key(known: Desired, there: There) -> Steps:
    if known.key_holds:
        return
    if not known.can_make_keys:
        raise _InTheWay(
            phrase(
                "Only the account's Auth Token can make an API key: set TWILIO_AUTH_TOKEN for this command, "
                "or make a Standard key in the console and set TWILIO_API_KEY and TWILIO_API_SECRET."
            )
        )
    yield MakeKey(known.name)


def _company_number(known: Desired, there: There) -> Steps:
    if known.phone_number is None:
        yield Remember("TWILIO_PHONE_NUMBER", _only_number(there))


def _only_number(there: There) -> str:
    able = [one.phone_number for one in there.numbers if one.has_voice]
    if not able:
        raise _InTheWay(
            phrase(
                "The account has no number for calls. Buy one: Twilio console → Phone Numbers → Buy a number."
            )
        )
    if len(able) > 1:
        raise _InTheWay(
            phrase(
                "The account has several numbers: set TWILIO_PHONE_NUMBER to one of {numbers}.",
                numbers=", ".join(able),
            )
        )
    return able[0]


def _attachments(known: Desired, there: There) -> Steps:
    """Attaches numbers whose calls do not come to this bridge, also where another service answers them."""
    ours = _ours(known, there)
    wanted = [known.phone_number or _only_number(there), *known.numbers]
    for phone_number in dict.fromkeys(wanted):
        number = there.number(phone_number)
        if number is None:
            yield _InTheWay(
                phrase(
                    "{number} is not one of this account's numbers: calls to it cannot come here, and it "
                    "can be shown as caller only where it is verified (Twilio console → Verified Caller "
                    "IDs).",
                    number=phone_number,
                )
            )
        elif ours is None or number.voice_application_sid != ours.sid:
            yield Attach(number, ours.friendly_name if ours else known.name)
