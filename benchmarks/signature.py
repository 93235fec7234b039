"""`python -m benchmarks.signature`: what it costs to check a webhook's signature.

`--json` prints `{"machine", "us": {"auth token", "SharedKey, SHA-1", "SharedKey, SHA-256", "twilio"}}`:
microseconds of CPU time a check of a status callback, the best of some rounds; `twilio` is its own library's.
"""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from twilio.request_validator import RequestValidator

from benchmarks import command, requests
from benchmarks.machine import machine
from benchmarks.servers import AUTH_TOKEN, PUBLIC_URL
from bridge.twilio.signature import Validator

CHECKS, ROUNDS = 5_000, 7
KEY_ID, SECRET = "webhooks_sharedkey_01h00000000000000000000000", "an-invented-shared-secret"


async def measure() -> dict[str, Any]:
    """Each way to sign, one after the other in each round."""
    request = requests.status(1)
    url, form = PUBLIC_URL + request.path, parse_qsl(request.body.decode(), keep_blank_values=True)
    checks = {
        "auth token": ours(url, form, AUTH_TOKEN, ""),
        "SharedKey, SHA-1": ours(url, form, SECRET, f"key={KEY_ID},algorithm=HMAC_SHA1"),
        "SharedKey, SHA-256": ours(url, form, SECRET, f"key={KEY_ID},algorithm=HMAC_SHA256"),
        "twilio": librarys(url, form),
    }
    best = dict.fromkeys(checks, float("inf"))
    for _ in range(ROUNDS):
        for name, check in checks.items():
            best[name] = min(best[name], microseconds(check))
    return {"machine": machine(), "us": {name: round(us, 1) for name, us in best.items()}}


def ours(url: str, form: list[tuple[str, str]], secret: str, settings: str) -> Callable[[], bool]:
    """The bridge's check, with the choice of the key."""
    algorithm = settings.rpartition("=")[2] or "HMAC_SHA1"
    signature = RequestValidator(secret).compute_signature(url, dict(form), algorithm)
    validator = Validator([AUTH_TOKEN], {KEY_ID: SECRET})
    return lambda: validator.is_valid(url, form, signature, validator.signers(settings))


def librarys(url: str, form: list[tuple[str, str]]) -> Callable[[], bool]:
    """twilio's check."""
    validator, fields = RequestValidator(AUTH_TOKEN), dict(form)
    signature = validator.compute_signature(url, fields)
    return lambda: bool(validator.validate(url, fields, signature))


def microseconds(check: Callable[[], bool]) -> float:
    """CPU time of one check."""
    assert check()
    began = time.thread_time()
    for _ in range(CHECKS):
        check()
    return (time.thread_time() - began) / CHECKS * 1e6


def show(found: dict[str, Any]) -> None:
    """A line for each."""
    for name, us in found["us"].items():
        print(f"{name:20} {us:6.1f} µs")
    print(found["machine"])


if __name__ == "__main__":
    command.run(__doc__, measure, show)
