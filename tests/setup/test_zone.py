"""The time zone of notes is found out, as far as it can be."""

import pytest

from bridge.setup.zone import is_zone, machine_zone, zone_of


@pytest.mark.parametrize(
    ("number", "zone"),
    [
        ("+33159130001", "Europe/Paris"),
        ("+12025550123", "America/New_York"),
        ("+18005550123", None),
        ("+447700900123", None),
        ("client:alice", None),
        ("", None),
    ],
)
def test_a_number_says_where_the_company_is(number: str, zone: str | None) -> None:
    assert zone_of(number) == zone


@pytest.mark.parametrize(
    ("told", "zone"),
    [
        ("America/Toronto", "America/Toronto"),
        ("UTC", None),
        ("Etc/UTC", None),
        ("EST5EDT,M3.2.0", None),
        (":/etc/localtime", None),
    ],
)
def test_a_machine_in_utc_was_set_to_no_zone(
    monkeypatch: pytest.MonkeyPatch, told: str, zone: str | None
) -> None:
    monkeypatch.setenv("TZ", told)
    assert machine_zone() == zone


@pytest.mark.parametrize("name", ["", "Nowhere", "../passwd", "Europe", "a\0b"])
def test_what_is_no_zone_is_refused(name: str) -> None:
    assert not is_zone(name)
