"""The phone page's files, as they are served."""

import gzip
from pathlib import Path

import bridge
from tests.web.conftest import Bridge

STATIC = Path(bridge.__file__).parent / "web" / "phone" / "static"
LARGEST = 120_000
NOT_SERVED = {".ts", ".md", ".LICENSE", ".json"}


async def test_the_page_is_small(bridge: Bridge) -> None:
    """All that a browser can load of it, as it travels."""
    paths = [one.relative_to(STATIC) for one in STATIC.rglob("*") if one.is_file()]
    size = 0
    for path in paths:
        if path.suffix not in NOT_SERVED:
            url = "/phone" if path.name == "index.html" else f"/phone/{path.as_posix()}"
            async with bridge.client.get(url) as answer:
                assert answer.status == 200, url
                size += len(gzip.compress(await answer.read()))
    assert size < LARGEST, size


async def test_modules_travel_without_comments_and_keep_their_lines(bridge: Bridge) -> None:
    for source in STATIC.rglob("*.js"):
        path = source.relative_to(STATIC).as_posix()
        async with bridge.client.get(f"/phone/{path}") as answer:
            served = await answer.text()
        if path.startswith("vendor/"):
            assert served == source.read_text()
        else:
            assert served.count("\n") == source.read_text().count("\n")
            assert "/**" not in served
