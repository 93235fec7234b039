"""What every part has on its command line: `--json` prints one object, without it there is a table."""

import argparse
import json
from collections.abc import Awaitable, Callable
from typing import Any

import uvloop

Show = Callable[[Any], None]


def parser(what: str | None) -> argparse.ArgumentParser:
    """A parser of that one option, for parts that have more of them."""
    made = argparse.ArgumentParser(description=what, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--json", action="store_true")
    return made


def tell(result: Any, show: Show, *, as_json: bool) -> None:
    """Prints what was measured."""
    if as_json:
        print(json.dumps(result))
    else:
        show(result)


def run(what: str | None, measure: Callable[[], Awaitable[Any]], show: Show) -> Any:
    """Measures, prints and gives back a part that has no other option."""
    given = parser(what).parse_args()
    result = uvloop.run(_awaited(measure))
    tell(result, show, as_json=given.json)
    return result


async def _awaited(measure: Callable[[], Awaitable[Any]]) -> Any:
    return await measure()
