"""Why a server did not answer, in words; nothing of the address goes into them, which may hold a secret."""

import os
import socket
import ssl

import aiohttp
from gql.transport.exceptions import TransportConnectionFailed


def why(away: BaseException) -> str:
    """`Connection refused`, `Name or service not known`, `no answer in time`."""
    told = type(away).__name__
    match away:
        case TransportConnectionFailed(__cause__=BaseException() as cause):
            told = why(cause)
        case TimeoutError():
            told = "no answer in time"
        case aiohttp.ServerDisconnectedError():
            told = "the connection was closed without an answer"
        case aiohttp.ClientConnectorCertificateError(certificate_error=untrusted):
            told = why(untrusted)
        case aiohttp.ClientConnectorError(os_error=problem):
            told = why(problem)
        case ssl.SSLCertVerificationError():
            told = f"its certificate is not trusted ({away.verify_message})"
        case socket.gaierror() | ssl.SSLError():
            # The numbers of these are no errno.
            told = away.strerror or told
        case OSError(errno=int() as number):
            # What asyncio says in the place of the words has the address.
            told = os.strerror(number)
    return told
