"""What may be dialled: a table of what people type, under which rules, and what comes of it."""

import re
from typing import Any

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DataObject
from phonenumbers import SUPPORTED_REGIONS, PhoneNumberFormat, PhoneNumberType, ValidationResult

from bridge.calls.dialling.rules import ONE_PRICE, ORDINARY, Dialling, Rules
from bridge.calls.dialling.surcharged import surcharge_of
from bridge.calls.numbers import Number, shortened
from bridge.errors import NumberRefused
from tests.calls.spellings import numbers, spelled
from tests.calls.test_texts import REASONS


def rules(region: str = "FR", *countries: str, **more: Any) -> Rules:
    return Rules(region=region, countries=frozenset(countries or (region,)), **more)


def verdict(typed: str, rules: Rules) -> str:
    """The number that is dialled, or the reason for which none is."""
    try:
        return Dialling(rules).number(typed)
    except NumberRefused as refused:
        return refused.reason


@pytest.mark.parametrize(
    "typed",
    [
        "0612345678",
        "06 12 34 56 78",
        "06.12.34.56.78",
        "06-12-34-56-78",
        "06/12/34/56/78",
        "(0)6 12 34 56 78",
        "+33612345678",
        "+33 6 12 34 56 78",
        "+33 (0)6 12 34 56 78",
        "+(33) 6 12 34 56 78",
        "0033612345678",
        " 0612345678 ",
        "06\u00a012\u00a034\u00a056\u00a078",
        "06\u202f12\u202f34\u202f56\u202f78",
        "06\u201112\u201134\u201156\u201178",
        "\u202a+33 6 12 34 56 78\u202c",
        "\u200e+33612345678",
        "０６１２３４５６７８",
        "＋33612345678",
        "tel:+33612345678",
        "TEL:+33-6-12-34-56-78",
        "tel:+33612345678;ext=12",
        "0612345678 ext. 12",
        "0612345678x12",
        "+33612345678\n",
        "\t06 12 34 56 78\t",
        "٠٦١٢٣٤٥٦٧٨",
        "+३३६१२३४५६७८",
        "(+33) 6 12 34 56 78",
        "(+33)612345678",
        "[+33] 6 12 34 56 78",
        "(0033) 6 12 34 56 78",
        "+ 33 6 12 34 56 78",
        "+33 (0) 6 12 34 56 78",
        "00 33 6 12 34 56 78",
        "tel:0612345678;phone-context=+33",
        "tel:0612345678;phone-context=crm.example.com",
        "tel:%2B33612345678",
        "Tel. 06 12 34 56 78",
        "Tél. : 06 12 34 56 78",
        "Mobile: 06 12 34 56 78",
        "06 12 34 56 78 (bureau)",
        "N° 06 12 34 56 78",
        "Numéro : 06 12 34 56 78",
        "☎ 06 12 34 56 78",
        "06 12 34 56 78 📞",
        "<+33612345678>",
        "“+33 6 12 34 56 78”",
        "'+33612345678",
        "06·12·34·56·78",
        "06_12_34_56_78",
        "612345678.0",
        "06 12 34 56 78.",
    ],
)
def test_as_people_write_it(typed: str) -> None:
    assert verdict(typed, rules()) == "+33612345678"


@pytest.mark.parametrize(
    ("typed", "send_digits"),
    [
        ("+33612345678 x12", "wwww12"),
        ("06 12 34 56 78 ext. 044", "wwww044"),
        ("tel:+33612345678;ext=12", "wwww12"),
        ("06 12 34 56 78 poste 12", "wwww12"),
        ("0612345678 #44", "wwww44"),
        ("0612345678p12", "wwww12"),
        ("+33612345678,,12#", "wwwwwwww12#"),
        ("+33612345678,,123456789#,1*", "wwwwwwww123456789#wwww1*"),
        ("٠٦١٢٣٤٥٦٧٨ x١٢", "wwww12"),
        ("06 12 34 56 78 (ext 5)", "wwww5"),
        ("06 12 34 56 78 [poste 5]", "wwww5"),
        ("06 12 34 56 78 int. 5", "wwww5"),
        ("06 12 34 56 78 Ext.#44", "wwww44"),
        ("06 12 34 56 78 x123456789", "wwww123456789"),
        ("06 12 34 56 78 wew. 12", "wwww12"),
        ("06 12 34 56 78 toestel 12", "wwww12"),
        ("06 12 34 56 78 内線12", "wwww12"),
        ("06 12 34 56 78 ext 44 (Jane)", "wwww44"),
        ("0612345678", ""),
    ],
)
def test_extensions_are_dialled_after_the_answer(typed: str, send_digits: str) -> None:
    assert Dialling(rules()).dial(typed) == ("+33612345678", send_digits)


@given(data=st.data(), number=numbers())
def test_every_spelling_is_dialled_as_the_number(data: DataObject, number: Number) -> None:
    open_rules = rules("FR", *SUPPORTED_REGIONS)
    spelling = data.draw(spelled(number))
    assert verdict(spelling, open_rules) == verdict(number, open_rules)


@pytest.mark.parametrize(
    ("typed", "region", "dialled"),
    [
        *((typed, "MX", "+525512345678") for typed in ("+52 1 55 1234 5678", "044 55 1234 5678")),
        *((typed, "MX", "+525512345678") for typed in ("045 55 1234 5678", "01 55 1234 5678")),
        ("+5215512345678", "MX", "+525512345678"),
        ("011 15-2345-6789", "AR", "+5491123456789"),
        ("+54 9 11 15 2345 6789", "AR", "+5491123456789"),
        ("+54 11 2345 6789", "AR", "+541123456789"),
        ("+55 (11) 8765-4321", "BR", "+5511987654321"),
        ("11 2345-6789", "BR", "+551123456789"),
        ("07 12 34 56", "CI", "+2250707123456"),
        ("٠٦١٢٣٤٥٦٧٨", "FR", "+33612345678"),
        ("۰۹۱۲۳۴۵۶۷۸۹", "IR", "+989123456789"),
        ("+९१९८७६५४३२१०", "IN", "+919876543210"),
        ("(212) 555-1234", "US", "+12125551234"),
        ("1-800-FLOWERS", "US", "+18003569377"),
        ("011 33 6 12 34 56 78", "US", "country"),
        ("0612345678", "IT", "+390612345678"),
        ("0612345678", "US", "invalid"),
        ("0612345678", "ZZ", "invalid"),
        ("8 916 123-45-67", "RU", "+79161234567"),
        ("020 7946 0018", "GB", "+442079460018"),
        ("0345 123 4567", "GB", "+443451234567"),
        ("32 12 34 56", "DK", "+4532123456"),
        ("0112345678", "LK", "+94112345678"),
        ("0911234567", "ET", "+251911234567"),
    ],
)
def test_at_home(typed: str, region: str, dialled: str) -> None:
    assert verdict(typed, rules(region)) == dialled


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "+",
        "garbage",
        "anonymous",
        "+266696687",
        "client:bob",
        "sip:bob@example.com",
        "sip:+33612345678@example.com",
        "whatsapp:+33612345678",
        "+33612345678@example.com",
        "+33612345678<Number>",
        "+33612345678;phone-context=x",
        "+33612345678;isub=1",
        "0612345678,0712345678",
        "0612345678/0712345678",
        "0612345678 0712345678",
        "call 0612345678",
        "0612345678 x1 x2",
        "0612345678 ext 1 2",
        "+33",
        "+33112",
        "+336123456789",
        "+33033612345678",
        "+99912345678",
        "0" * 64,
        "0" * 65,
        "3" * 100_000,
        "\ud800",
        "\x00",
    ],
)
def test_nobodys_number(typed: str) -> None:
    assert verdict(typed, rules()) == "invalid"


@pytest.mark.parametrize(
    ("number", "countries", "dialled"),
    [
        # +1 is many countries' code.
        ("+12125551234", "US", True),
        ("+14165551234", "US", False),
        ("+12423591234", "US", False),
        ("+18765551234", "US", False),
        ("+18095551234", "US", False),
        ("+12423591234", "BS", True),
        ("+12125551234", "CA", False),
        ("+14165551234", "US CA", True),
        # ... and toll-free numbers are all of theirs.
        ("+18005551212", "US", True),
        ("+18005551212", "CA", True),
        ("+18005551212", "JM", True),
        ("+18005551212", "FR", False),
        # Islands that share the code of a neighbour, at another price.
        ("+441534441234", "GB", False),
        ("+447797712345", "GB", False),
        ("+447624123456", "GB", False),
        ("+447797712345", "JE", True),
        ("+447400123456", "JE", False),
        ("+448081570192", "GB", True),
        ("+77012345678", "RU", False),
        ("+79161234567", "RU", True),
        ("+79161234567", "KZ", False),
        ("+77012345678", "KZ", True),
        ("+390669812345", "IT", False),
        ("+390669812345", "VA", True),
        ("+393123456789", "IT", True),
        ("+590690001234", "GP", True),
        ("+590690001234", "BL", True),
        ("+590690001234", "FR", False),
        ("+590690001234", "MQ RE", False),
        ("+262692123456", "FR", False),
        ("+262639012345", "RE", False),
        ("+33612345678", "BE", False),
        ("+33612345678", "BE FR", True),
        # Of no country.
        ("+8816123456789", "FR", False),
        ("+870773111632", "FR", False),
        ("+882161234567", "FR", False),
        ("+88310012345", "FR", False),
        ("+80012345678", "FR", False),
        ("+80812345678", "FR", False),
        ("+979123456789", "FR", False),
        ("+8816123456789", "001", False),
        ("+80012345678", "001", False),
    ],
)
def test_country_by_number_not_by_code(number: str, countries: str, dialled: bool) -> None:
    assert verdict(number, rules("FR", *countries.split())) == (number if dialled else "country")


@pytest.mark.parametrize(
    ("number", "region"),
    [
        ("+33899123456", "FR"),
        ("+33826123456", "FR"),
        ("+33812345678", "FR"),
        ("+447012345678", "GB"),
        ("+447640123456", "GB"),
        ("+448431234567", "GB"),
        ("+449012345678", "GB"),
        ("+19005551212", "US"),
        ("+19005551212", "CA"),
        ("+15005551212", "US"),
        ("+39899123456", "IT"),
        ("+3933101234501", "IT"),
        ("+4970012345678", "DE"),
        ("+499001234567", "DE"),
        ("+41900123456", "CH"),
        ("+611900123456", "AU"),
    ],
)
def test_special_numbers(number: str, region: str) -> None:
    assert verdict(number, rules(region)) == "special"


@pytest.mark.parametrize(
    ("typed", "region", "reason"),
    [
        ("112", "FR", "emergency"),
        ("1 1 2", "FR", "emergency"),
        ("1-1-2", "FR", "emergency"),
        ("(112)", "FR", "emergency"),
        ("tel:112", "FR", "emergency"),
        ("１１２", "FR", "emergency"),
        ("+112", "FR", "emergency"),
        ("17", "FR", "emergency"),
        ("911", "US", "emergency"),
        ("911", "FR", "emergency"),
        ("999", "GB", "emergency"),
        ("999", "FR", "emergency"),
        ("000", "AU", "emergency"),
        ("112", "001", "emergency"),
        ("9115551234", "US", "emergency"),
        ("1120612345678", "FR", "emergency"),
        ("1", "FR", "short"),
        ("12", "FR", "short"),
        ("3631", "FR", "short"),
        ("118218", "FR", "short"),
        ("00112", "FR", "short"),
        ("*100#", "FR", "short"),
        ("*31#0612345678", "FR", "short"),
        ("#31#0612345678", "FR", "short"),
        ("*112", "FR", "short"),
        ("**21*+33899123456#", "FR", "short"),
    ],
)
def test_short_and_emergency_numbers(typed: str, region: str, reason: str) -> None:
    assert verdict(typed, rules(region)) == reason


@pytest.mark.parametrize(
    ("typed", "countries", "dialled"),
    [
        ("0596 71 23 45", "FR MQ", "+596596712345"),
        ("0696 12 34 56", "FR MQ", "+596696123456"),
        ("0590 29 00 00", "FR GP", "+590590290000"),
        ("0692 12 34 56", "FR RE", "+262692123456"),
        ("0262 12 34 56", "FR RE", "+262262123456"),
        ("0269 60 12 34", "FR YT", "+262269601234"),
        ("0594 30 12 34", "FR GF", "+594594301234"),
        ("0508 41 23 45", "FR PM", "+508412345"),
        ("+33 596 71 23 45", "FR MQ", "+596596712345"),
        # No telephone in France rings there, whatever is allowed.
        ("0596 71 23 45", "FR", "country"),
        ("0561 12 34 56", "FR MQ", "+33561123456"),
    ],
)
def test_france_overseas(typed: str, countries: str, dialled: str) -> None:
    assert verdict(typed, rules("FR", *countries.split())) == dialled


@pytest.mark.parametrize(
    ("typed", "region", "dialled"),
    [
        ("112", "FR", "112"),
        ("112\n", "FR", "112"),
        ("\u200e112\t", "FR", "112"),
        ("١١٢", "FR", "112"),
        ("۱۱۲", "FR", "112"),
        ("१ १ २", "FR", "112"),
        ("٩٩٩", "AE", "999"),
        ("tel:112;phone-context=+33", "FR", "112"),
        ("112,", "FR", "112"),
        ("1 1 2", "FR", "112"),
        ("17", "FR", "17"),
        ("911", "US", "911"),
        # Not what people in France dial: where it would go, nobody knows.
        ("911", "FR", "emergency"),
        ("+112", "FR", "emergency"),
        ("1120612345678", "FR", "emergency"),
        ("3631", "FR", "short"),
        ("*112", "FR", "short"),
    ],
)
def test_emergency_numbers_where_they_are_allowed(typed: str, region: str, dialled: str) -> None:
    assert verdict(typed, rules(region, emergency=True)) == dialled


@pytest.mark.parametrize("emergency", [True, False])
@pytest.mark.parametrize(
    ("typed", "is_one"), [("112", True), ("17", True), ("3631", False), ("+33612345678", False)]
)
def test_emergency_numbers_are_known(typed: str, is_one: bool, emergency: bool) -> None:
    assert Dialling(rules(emergency=emergency)).is_emergency(typed) == is_one


def test_short_numbers_that_are_allowed_are_dialled_as_they_are() -> None:
    allowed = rules(short_numbers=frozenset({"3631", "112"}))
    assert verdict("٣٦٣١\n", allowed) == "3631"
    assert [verdict(typed, allowed) for typed in ("3631", "36 31", "3632", "112")] == [
        "3631",
        "3631",
        "short",
        "emergency",
    ]


@pytest.mark.parametrize(
    ("number", "allow", "deny", "dialled"),
    [
        ("+33612345678", (), ("+336",), "denied"),
        ("+33756123456", (), ("+336",), "+33756123456"),
        ("+33612345678", ("+336123",), ("+336",), "+33612345678"),
        ("+33612345678", ("+336",), ("+336123",), "denied"),
        ("+33612345678", ("+336",), ("+336",), "denied"),
        # Of several that fit the longest counts, wherever it stands.
        ("+33612345678", ("+33", "+336123", "+3361"), ("+336",), "+33612345678"),
        ("+33612345678", ("+336",), ("+33", "+336123", "+3361"), "denied"),
        ("+33612345678", (), ("+33612345678",), "denied"),
        ("0612345678", (), ("+336",), "denied"),
        ("+33892123456", ("+33892",), (), "+33892123456"),
        ("+33899123456", ("+33892",), (), "special"),
        ("+12125551234", ("+1212",), (), "+12125551234"),
        ("+12135551234", ("+1212",), (), "country"),
        ("+8816123456789", ("+881",), (), "+8816123456789"),
        # The metadata are behind the world at times: that a number is possible will do.
        ("+12129115555", ("+1212",), (), "+12129115555"),
        ("+3361234567", ("+336",), (), "invalid"),
        ("+33612345678901", ("+336",), (), "invalid"),
        ("5551234", ("+1555",), (), "invalid"),
        ("+33112", ("+33112",), (), "invalid"),
    ],
)
def test_the_longest_prefix_wins(
    number: str, allow: tuple[str, ...], deny: tuple[str, ...], dialled: str
) -> None:
    region = "US" if number == "5551234" else "FR"
    assert verdict(number, rules(region, allow=allow, deny=deny)) == dialled


def test_what_is_longer_than_any_number_is_not_read() -> None:
    assert verdict("0612345678".ljust(64), rules()) == "+33612345678"
    assert verdict("0612345678".ljust(65), rules()) == "invalid"


def test_the_message_is_for_the_operator_and_shows_no_whole_number() -> None:
    with pytest.raises(NumberRefused) as refused:
        Dialling(rules()).number("+33899123456")
    assert str(refused.value) == "'+338…456': premium_rate, a kind that is not dialled"


def is_diallable(number: phonenumbers.PhoneNumber) -> bool:
    """Canada's 310 numbers are dialled without an area code, and from nowhere else."""
    return phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE


def kinds() -> list[int]:
    return sorted(PhoneNumberType.values())


@pytest.mark.parametrize("kind", kinds())
def test_the_examples_of_every_country(kind: int) -> None:
    """No premium number of any country is dialled from home; ordinary ones are."""
    for region in SUPPORTED_REGIONS:
        example = phonenumbers.example_number_for_type(region, kind)
        if example is None or not is_diallable(example):
            continue
        e164 = phonenumbers.format_number(example, PhoneNumberFormat.E164)
        national = phonenumbers.format_number(example, PhoneNumberFormat.NATIONAL)
        dialled = verdict(e164, rules(region)), verdict(national, rules(region))
        if phonenumbers.number_type(example) in ORDINARY and not surcharge_of(e164):
            assert dialled[0] == e164, (region, e164)
        else:
            assert dialled[0] == "special", (region, e164)
            assert not dialled[1].startswith("+"), (region, national)


REGIONS = st.sampled_from(sorted(SUPPORTED_REGIONS))
EXAMPLES = [
    phonenumbers.format_number(example, PhoneNumberFormat.INTERNATIONAL)
    for region in sorted(SUPPORTED_REGIONS)
    for kind in kinds()
    if (example := phonenumbers.example_number_for_type(region, kind))
]
E164 = re.compile(r"\+[1-9][0-9]{6,14}")


def with_other_digits(example: str) -> st.SearchStrategy[str]:
    """A number that begins like a real one."""
    digits = "+" + "".join(c for c in example if c.isdecimal())
    return st.integers(2, len(digits)).flatmap(
        lambda kept: st.text("0123456789", min_size=len(digits) - kept, max_size=len(digits) - kept).map(
            lambda others: digits[:kept] + others
        )
    )


TYPED = st.one_of(
    st.text(max_size=80),
    st.text("+0123456789*#() .-/abcx;=:", max_size=30),
    st.from_regex(r"\+[1-9][0-9]{2,14}", fullmatch=True),
    st.from_regex(r"(00|011|0|1)?[0-9]{2,14}", fullmatch=True),
    st.sampled_from(EXAMPLES),
)


@given(TYPED, REGIONS, st.frozensets(REGIONS, max_size=3), st.booleans())
def test_whatever_is_typed(typed: str, region: str, countries: frozenset[str], emergency: bool) -> None:
    given = Rules(region=region, countries=countries, emergency=emergency)
    dialled = verdict(typed, given)
    if dialled in REASONS:
        return
    if Dialling(given).is_emergency(dialled):
        assert emergency
        return
    number = phonenumbers.parse(dialled)
    assert phonenumbers.format_number(number, PhoneNumberFormat.E164) == dialled
    assert phonenumbers.is_valid_number(number)
    assert phonenumbers.number_type(number) in ORDINARY
    sharing = phonenumbers.region_codes_for_country_code(number.country_code or 0)
    among = countries.union(sharing) if number.country_code in ONE_PRICE else countries
    assert any(phonenumbers.is_valid_number_for_region(number, country) for country in among)


@given(st.one_of(st.sampled_from(EXAMPLES).flatmap(with_other_digits), st.from_regex(E164, fullmatch=True)))
def test_a_number_in_e164_is_what_the_library_reads_in_it(typed: str) -> None:
    everywhere = rules("FR", *SUPPORTED_REGIONS)
    exact, read = verdict(typed, everywhere), verdict(f"{typed[:2]} {typed[2:]}", everywhere)
    assert (exact in REASONS and read in REASONS) or exact == read


PREFIXES = st.lists(st.from_regex(r"\+[1-9][0-9]{0,5}", fullmatch=True), max_size=4).map(tuple)


@given(st.from_regex(r"\+[1-9][0-9]{5,12}", fullmatch=True), PREFIXES, PREFIXES)
def test_prefixes(number: str, allow: tuple[str, ...], deny: tuple[str, ...]) -> None:
    said = verdict(number, rules(allow=allow, deny=deny))
    if said in REASONS:
        return
    # What is dialled is what was read: of `+11…` the second 1 is the prefix of North America's trunks.
    allowed = max((len(p) for p in allow if said.startswith(p)), default=0)
    denied = max((len(p) for p in deny if said.startswith(p)), default=0)
    assert not denied or denied < allowed
    if not allowed:
        assert phonenumbers.region_code_for_number(phonenumbers.parse(said)) == "FR"


@pytest.mark.parametrize(
    ("typed", "reason", "because"),
    [
        ("0" * 65, "invalid", "too long"),
        ("hello", "invalid", "not a telephone number"),
        ("+33 6", "invalid", "not a telephone number"),
        ("01234567", "invalid", "not a valid number (region FR)"),
        ("112", "emergency", "an emergency number"),
        ("+112", "emergency", "an emergency number"),
        ("1120612345678", "emergency", "an emergency number"),
        ("3631", "short", "a short number or a service code"),
        ("*21#", "short", "a short number or a service code"),
        ("#", "short", "a short number or a service code"),
        ("123456", "short", "a short number or a service code"),
        ("1234567", "invalid", "not a valid number (region FR)"),
        ("+12125551234", "country", "not a number of a country that is allowed"),
        ("+33825123456", "special", "shared_cost, a kind that is not dialled"),
        ("+33123456789", "denied", "+3312 is denied"),
    ],
)
def test_why_a_number_is_not_dialled(typed: str, reason: str, because: str) -> None:
    with pytest.raises(NumberRefused) as refused:
        Dialling(rules(deny=("+331", "+3312"))).dial(typed)
    assert (refused.value.reason, str(refused.value)) == (reason, f"{shortened(typed)!r}: {because}")


def test_what_costs_more_says_of_which_range_it_is() -> None:
    for number, prefix in (("+81570012345", "+81570"), ("+12129761234", "+1...976")):
        with pytest.raises(NumberRefused) as refused:
            Dialling(rules("JP", "JP", "US")).dial(number)
        assert str(refused.value).endswith(f": {prefix} is billed above an ordinary call")


def test_what_an_operator_leaves_out_allows_nothing() -> None:
    least = Rules(region="FR", countries=frozenset())
    assert (least.allow, least.deny, least.short_numbers, least.emergency) == ((), (), frozenset(), False)
    assert [verdict(typed, least) for typed in ("0612345678", "112", "3631")] == [
        "country",
        "emergency",
        "short",
    ]


def test_one_price_is_guadeloupes_alone() -> None:
    """Of other codes that several countries share each has a price of its own."""
    shared = {"+590590290000": "MF", "+262639012345": "RE", "+441534441234": "GB", "+77012345678": "RU"}
    dialled = {number: verdict(number, rules("FR", country)) for number, country in shared.items()}
    assert dialled == {**dict.fromkeys(shared, "country"), "+590590290000": "+590590290000"}
