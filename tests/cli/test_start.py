"""What a command imports."""

import ast
import subprocess
import sys

LOADS = """
import sys
from bridge.cli import load
load("serve")
of_schemas = [name for name in ("graphql",) if name in sys.modules]
for command in ("doctor", "calls"):
    load(command)
print(of_schemas + [name for name in ("alembic", "sqlalchemy.orm", "pygments") if name in sys.modules])
"""


def test_what_no_call_needs_is_not_imported() -> None:
    told = subprocess.run([sys.executable, "-c", LOADS], capture_output=True, check=True, text=True).stdout
    assert ast.literal_eval(told) == []


ASKS_TWILIO = """
import asyncio, sys
from bridge.settings import TwilioSettings
from bridge.twilio.rest import open_rest
sids = {"account_sid": "AC", "api_key": "SK", "app_sid": "AP"}
settings = TwilioSettings.model_validate(
    {"auth_token": "0" * 32, "api_secret": "0" * 32, "phone_number": "+33159130001"}
    | {name: kind + "0" * 32 for name, kind in sids.items()}
)
async def loaded():
    async with open_rest(settings) as rest:
        (await rest.library()).calls
asyncio.run(loaded())
print([name for name in ("api", "voice", "webhooks") if f"twilio.rest.{name}" in sys.modules])
"""


def test_of_twilios_library_only_the_api_of_calls_is_imported() -> None:
    words = [sys.executable, "-c", ASKS_TWILIO]
    told = subprocess.run(words, capture_output=True, check=True, text=True).stdout
    assert ast.literal_eval(told) == ["api"]


def test_no_file_gets_the_descriptor_of_a_stream_that_is_closed() -> None:
    opens = "from bridge.cli import open_standard_streams as o; o(); import sys; "
    asks = "f = open('/dev/zero'); print(f.fileno() > 2, sys.stderr.fileno() > 2, sys.stdin.read())"
    started = ["sh", "-c", 'exec "$0" -c "$1" 2>&- <&-', sys.executable, opens + asks]
    assert subprocess.run(started, stdout=subprocess.PIPE, check=True).stdout == b"True True \n"


def test_output_that_cannot_be_written_is_told_in_a_sentence() -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        done = subprocess.run(
            [sys.executable, "-m", "bridge", "--version"], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 2
    assert done.stderr == b"The output cannot be written: No space left on device.\n"
