"""Signatures: Twilio's published vectors, and one opinion with Twilio's own library."""

from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from multidict import MultiDict
from twilio.request_validator import RequestValidator

from bridge.errors import SignerUnknown
from bridge.twilio.signature import Validator

URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
PARAMETERS = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("Caller", "+14158675309"),
    ("To", "+18005551212"),
]
HTTP = URL.replace("https", "http")


def accepts(
    validator: Validator, url: str, parameters: Sequence[tuple[str, str]], signature: str, settings: str = ""
) -> bool:
    """What becomes of a form with these two headers."""
    return validator.is_valid(url, parameters, signature, validator.signers(settings))


def of_twilio(url: str) -> str:
    """Twilio's own library's signature."""
    return str(RequestValidator("12345").compute_signature(url, dict(PARAMETERS)))


SIGNATURE = "RSOYDt4T1cUTdK1PDd93/VVr8B8="
REPEATED = [
    ("Sid", "CA123"),
    ("SidAccount", "AC123"),
    ("Digits", "5678"),
    ("Digits", "1234"),
    ("Digits", "1234"),
]


@pytest.mark.parametrize(
    ("url", "parameters", "signature", "valid"),
    [
        (URL, PARAMETERS, SIGNATURE, True),
        (URL, PARAMETERS[::-1], SIGNATURE, True),
        (URL, PARAMETERS, "kvajT1Ptam85bY51eRf/AJRuM3w=", True),
        (URL.replace(".com", ".com:443"), PARAMETERS, "kvajT1Ptam85bY51eRf/AJRuM3w=", True),
        (URL.replace(".com", ".com:443"), PARAMETERS, SIGNATURE, True),
        (URL, REPEATED, "IK+Dwps556ElfBT0I3Rgjkr1wJU=", True),
        (URL, PARAMETERS[:-1], SIGNATURE, False),
        (URL, [*PARAMETERS, ("Extra", "")], SIGNATURE, False),
        (URL.replace("https", "http"), PARAMETERS, SIGNATURE, False),
        (HTTP, PARAMETERS, of_twilio(HTTP.replace(".com", ".com:80")), True),
        (HTTP, PARAMETERS, of_twilio(HTTP.replace(".com", ".com:443")), False),
        (URL.replace("mycompany", "yourcompany"), PARAMETERS, SIGNATURE, False),
        (URL.replace("bar=2", "bar=3"), PARAMETERS, SIGNATURE, False),
        (URL.replace(".com", ".com:8443"), PARAMETERS, "kvajT1Ptam85bY51eRf/AJRuM3w=", False),
        (URL, PARAMETERS, "", False),
        (URL, PARAMETERS, SIGNATURE[:-1], False),
        (URL, PARAMETERS, "é\udcff", False),
    ],
)
def test_vectors(url: str, parameters: list[tuple[str, str]], signature: str, valid: bool) -> None:
    assert accepts(Validator(["12345"]), url, parameters, signature) == valid


@pytest.mark.parametrize(
    ("tokens", "valid"),
    [
        (["12345", "67890"], True),
        (["67890", "12345"], True),
        (["67890"], False),
        (["1234"], False),
    ],
)
def test_any_of_several_tokens(tokens: list[str], valid: bool) -> None:
    assert accepts(Validator(tokens), URL, PARAMETERS, SIGNATURE) == valid


SECRET = "sk-secret-0123456789abcdef"
SHARED_KEY = "webhooks_sharedkey_01hzy0example0000000000000"
SHA256 = f"key={SHARED_KEY},algorithm=HMAC_SHA256"
SHA1 = f"key={SHARED_KEY},algorithm=HMAC_SHA1"
STATUS = "https://bridge.example.com/twilio/voice/status?key=v1"
COMPLETED = [
    ("CallSid", "CA00000000000000000000000000000001"),
    ("CallStatus", "completed"),
    ("From", "+15005550006"),
    ("To", "+15005550007"),
    ("ErrorCode", ""),
]
VOICE = "https://bridge.example.com/twilio/voice?CallSid=CA1&From=%2B15005550006"
DUPLICATES = [("Digits", "5678"), ("Digits", "1234"), ("Digits", "1234"), ("Sid", "CA123")]
BODY = b'{"id":"voice_transcription_1","status":"completed"}'
TRANSCRIPTS = f"https://bridge.example.com/twilio/transcripts?bodySHA256={sha256(BODY).hexdigest()}"


@pytest.mark.parametrize(
    ("url", "parameters", "settings", "signature"),
    [
        (STATUS, COMPLETED, SHA256, "b2nmK2r9MvI3Ck7yPYaf2AUilQKW7HWpnWirCaNDWVU="),
        (STATUS, COMPLETED, SHA1, "zLfEfTqdQ49p1Cr2+7WcYSPg86A="),
        (STATUS, COMPLETED, SHA256, "Dm/O5yUXFFHkr7f2wU7vRMsueUn6xBm5Do3LvJ1zjYM="),
        (VOICE, [], SHA256, "wAsCREFgDsmkRQCzbPpL2y9oCMXIYaZSEKR6ezG7wM4="),
        ("https://bridge.example.com/m", DUPLICATES, SHA256, "KYVNThZMGICR7erbh/Yi7ZNF37YeyVY9C5Ts5ljkQYc="),
    ],
)
def test_vectors_of_shared_keys(
    url: str, parameters: list[tuple[str, str]], settings: str, signature: str
) -> None:
    """Of twilio-python 9.13; the third was signed with the default port in the URL."""
    validator = Validator(["12345"], {SHARED_KEY: SECRET})
    assert accepts(validator, url, parameters, signature, settings)
    for other in ("", SHA1 if settings == SHA256 else SHA256):
        assert not accepts(validator, url, parameters, signature, other)


@pytest.mark.parametrize(
    ("url", "body", "valid"),
    [
        (TRANSCRIPTS, BODY, True),
        (TRANSCRIPTS, BODY + b" ", False),
        (TRANSCRIPTS.partition("?")[0], BODY, False),
        (TRANSCRIPTS.replace("bodySHA256", "bodysha256"), BODY, False),
        (TRANSCRIPTS.upper(), BODY, False),
    ],
)
def test_vector_of_a_json_body(url: str, body: bytes, valid: bool) -> None:
    validator = Validator(["12345"], {SHARED_KEY: SECRET})
    signature = "n9qEvbhqR1XHO3cNOr3qNnjdDt2YjAhU/yem12TtL1M="
    assert validator.is_valid_body(url, body, signature, validator.signers(SHA256)) == valid


def test_a_signature_without_the_hash_in_the_query_proves_no_body() -> None:
    url = "https://bridge.example.com/twilio/transcripts"
    signature = RequestValidator("12345").compute_signature(url, {})
    validator = Validator(["12345"])
    assert accepts(validator, url, [], signature)
    assert not validator.is_valid_body(url, BODY, signature, validator.signers())


@pytest.mark.parametrize(
    ("settings", "secret", "algorithm"),
    [
        ("", "12345", "HMAC_SHA1"),
        (SHA256, SECRET, "HMAC_SHA256"),
        (f" algorithm = hmac_sha256 , key = {SHARED_KEY} ", SECRET, "HMAC_SHA256"),
        (f"key={SHARED_KEY}", SECRET, "HMAC_SHA1"),
        (f"key={SHARED_KEY},algorithm=", SECRET, "HMAC_SHA1"),
        (f"{SHA256},version=2,flag", SECRET, "HMAC_SHA256"),
        (f"{SHA256},algorithm=HMAC_SHA1,key=webhooks_sharedkey_another", SECRET, "HMAC_SHA256"),
        ("algorithm=HMAC_SHA256", "12345", "HMAC_SHA256"),
        ("key=,algorithm=HMAC_SHA256", "12345", "HMAC_SHA256"),
        (f"key={SHARED_KEY},Algorithm=HMAC_SHA256", SECRET, "HMAC_SHA1"),
    ],
)
def test_the_header_selects_key_and_algorithm(settings: str, secret: str, algorithm: str) -> None:
    validator = Validator(["12345"], {SHARED_KEY: SECRET, "webhooks_sharedkey_another": "another"})
    signers = validator.signers(settings)
    for each in ("12345", SECRET, "another"):
        for hashed_by in ("HMAC_SHA1", "HMAC_SHA256"):
            signature = RequestValidator(each).compute_signature(URL, dict(PARAMETERS), hashed_by)
            valid = validator.is_valid(URL, PARAMETERS, signature, signers)
            assert valid == ((each, hashed_by) == (secret, algorithm))


@pytest.mark.parametrize(
    ("settings", "advice"),
    [
        ("key=webhooks_sharedkey_unknown,algorithm=HMAC_SHA256", "TWILIO_SHARED_KEYS"),
        (f"key={SHARED_KEY.upper()},algorithm=HMAC_SHA256", "TWILIO_SHARED_KEYS"),
        ("key=12345", "TWILIO_SHARED_KEYS"),
        (f"key={SHARED_KEY},algorithm=HMAC_MD5", "HMAC_SHA256"),
        ("algorithm=none", "HMAC_SHA256"),
        (f"key={SHARED_KEY},algorithm=HMAC_SHA256;q=1", "HMAC_SHA256"),
    ],
)
def test_a_key_or_an_algorithm_that_is_not_configured(settings: str, advice: str) -> None:
    with pytest.raises(SignerUnknown, match=advice):
        Validator(["12345"], {SHARED_KEY: SECRET}).signers(settings)


TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
PAIRS = st.lists(st.tuples(st.sampled_from(["To", "From", "Digits", "é", ""]) | TEXT, TEXT), max_size=6)
HOSTS = st.sampled_from(["bridge.example.com", "10.0.0.1", "localhost"])
PORTS = st.sampled_from(["", ":80", ":443", ":8443"]) | st.integers(1, 65535).map(":{}".format)
PATHS = st.sampled_from(["", "/", "/twilio/status", "/phone/twilio/voice", "/a;b", "/%C3%A9", "/a:b@c"])
QUERIES = st.sampled_from(["", "?", "?a=1&b=%2F", "?bodySHA256=00", "?é=1", "?a=1;b=2"])
URLS = st.builds("{}://{}{}{}{}".format, st.sampled_from(["https", "http"]), HOSTS, PORTS, PATHS, QUERIES)
TOKENS = st.lists(st.text(st.characters(codec="ascii"), min_size=1, max_size=8), min_size=1, max_size=3)


ALGORITHM = st.sampled_from(["HMAC_SHA1", "HMAC_SHA256"])


@st.composite
def signatures(draw: st.DrawFn, url: str, pairs: Sequence[tuple[str, str]], tokens: Sequence[str]) -> str:
    """Right ones, those of another URL, token, form or algorithm, and garbage."""
    signer = RequestValidator(draw(st.sampled_from([*tokens, "another"])))
    signed_url = draw(st.sampled_from([url, url.replace(":443", ""), url.replace(":80", "")]) | URLS)
    signed = draw(st.sampled_from([pairs, pairs[::-1], pairs[1:]]))
    right: str = signer.compute_signature(signed_url, MultiDict(signed), draw(ALGORITHM))
    return draw(st.sampled_from([right, right[:-1], right.lower(), f" {right}"]) | TEXT)


def agrees(data: st.DataObject) -> None:
    """Our verdict is the library's, on any form, whatever signature comes with it."""
    url, pairs, tokens = data.draw(URLS), data.draw(PAIRS), data.draw(TOKENS)
    signature, algorithm = data.draw(signatures(url, pairs, tokens)), data.draw(ALGORITHM)
    theirs = [RequestValidator(one).validate(url, MultiDict(pairs), signature, algorithm) for one in tokens]
    of_the_account = Validator(tokens)
    assert accepts(of_the_account, url, pairs, signature, f"algorithm={algorithm}") == any(theirs)
    shared = Validator(["of the account"], {SHARED_KEY: tokens[0]})
    settings = f"key={SHARED_KEY},algorithm={algorithm}"
    assert accepts(shared, url, pairs, signature, settings) == theirs[0]


@given(url=URLS, body=st.binary(max_size=64), sent=st.binary(max_size=64), algorithm=ALGORITHM)
@settings(deadline=None)
def test_one_opinion_with_the_library_on_bodies(url: str, body: bytes, sent: bytes, algorithm: str) -> None:
    text = body.decode("latin-1")
    signed = f"{url.partition('?')[0]}?bodySHA256={sha256(text.encode()).hexdigest()}"
    signature = RequestValidator(SECRET).compute_signature(signed, {}, algorithm)
    validator = Validator([], {SHARED_KEY: SECRET})
    signers = validator.signers(f"key={SHARED_KEY},algorithm={algorithm}")
    for each in (text, sent.decode("latin-1")):
        theirs = RequestValidator(SECRET).validate(signed, each, signature, algorithm)
        assert validator.is_valid_body(signed, each.encode(), signature, signers) == theirs


@given(settings=st.text(st.sampled_from("key=,algorithmHMAC_SHA1256 ;"), max_size=60))
def test_no_header_selects_what_is_not_configured(settings: str) -> None:
    """The empty validator has no secret at all: whatever the header names, no signature holds."""
    validator = Validator([], {})
    with suppress(SignerUnknown):
        assert not validator.signers(settings)


@given(data=st.data())
@settings(max_examples=500, deadline=None)
def test_one_opinion_with_the_library(data: st.DataObject) -> None:
    agrees(data)


@pytest.mark.slow
@given(data=st.data())
@settings(max_examples=100_000, deadline=None)
def test_one_opinion_with_the_library_at_length(data: st.DataObject) -> None:
    agrees(data)


@given(url=URLS, pairs=PAIRS, tokens=TOKENS)
@settings(deadline=None)
def test_what_the_library_signs_is_valid(url: str, pairs: list[tuple[str, str]], tokens: list[str]) -> None:
    for token in tokens:
        signature = RequestValidator(token).compute_signature(url, MultiDict(pairs))
        library = RequestValidator(token).validate(url, MultiDict(pairs), signature)
        assert accepts(Validator(tokens), url, pairs, signature) == library
