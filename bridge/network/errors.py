"""Why a server did not answer, in words, and what headers from outside say.

Nothing of the address goes into the words, which may hold a secret.
"""

import os
import socket
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp
from aiohttp import hdrs

from bridge.language.phrase import phrase
from bridge.network.client import AnswerTooLarge, LedElsewhere

NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE"})
"""What OpenSSL says of an answer that is no TLS: HTTP, or what another protocol begins with."""

TLS_ALERT = "b'\\x15\\x03"
"""How aiohttp shows the beginning of an alert of TLS, which stands in the place of a status line."""

OTHER_NAME = frozenset({62, 64})
EXPIRED = 10
"""https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/"""

LONGEST_DIGITS = 9
LONGEST_DATE = 40


def why(away: BaseException) -> str:
    """`Connection refused`, `Name or service not known`, `no answer in time`."""
    reason = type(away).__name__
    match away:
        case TimeoutError():
            reason = phrase("no answer in time")
        case AnswerTooLarge(largest=largest):
            reason = phrase("its answer is larger than {size} MiB", size=largest >> 20)
        case LedElsewhere():
            reason = phrase("it leads to another address, to which nothing was sent")
        case aiohttp.ServerDisconnectedError():
            reason = phrase("the connection was closed without an answer")
        case aiohttp.ClientConnectorCertificateError(certificate_error=untrusted):
            reason = why(untrusted)
        case aiohttp.ClientConnectorError(os_error=problem):
            reason = why(problem)
        case ssl.SSLCertVerificationError():
            reason = _untrusted(away)
        case ssl.SSLError(reason=known) if known in NO_TLS:
            reason = phrase("it does not speak TLS: its address begins with http://, or has another port")
        case aiohttp.ClientResponseError(message=parsed) if TLS_ALERT in str(parsed):
            reason = phrase("it speaks TLS alone: its address begins with https://")
        case socket.gaierror() | ssl.SSLError():
            # The numbers of these are no errno.
            reason = away.strerror or reason
        case OSError(errno=int() as number):
            # What asyncio says in the place of the words has the address.
            reason = os.strerror(number)
    return reason


def _untrusted(refused: ssl.SSLCertVerificationError) -> str:
    if refused.verify_code in OTHER_NAME:
        return phrase(
            "its certificate is for another name ({reason}): the address needs the name of the certificate",
            reason=refused.verify_message.rstrip("."),
        )
    if refused.verify_code == EXPIRED:
        return phrase("its certificate has expired: renew it there")
    return phrase(
        "its certificate is not trusted ({reason}): give it one of a public authority, or have this machine "
        "trust its authority",
        reason=refused.verify_message,
    )


def media_type(headers: Mapping[str, str]) -> str:
    """What Content-Type names, without its parameters; empty where there is none.

    aiohttp's `content_type` parses the parameters, too: 7,000 semicolons hold the event loop for a second.
    """
    return headers.get(hdrs.CONTENT_TYPE, "").partition(";")[0].strip().lower()


def seconds_of(retry_after: str | None, *, now: datetime) -> float | None:
    """How long a Retry-After header says to wait, as seconds or as a date; None where it says nothing.

    https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
    """
    text = (retry_after or "").strip()
    if text.isascii() and text.isdecimal():
        return float(text[:LONGEST_DIGITS])
    at = moment_of(text)
    return None if at is None else max(0.0, (at - now).total_seconds())


def moment_of(date: str | None) -> datetime | None:
    """The time that an HTTP date names; None for other texts.

    https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7
    """
    try:
        at = parsedate_to_datetime((date or "").strip()[:LONGEST_DATE])
    except (ValueError, OverflowError):
        # A year or an offset of twelve digits is no number of C's.
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
