"""The bridge's own URLs: what is written on them comes back as parameters."""

import pytest

from bridge.twilio.urls import CallbackUrls, own_parameters

URLS = CallbackUrls("https://crm.example.com/phone")


@pytest.mark.parametrize(
    ("url", "told"),
    [
        (URLS.dial, {}),
        (URLS.after(2), {"Step": "2"}),
        (URLS.after("transfer"), {"Step": "transfer"}),
        (URLS.status, {}),
        (URLS.status_in, {"CallDirection": "inbound"}),
        (URLS.recording, {}),
        ("/twilio/dial?step=1&CallSid=CA1&From=x", {"Step": "1"}),
    ],
)
def test_marks(url: str, told: dict[str, str]) -> None:
    # Twilio does not send the fragment.
    assert own_parameters(url.partition("#")[0]) == told
