"""What a request for a list names."""

import pytest

from bridge.errors import NotUnderstood
from bridge.web.phone.lists import record_id

A_PERSON = "d0c70400-0000-4000-8000-000000000001"


@pytest.mark.parametrize("version", range(1, 6))
def test_an_id_of_a_record_is_a_uuid_as_twenty_takes_it(version: int) -> None:
    given = A_PERSON.replace("-4000-", f"-{version}000-")
    assert record_id(given.upper(), "company") == given


@pytest.mark.parametrize(
    "given",
    [
        "",
        "company",
        f"{{{A_PERSON}}}",
        f"urn:uuid:{A_PERSON}",
        A_PERSON.replace("-", ""),
        "00000000-0000-0000-0000-000000000000",
        A_PERSON.replace("-4000-", "-7000-"),
        A_PERSON.replace("-8000-", "-c000-"),
    ],
)
def test_anything_else_is_named(given: str) -> None:
    with pytest.raises(NotUnderstood, match=r"^company: It should be the id of a record in Twenty\."):
        record_id(given, "company")
