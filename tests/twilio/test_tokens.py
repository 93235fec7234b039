"""Access tokens: what a JWT for the widget says, and which identities there are."""

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import VoiceGrant

from bridge.calls.agents import identity_of
from bridge.twilio.binding import Binding
from bridge.twilio.tokens import IssuedToken, TokenIssuer

NOW = datetime(2026, 11, 22, 10, 0, 0, 900_000, tzinfo=UTC)
SECOND = int(NOW.timestamp())
SECRET = "an invented secret of thirty-two characters"
BINDING = Binding(["an-invented-auth-token"])
OUTGOING = {"application_sid": "AP" + "0" * 32, "params": BINDING.parameters("alice")}
ACCOUNT, KEY, APP = "AC" + "0" * 32, "SK" + "0" * 32, "AP" + "0" * 32


def issuer(*, ttl: timedelta = timedelta(hours=1), region: str | None = None) -> TokenIssuer:
    return TokenIssuer(
        account_sid=ACCOUNT,
        api_key=KEY,
        api_secret=SecretStr(SECRET),
        app_sid=APP,
        ttl=ttl,
        binding=BINDING,
        region=region,
    )


def issue(
    *, ttl: timedelta = timedelta(hours=1), region: str | None = None, incoming: bool = True
) -> IssuedToken:
    return issuer(ttl=ttl, region=region).issue("alice", incoming=incoming, now=NOW)


def payload(token: str) -> dict[str, Any]:
    told: dict[str, Any] = jwt.decode(
        token, SECRET, algorithms=["HS256"], options={"verify_exp": False, "verify_nbf": False}
    )
    return told


@given(
    identity=st.text(min_size=1).map(lambda text: text.encode(errors="ignore").decode()).filter(bool),
    incoming=st.booleans(),
    region=st.sampled_from([None, "ie1"]),
)
def test_it_says_what_twilios_own_says(identity: str, incoming: bool, region: str | None) -> None:
    issued = issuer(region=region).issue(identity, incoming=incoming, now=NOW)
    grant = VoiceGrant(
        incoming_allow=incoming,
        outgoing_application_sid=APP,
        outgoing_application_params=BINDING.parameters(identity),
    )
    grants, until = [grant], SECOND + 3600
    theirs = AccessToken(
        *(ACCOUNT, KEY, SECRET), grants, identity, nbf=SECOND, valid_until=until, region=region
    ).to_jwt()
    assert jwt.get_unverified_header(issued.token) == jwt.get_unverified_header(theirs)
    ours, expected = payload(issued.token), payload(theirs)
    # Theirs has the time of the test's clock in it.
    assert ours.pop("jti").startswith(f"{KEY}-")
    assert expected.pop("jti").startswith(f"{KEY}-")
    assert ours == expected


@pytest.mark.parametrize("region", [None, "ie1"])
def test_header(region: str | None) -> None:
    header = {"typ": "JWT", "alg": "HS256", "cty": "twilio-fpa;v=1"} | ({"twr": region} if region else {})
    assert jwt.get_unverified_header(issue(region=region).token) == header


def test_payload() -> None:
    told = payload(issue().token)
    assert told.pop("jti").startswith(f"{KEY}-")
    assert told == {
        "iss": KEY,
        "sub": ACCOUNT,
        "nbf": SECOND,
        "exp": SECOND + 3600,
        "grants": {
            "identity": "alice",
            "voice": {"incoming": {"allow": True}, "outgoing": OUTGOING},
        },
    }


def test_one_that_may_not_be_called() -> None:
    assert payload(issue(incoming=False).token)["grants"]["voice"] == {"outgoing": OUTGOING}


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        (timedelta(minutes=1), 60),
        (timedelta(hours=1), 3600),
        (timedelta(hours=24), 86400),
        (timedelta(hours=24, seconds=1), 86400),
        (timedelta(days=365), 86400),
    ],
)
def test_ttl_is_a_day_at_most(asked: timedelta, given: int) -> None:
    issued = issue(ttl=asked)
    assert (payload(issued.token)["exp"] - SECOND, issued.ttl) == (given, given)
    assert issued.expires_at == datetime.fromtimestamp(SECOND + given, UTC)


@pytest.mark.parametrize(
    ("asked", "identity"),
    [
        ("alice", "alice"),
        ("twenty-user-1763800000000", "twenty_user_1763800000000"),
        ("jane.doe@example.com", "jane_doe_example_com"),
        ("Zoë", "Zo_"),
        ("a b", "a_b"),
        ("wm-1", "wm_1"),
        ("٣", "_"),
        ("\ud800", "_"),
        ("a\n", "a_"),
        ("a" * 121, "a" * 121),
        ("a" * 122, None),
        ("", None),
    ],
)
def test_identity(asked: str, identity: str | None) -> None:
    assert identity_of(asked) == identity
