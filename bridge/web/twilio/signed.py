"""Verifies Twilio's signature: only signed requests reach a handler, as a form or as a JSON body.

https://www.twilio.com/docs/usage/webhooks/webhooks-security
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import NamedTuple
from urllib.parse import urlsplit

import structlog
from aiohttp import web

from bridge.errors import NotAllowed, SignerUnknown, WrongContentType
from bridge.network.errors import media_type
from bridge.observability import context
from bridge.twilio.signature import SIGNATURE, SIGNATURE_SETTINGS, Signers, Validator, names_in
from bridge.twilio.transcripts.results import account_in
from bridge.web.handlers import BodyHandler, FormHandler, Handler
from bridge.web.parsing import FORM, pairs, readable

log = structlog.get_logger()

JSON = "application/json"
DELIVERY_ID = "I-Twilio-Idempotency-Token"

MOST_FIELDS = 500
LONGEST_FIELD = 16 * 1024
LONGEST_LOGGED = 64
"""Characters of a call SID or delivery id in the log: it is logged before it is verified."""

ACCOUNT_SID = re.compile(r"AC[0-9a-f]{32}")
SHARED_KEY_ID = re.compile(r"webhooks_sharedkey_[A-Za-z0-9]{1,40}")

UNSIGNED = "The request does not carry a valid X-Twilio-Signature for this URL."


class SignatureClaim(NamedTuple):
    """The signature headers of a request, and the secrets (`signers`) that can have made it."""

    signature: str
    settings: str
    signers: Signers


class SignedForms:
    """Lets a request through to its handler if Twilio signed it.

    Each route accepts the content types that Twilio posts there. No route accepts GET: a prefetch, or a
    link in a log, would repeat the request.
    """

    def __init__(self, validator: Validator, public_url: str, *, account_sid: str) -> None:
        self._validator = validator
        self._account_sid = account_sid
        self._has_seen_no_key = False
        parts = urlsplit(public_url)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._prefix = parts.path

    def __call__(self, handle: FormHandler) -> Handler:
        """Wraps a handler of forms; the result raises WrongContentType, NotAllowed and CallbackInvalid."""

        async def handler(request: web.Request) -> web.Response:
            claim = self._claim(request, FORM)
            body = await request.read()
            sent = pairs(body, most=MOST_FIELDS)
            is_valid = partial(self._validator.is_valid, parameters=sent)
            self._check(request, claim, is_valid, lambda: dict(sent).get("AccountSid", ""))
            parameters = _of_use(sent, of=body)
            _follow_the_call(request, parameters)
            return await handle(request, parameters)

        return handler

    def json(self, handle: BodyHandler) -> Handler:
        """Wraps a handler of JSON bodies, which gets the signed bytes; a form becomes a JSON object."""

        async def of_form(request: web.Request, parameters: Mapping[str, str]) -> web.Response:
            return await handle(request, json.dumps(parameters).encode())

        as_form = self(of_form)

        async def handler(request: web.Request) -> web.StreamResponse:
            if media_type(request.headers) == FORM:
                return await as_form(request)
            claim = self._claim(request, JSON)
            body = await request.read()
            is_valid = partial(self._validator.is_valid_body, body=body)
            self._check(request, claim, is_valid, lambda: account_in(body))
            return await handle(request, body)

        return handler

    def _claim(self, request: web.Request, content_type: str) -> SignatureClaim:
        """Reads the signature headers; raises before the body is parsed."""
        if media_type(request.headers) != content_type:
            raise WrongContentType(f"The body should be {content_type}, as Twilio sends it.")
        signatures = request.headers.getall(SIGNATURE, ())
        settings = request.headers.getall(SIGNATURE_SETTINGS, ("",))
        # Clients send an absolute URL in place of a path only to proxies.
        if len(signatures) != 1 or len(settings) != 1 or not request.raw_path.startswith("/"):
            raise NotAllowed(UNSIGNED)
        try:
            return SignatureClaim(signatures[0], settings[0], self._validator.signers(settings[0]))
        except SignerUnknown as unknown:
            log.warning("signature.unknown", reason=str(unknown), shared_key_id=_shared_key_id(settings[0]))
            raise NotAllowed(UNSIGNED) from unknown

    def _check(
        self,
        request: web.Request,
        claim: SignatureClaim,
        is_valid: Callable[..., bool],
        account: Callable[[], str],
    ) -> None:
        """Raises NotAllowed where the signature is not valid; `account` is the account SID in the body."""
        signed_by = {"signature": claim.signature, "signers": claim.signers}
        urls = self._urls(request.raw_path)
        if not any(is_valid(url, **signed_by) for url in urls):
            self._log_other_account(account())
            raise NotAllowed(UNSIGNED)
        if claim.settings and not self._has_seen_no_key:
            self._log_without_key(names_in(claim.settings))

    def _log_without_key(self, names: list[str]) -> None:
        """Logs once that the header names no key: Twilio's documentation does not say that this happens."""
        if "key" not in names:
            self._has_seen_no_key = True
            log.info("signature.without_key", names=names)

    def _log_other_account(self, named: str) -> None:
        """Logs another account, such as a subaccount, whose auth token signs the webhooks of its numbers."""
        if ACCOUNT_SID.fullmatch(named) and named != self._account_sid:
            log.warning("signature.other_account", account_sid=named)

    def _urls(self, path: str) -> Iterator[str]:
        """The URLs that Twilio possibly called: behind a proxy the request's own host and scheme differ.

        A proxy can strip the path of the public URL or keep it; `/twilio/…` alone does not show which.
        """
        yield f"{self._origin}{self._prefix}{path}"
        if self._prefix and path.startswith(f"{self._prefix}/"):
            yield f"{self._origin}{path}"


def _shared_key_id(settings: str) -> str | None:
    """The key id in the signature settings header; None where it does not have the form of an id."""
    found = SHARED_KEY_ID.search(settings)
    return found[0] if found else None


def _follow_the_call(request: web.Request, parameters: Mapping[str, str]) -> None:
    """Adds the call SID and the delivery id to the log lines of the request."""
    short = {}
    if call_sid := parameters.get("ParentCallSid") or parameters.get("CallSid"):
        short["call_sid"] = call_sid[:LONGEST_LOGGED]
    if delivery := request.headers.get(DELIVERY_ID):
        short["delivery"] = delivery[:LONGEST_LOGGED]
    context.bind(**short)


def _of_use(pairs: list[tuple[str, str]], *, of: bytes) -> dict[str, str]:
    """Drops parameters that are too long for any handler (results of add-ons), and control characters."""
    parameters = dict(pairs if len(of) <= LONGEST_FIELD else _short_enough(pairs))
    if "".join(parameters.values()).isprintable():
        return parameters
    return {name: readable(value) for name, value in parameters.items()}


def _short_enough(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    too_long = sorted({name[:40] for name, value in pairs if len(name + value) > LONGEST_FIELD})
    if too_long:
        log.warning("request.left_out", parameters=too_long)
    return [(name, value) for name, value in pairs if len(name + value) <= LONGEST_FIELD]
