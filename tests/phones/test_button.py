"""The button Call in Twenty: pressed on a person, a company and a call, it opens one phone, which goes on."""

import json
from collections.abc import Mapping

import pytest

from bridge.sandbox.twenty import NEWEST, OLDEST, TwentySandbox
from bridge.sandbox.twilio import Party, TwilioSandbox
from bridge.twenty.application.setup import AppSetup
from bridge.twenty.client.client import open_client
from tests.browser import Page, addresses
from tests.phones.office import Office, Phone
from tests.support import create_person, create_record, twenty_settings

JANE, JOHN = "+33612345678", "+33698765432"
HOLDS = Party.answers(after=1, talks=None)


@pytest.fixture
def sections() -> Mapping[str, Mapping[str, object]]:
    """Agents who gave a key find people, too."""
    return {"phone": {"search": "keys"}}


@pytest.fixture(params=[OLDEST, NEWEST])
def generation(request: pytest.FixtureRequest) -> str:
    """The oldest Twenty and the newest: each has a button of its own kind."""
    return str(request.param)


async def installed(twenty: TwentySandbox, phones: Office) -> None:
    async with open_client(twenty_settings(twenty)) as client:
        setup = AppSetup(client, address=f"{phones.bridge.url}/phone")
        await setup.carry_out(await setup.missing(), lambda _: None)


async def press(page: Page, url: str) -> None:
    """Presses Call on a record's page, and the link in the panel, as a user does."""
    await page.ask("Page.navigate", url=url)
    await page.until("document.readyState === 'complete' && !!document.querySelector('.command button')")
    await click(page, ".command button")
    await click(page, ".panel a")


async def click(page: Page, found: str) -> None:
    """Presses where an element is: browsers open windows for users alone."""
    place = f"""(() => {{
        const box = document.querySelector({json.dumps(found)})?.getBoundingClientRect();
        return box && {{ x: box.x + box.width / 2, y: box.y + box.height / 2 }};
    }})()"""
    at = await page.until(place)
    for kind in ("mousePressed", "mouseReleased"):
        await page.ask("Input.dispatchMouseEvent", type=kind, **at, button="left", clickCount=1)


async def test_one_phone_is_opened_and_goes_on(
    phones: Office, twenty: TwentySandbox, twilio: TwilioSandbox
) -> None:
    twilio.parties[JANE] = HOLDS
    await installed(twenty, phones)
    company = await create_record(twenty, "Company", name="Acme")
    jane = await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    name = {"firstName": "John", "lastName": "Roe"}
    john = await create_record(twenty, "Person", name=name, companyId=company)
    call = await create_record(
        twenty, "PhoneCall", direction="OUTBOUND", toPhoneNumber={"primaryPhoneNumber": JOHN}
    )
    crm = await phones.open(twenty.url)
    await press(crm, f"{twenty.url}/object/person/{jane}")
    phone = Phone(await phones.opened_by_page(f"{phones.bridge.url}/phone"))
    await phone.fill("key", phones.key)
    await phone.fill("identity", "alice")
    await phone.click("Sign in")
    await phone.shows("ready")
    assert f"person={jane}" in await phone.page("location.href")
    await phone.page.until("document.querySelector('.chosen .name')?.textContent === 'Jane Doe'")
    await phone.click("Call +33 6 12 34 56 78")
    await phone.in_stage("talking")
    await press(crm, f"{twenty.url}/object/company/{company}")
    await press(crm, f"{twenty.url}/object/phoneCall/{call}")
    await phone.page.until(f"location.href.includes('call={call}')")
    await phone.in_stage("talking")
    await phone.click("Hang up")
    await phone.page.until(f"document.querySelector('#number')?.value === '{JOHN}'")
    await press(crm, f"{twenty.url}/object/company/{company}")
    await phone.sees(f"[data-person='{john}']")
    at_phone = [url for url in await addresses(phones.profile) if url.startswith(phones.bridge.url)]
    assert len(at_phone) == 1
