"""Signatures: Twilio's published vectors, and one opinion with Twilio's own library."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from multidict import MultiDict
from twilio.request_validator import RequestValidator

from bridge.twilio.signature import Validator

URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
PARAMETERS = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("Caller", "+14158675309"),
    ("To", "+18005551212"),
]
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
        (URL.replace("mycompany", "yourcompany"), PARAMETERS, SIGNATURE, False),
        (URL.replace("bar=2", "bar=3"), PARAMETERS, SIGNATURE, False),
        (URL.replace(".com", ".com:8443"), PARAMETERS, "kvajT1Ptam85bY51eRf/AJRuM3w=", False),
        (URL, PARAMETERS, "", False),
        (URL, PARAMETERS, SIGNATURE[:-1], False),
        (URL, PARAMETERS, "é\udcff", False),
    ],
)
def test_vectors(url: str, parameters: list[tuple[str, str]], signature: str, valid: bool) -> None:
    assert Validator(["12345"]).is_valid(url, parameters, signature) == valid


@pytest.mark.parametrize(
    ("tokens", "valid"),
    [
        (["12345", "67890"], True),
        (["67890", "12345"], True),
        (["67890"], False),
        (["1234"], False),
        ([], False),
    ],
)
def test_any_of_several_tokens(tokens: list[str], valid: bool) -> None:
    assert Validator(tokens).is_valid(URL, PARAMETERS, SIGNATURE) == valid


TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
PAIRS = st.lists(st.tuples(st.sampled_from(["To", "From", "Digits", "é", ""]) | TEXT, TEXT), max_size=6)
HOSTS = st.sampled_from(["bridge.example.com", "10.0.0.1", "localhost"])
PORTS = st.sampled_from(["", ":80", ":443", ":8443"]) | st.integers(1, 65535).map(":{}".format)
PATHS = st.sampled_from(["", "/", "/twilio/status", "/phone/twilio/voice", "/a;b", "/%C3%A9", "/a:b@c"])
QUERIES = st.sampled_from(["", "?", "?a=1&b=%2F", "?bodySHA256=00", "?é=1", "?a=1;b=2"])
URLS = st.builds("{}://{}{}{}{}".format, st.sampled_from(["https", "http"]), HOSTS, PORTS, PATHS, QUERIES)
TOKENS = st.lists(st.text(st.characters(codec="ascii"), min_size=1, max_size=8), min_size=1, max_size=3)


@st.composite
def signatures(draw: st.DrawFn, url: str, pairs: Sequence[tuple[str, str]], tokens: Sequence[str]) -> str:
    """Right ones, those of another URL, token or form, and garbage."""
    signer = RequestValidator(draw(st.sampled_from([*tokens, "another"])))
    signed_url = draw(st.sampled_from([url, url.replace(":443", ""), url.replace(":80", "")]) | URLS)
    signed = draw(st.sampled_from([pairs, pairs[::-1], pairs[1:]]))
    right: str = signer.compute_signature(signed_url, MultiDict(signed))
    return draw(st.sampled_from([right, right[:-1], right.lower(), f" {right}"]) | TEXT)


def agrees(data: st.DataObject) -> None:
    """Our verdict is the library's, on any form, whatever signature comes with it."""
    url, pairs, tokens = data.draw(URLS), data.draw(PAIRS), data.draw(TOKENS)
    signature = data.draw(signatures(url, pairs, tokens))
    theirs = any(RequestValidator(token).validate(url, MultiDict(pairs), signature) for token in tokens)
    assert Validator(tokens).is_valid(url, pairs, signature) == theirs


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
        assert Validator(tokens).is_valid(url, pairs, signature) == library
