"""Who is behind the proxies: only what a trusted one wrote counts."""

from ipaddress import ip_address, ip_network
from itertools import takewhile

import pytest
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from bridge.web.authentication.client_address import (
    Addresses,
    Network,
    UnnamedProxy,
    client_address,
    parse,
    site,
)

TRUSTED = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.1", "198.51.100.7", "192.0.2.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        ("10.0.0.1", "10.0.0.9", "10.0.0.9"),
        ("10.0.0.1", "198.51.100.7, garbage", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.7,", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.7, unknown, 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "198.51.100.7:4711", "198.51.100.7"),
        ("10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"),
        ("fd00::1", "2001:db8::1", "2001:db8::1"),
        ("fe80::1", "2001:db8::1", "fe80::1"),
    ],
)
def test_client(peer: str, forwarded: str, client: str) -> None:
    assert client_address(ip_address(peer), forwarded, TRUSTED) == ip_address(client)


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("", (), "unknown"),
        ("", ("198.51.100.7",), "unknown"),
        ("192.0.2.1", (), "192.0.2.1"),
        ("192.0.2.1", ("198.51.100.7",), "192.0.2.1"),
        ("10.0.0.1", ("198.51.100.7",), "198.51.100.7"),
        ("10.0.0.1", ("203.0.113.9", "198.51.100.7"), "198.51.100.7"),
        ("10.0.0.1", ("203.0.113.9, 198.51.100.7", "10.0.0.2"), "198.51.100.7"),
        ("2001:db8:1:2::7", (), "2001:db8:1:2::/64"),
    ],
)
def test_the_client_of_a_request(peer: str, forwarded: tuple[str, ...], found: str) -> None:
    """Several headers of one name are one list."""
    headers = CIMultiDict(("X-Forwarded-For", each) for each in forwarded)
    assert Addresses(TRUSTED).of(make_mocked_request("GET", "/", headers).clone(remote=peer)) == found


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "reason"),
    [
        ([], "172.18.0.1", "198.51.100.7", "proxy.not_trusted"),
        (TRUSTED, "172.18.0.1", "198.51.100.7", "proxy.not_trusted"),
        (TRUSTED, "10.0.0.1", "198.51.100.7", None),
        ([], "172.18.0.1", None, "proxy.not_trusted"),
        ([], "8.8.8.8", None, None),
        ([], "", None, None),
        # Some proxy is named: who else asks is another matter.
        (TRUSTED, "172.18.0.1", None, None),
    ],
)
def test_a_proxy_that_the_settings_do_not_name_is_found(
    trusted: list[Network], peer: str, forwarded: str | None, reason: str | None
) -> None:
    """By what it forwards at once, else by many requests of one private address."""
    addresses = Addresses(trusted)
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = make_mocked_request("GET", "/", headers).clone(remote=peer)
    addresses.of(request)
    assert (addresses.reason is None) == (reason is None or forwarded is None)
    for _ in range(20):
        addresses.watch(request)
    assert addresses.reason == reason


@given(peer=st.ip_addresses().filter(lambda a: not any(a in n for n in TRUSTED)), forwarded=st.text())
def test_whoever_is_not_trusted_is_taken_for_themselves(peer: object, forwarded: str) -> None:
    address = ip_address(str(peer))
    assert client_address(address, forwarded, TRUSTED) == address


@given(client=st.ip_addresses(), forged=st.text())
def test_what_stands_left_of_a_client_counts_for_nothing(client: object, forged: str) -> None:
    found = parse(str(client))
    assert found is not None
    proxy = ip_address("10.0.0.1")
    if not any(found in network for network in TRUSTED):
        assert client_address(proxy, f"{forged}, {client}", TRUSTED) == found


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_what_limits_count_by(address: str, counted: str) -> None:
    found = parse(address)
    assert found is not None
    assert site(found) == counted


@pytest.mark.parametrize(
    ("peers", "found"),
    [
        (["172.18.0.1"] * 20, True),
        (["172.18.0.1"] * 19, False),
        (["127.0.0.1", *["172.18.0.1"] * 20], True),
        (["127.0.0.1", "172.18.0.1"] * 20, False),
        (["198.51.100.1", *["172.18.0.1"] * 30], True),
        (["8.8.8.8", *["172.18.0.1"] * 30], False),
        (["8.8.8.8"] * 30, False),
        (["fd00::1"] * 20, True),
        ([*(f"10.0.0.{n}" for n in range(19)), *["172.18.0.1"] * 200], True),
        ([*(f"10.0.0.{n}" for n in range(20)), *["172.18.0.1"] * 200], False),
    ],
)
def test_what_is_taken_for_a_proxy(peers: list[str], found: bool) -> None:
    unnamed = UnnamedProxy()
    for peer in takewhile(lambda _: unnamed.watches, peers):
        unnamed.saw(ip_address(peer))
    assert unnamed.found == found
    # Requests are not counted on once it is known.
    assert not (found and unnamed.watches)
