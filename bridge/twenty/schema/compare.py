"""`python -m bridge.twenty.schema.compare`: compares a workspace's schema for the bridge that starts it.

Reads `CompareRequest` as JSON from the standard input, and prints `CompareAnswer` as JSON.
"""

import asyncio
import sys
import traceback
from typing import TypedDict

from msgspec.structs import asdict

from bridge.errors import TwentyError
from bridge.json_text import from_json, to_json
from bridge.network.client import SchemaResponse
from bridge.settings import TwentySettings
from bridge.twenty.client.client import open_client
from bridge.twenty.schema.drift import find_drifts
from bridge.twenty.schema.features import Drift


class CompareRequest(TypedDict):
    """Of the settings of Twenty, what a client needs."""

    api_url: str
    api_token: str
    timeout_seconds: int


class CompareAnswer(TypedDict, total=False):
    """The drifts; or why Twenty gave none, with the error's code; or an unexpected error's traceback."""

    drifts: list[Drift]
    refused: str
    code: str
    failed: str


async def _answer(asked: CompareRequest) -> CompareAnswer:
    try:
        settings = TwentySettings.model_validate(asked)
        async with open_client(settings, response=SchemaResponse) as client:
            return {"drifts": await find_drifts(client)}
    except TwentyError as error:
        return {"refused": str(error), "code": error.code}
    except Exception:
        return {"failed": traceback.format_exc()}


if __name__ == "__main__":
    sys.stdout.write(to_json(asyncio.run(_answer(from_json(sys.stdin.read()))), asdict))
