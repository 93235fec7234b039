"""Signatures are those that Twilio's own library expects."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from bridge.sandbox.twilio.signing import Signer

TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)


@settings(deadline=None)
@given(token=TEXTS.filter(bool), params=st.dictionaries(TEXTS, TEXTS, max_size=8))
def test_equal_to_the_library(token: str, params: dict[str, str]) -> None:
    url = "https://bridge.example/twilio/voice?a=1&b=%2F"
    assert Signer(token).sign(url, params) == RequestValidator(token).compute_signature(url, params)


@pytest.mark.parametrize(
    ("url", "signature"),
    [
        ("https://mycompany.com/myapp.php?foo=1&bar=2", "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        ("https://mycompany.com:443/myapp.php?foo=1&bar=2", "kvajT1Ptam85bY51eRf/AJRuM3w="),
    ],
)
def test_published_vectors(url: str, signature: str) -> None:
    caller = "+14158675309"
    params = {"CallSid": "CA1234567890ABCDE", "Digits": "1234", "From": caller, "Caller": caller}
    assert Signer("12345").sign(url, {**params, "To": "+18005551212"}) == signature
