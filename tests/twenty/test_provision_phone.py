"""`setup twenty` puts the phone page into the sidebar, once."""

import pytest

from bridge.sandbox.twenty import NEWEST, OLDEST, twenty_sandbox
from tests.twenty.provisioning import put_into_a_folder, run, tell

ADDRESS = "https://phone.example.com/phone"
MOVED = "https://crm.example.com/phone"
"""After the public URL has changed."""


@pytest.mark.parametrize("generation", [OLDEST, NEWEST])
async def test_the_phone_page_is_in_the_sidebar_once(generation: str) -> None:
    async with twenty_sandbox(rate_limit=False, generation=generation) as bare:
        for _ in range(2):
            assert (await run(bare, phone_at=ADDRESS)).complete
        items = await tell(bare, "{ navigationMenuItems { id name type link } }")
        (link,) = [item for item in items if item["type"] == "LINK"]
        assert link == {"id": link["id"], "name": "Phone", "type": "LINK", "link": ADDRESS}
        await put_into_a_folder(bare, link["id"])
        await run(bare, phone_at=ADDRESS)
        assert len(await tell(bare, "{ navigationMenuItems { id } }")) == len(items) + 1
        await run(bare, phone_at=MOVED)
        items = await tell(bare, "{ navigationMenuItems { id type link } }")
        assert [item for item in items if item["type"] == "LINK"] == [
            {"id": link["id"], "type": "LINK", "link": MOVED}
        ]
