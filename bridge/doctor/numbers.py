"""People whose number stands in Twenty in a form that no call finds."""

from bridge.cli.terminal import counted
from bridge.doctor.checks import Verdict, ok, warning
from bridge.twenty.client.client import Executes
from bridge.twenty.people.normalise import has_lost_number, people_with_numbers

MOST_PAGES = 5
"""Of a thousand people each, the oldest first: a twentieth of a minute's budget, where all have a number."""

NORMALISE = "twenty-bridge people normalise --dry-run says what it would rewrite, and what it leaves to you"


async def lost(client: Executes, *, region: str) -> Verdict:
    """Counts them among the oldest people, who are those that imports and old versions left."""
    seen = found = total = pages = 0
    async for page in people_with_numbers(client):
        pages += 1
        total = page.total
        seen += len(page.rows)
        found += sum(has_lost_number(row, region=region) for row in page.rows)
        if pages == MOST_PAGES:
            break
    looked = f"{counted(seen, 'row')} with a number" + (f", the oldest of {total}" if seen < total else "")
    if not found:
        return ok(f"Calls find all of {looked}.")
    return warning(f"Calls do not find {found} of {looked}: a number in a form of its own.", NORMALISE)
