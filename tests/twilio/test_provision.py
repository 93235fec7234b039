"""What an account lacks → the plan, and the account after it."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager

import pytest
from msgspec.structs import replace

from bridge.errors import CannotWrite
from bridge.sandbox.twilio import TwilioSandbox
from bridge.twilio.provision import Desired, There, carry_out, look, plan_for
from bridge.twilio.provision.plan import urls_under
from bridge.twilio.rest.account import AccountRest, open_account
from bridge.twilio.rest.owned import Application, IncomingNumber, VoiceUrls
from tests.support import twilio_settings

PUBLIC = "https://crm.example.com/phone"
URLS = urls_under(PUBLIC)
NUMBER = IncomingNumber("PN1", "+33159130001", "AP1", None, has_voice=True)
OTHER = IncomingNumber("PN2", "+33159130002", None, "https://demo.twilio.com/welcome", has_voice=True)
OURS = Application("AP1", "twenty-twilio-bridge", URLS)
COMPLETE = There(applications=[OURS], numbers=[NUMBER])
KNOWN = Desired(public_url=PUBLIC, app_sid="AP1", key_holds=True, phone_number="+33159130001")


def told(known: Desired, there: There) -> list[str]:
    return [line for step in plan_for(known, there).steps for line in step.lines()]


@pytest.mark.parametrize(
    ("known", "there", "lines"),
    [
        (KNOWN, COMPLETE, []),
        (
            Desired(public_url=PUBLIC),
            There(numbers=[replace(NUMBER, voice_application_sid=None)]),
            [
                "create the TwiML App “twenty-twilio-bridge”",
                "    voice URL: https://crm.example.com/phone/twilio/voice",
                "    fallback URL: https://crm.example.com/phone/twilio/fallback",
                "    status callback URL: https://crm.example.com/phone/twilio/status#rc=5&rp=all",
                "create the API key “twenty-twilio-bridge”; its secret goes into .env",
                "write TWILIO_PHONE_NUMBER=+33159130001 into .env",
                "attach +33159130001 to the TwiML App “twenty-twilio-bridge”",
            ],
        ),
        (replace(KNOWN, app_sid=None), COMPLETE, ["write TWILIO_APP_SID=AP1 into .env"]),
        (
            KNOWN,
            replace(
                COMPLETE,
                applications=[replace(OURS, urls=replace(URLS, voice_url="", status_callback_method="GET"))],
            ),
            [
                "change the TwiML App “twenty-twilio-bridge” (AP1)",
                "    voice URL: none → https://crm.example.com/phone/twilio/voice",
                "    status callback method: GET → POST",
            ],
        ),
        (
            replace(KNOWN, numbers=["+33159130002"]),
            replace(COMPLETE, numbers=[NUMBER, OTHER]),
            [
                "attach +33159130002 to the TwiML App “twenty-twilio-bridge”",
                "    its voice URL https://demo.twilio.com/welcome is no longer requested",
            ],
        ),
        (
            KNOWN,
            replace(COMPLETE, numbers=[replace(NUMBER, voice_application_sid="AP9")]),
            [
                "attach +33159130001 to the TwiML App “twenty-twilio-bridge”",
                "    application: AP9 → this one; calls no longer go there",
            ],
        ),
    ],
    ids=["complete", "nothing", "by name", "urls", "another number", "another application"],
)
def test_a_plan_is_what_differs(known: Desired, there: There, lines: list[str]) -> None:
    assert told(known, there) == lines
    assert plan_for(known, there).problems == ()


@pytest.mark.parametrize(
    ("known", "there", "problem"),
    [
        (replace(KNOWN, app_sid="AP2"), COMPLETE, "TWILIO_APP_SID is AP2, which this account does not have"),
        (
            replace(KNOWN, app_sid=None),
            replace(COMPLETE, applications=[OURS, replace(OURS, sid="AP2")]),
            "set TWILIO_APP_SID to one of AP1, AP2",
        ),
        (replace(KNOWN, phone_number=None), replace(COMPLETE, numbers=[]), "Buy one"),
        (
            replace(KNOWN, phone_number=None),
            replace(COMPLETE, numbers=[NUMBER, OTHER]),
            "TWILIO_PHONE_NUMBER to one of +33159130001, +33159130002",
        ),
        (replace(KNOWN, numbers=["+33159139999"]), COMPLETE, "+33159139999 is not one of this account's"),
    ],
)
def test_what_is_in_the_way_is_told_once(known: Desired, there: There, problem: str) -> None:
    (told,) = plan_for(known, there).problems
    assert problem in told


def opened(twilio: TwilioSandbox) -> AbstractAsyncContextManager[AccountRest]:
    """The account as its owner has it."""
    settings = twilio_settings(twilio)
    return open_account(settings, credentials=settings.owner_credentials)


async def test_a_second_run_changes_nothing(twilio: TwilioSandbox) -> None:
    twilio.account.applications.clear()
    kept: dict[str, str] = {}
    async with opened(twilio) as account:
        first = plan_for(Desired(public_url=PUBLIC), await look(account))
        await carry_out(account, first.steps, app_sid=None, keep=kept.update, tell=lambda _: None)
        again = Desired(
            public_url=PUBLIC,
            app_sid=kept["TWILIO_APP_SID"],
            key_holds=twilio.account.keys[kept["TWILIO_API_KEY"]].secret == kept["TWILIO_API_SECRET"],
            phone_number=kept["TWILIO_PHONE_NUMBER"],
        )
        assert plan_for(again, await look(account)).steps == ()
    (application,) = twilio.account.applications.values()
    assert VoiceUrls.of(application) == URLS
    assert [n.voice_application_sid for n in twilio.account.numbers.values()] == [application.sid]


async def test_a_key_that_cannot_be_kept_is_deleted_again(twilio: TwilioSandbox) -> None:
    before = set(twilio.account.keys)

    def keep(_: Mapping[str, str]) -> None:
        raise CannotWrite("the disk is full")

    async with opened(twilio) as account:
        plan = plan_for(replace(KNOWN, app_sid=twilio.app_sid, key_holds=False), await look(account))
        with pytest.raises(CannotWrite):
            await carry_out(account, plan.steps, app_sid=None, keep=keep, tell=lambda _: None)
    assert set(twilio.account.keys) == before


async def test_what_an_account_is_asked(twilio: TwilioSandbox) -> None:
    async with opened(twilio) as account:
        assert await account.state() == ("active", "Full")
        assert [key.sid for key in await account.keys()] == [twilio.api_key]
        countries = {country.iso_code: country for country in await account.countries()}
        assert countries["FR"].low_risk
        assert not countries["FR"].high_risk
        assert len(countries) > 200
        assert isinstance(account, AccountRest)
