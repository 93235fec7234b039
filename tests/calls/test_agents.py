"""Identities: every spelling of an agent is that agent, in each question that is asked about agents."""

import re
from collections.abc import Mapping
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bridge.calls.agents import (
    LONGEST_IDENTITY,
    Agents,
    Allowed,
    Identity,
    Member,
    Only,
    Roster,
    client_identity,
    identity_of,
    member_identity,
)
from bridge.calls.identity_patterns import NotLinear, matching
from bridge.errors import IdentityRefused
from tests.cpu_time import seconds, short

ALICE, BELA, CHLOE = (f"20202020-0000-4000-8000-00000000000{last}" for last in "abc")
NUMBER = "+33159130001"

names = st.one_of(
    st.from_regex(r"[A-Za-z0-9_.+' -]{1,30}", fullmatch=True),
    st.from_regex(r"[A-Za-z0-9.+-]{1,15}@[A-Za-z0-9-]{1,10}\.(com|org)", fullmatch=True),
    st.text(min_size=1, max_size=20),
).filter(lambda name: not (identity_of(name) or "wm_").startswith("wm_"))


def spellings(name: str) -> list[str]:
    """As a widget may send it: as configured, as it was issued, an address in another case."""
    swapped = [name.upper(), name.lower()] if "@" in name and name.isascii() else []
    return [name, str(identity_of(name)), *swapped]


@pytest.mark.parametrize(
    ("spelling", "identity"),
    [
        ("alice", "alice"),
        ("Alice", "Alice"),
        ("jane.doe", "jane_doe"),
        ("Jane.Doe@Example.com", "jane_doe_example_com"),
        ("Zoë", "Zo_"),
        ("a" * LONGEST_IDENTITY, "a" * LONGEST_IDENTITY),
        ("a" * (LONGEST_IDENTITY + 1), None),
        ("", None),
    ],
)
def test_the_identity_of_a_spelling(spelling: str, identity: str | None) -> None:
    assert identity_of(spelling) == identity


@given(names)
def test_an_identity_is_its_own(name: str) -> None:
    identity = identity_of(name)
    assert identity is not None
    assert identity_of(identity) == identity == client_identity(f"client:{name}")


@given(name=names, other=names)
def test_any_spelling_is_the_same_agent_everywhere(name: str, other: str) -> None:
    assume(identity_of(name) != identity_of(other))
    email = "jane@example.org"
    agents = Agents(
        Allowed([name, other], default=other),
        keys={"own": Only([name]), "both": Allowed([name, other])},
        members={name: email},
        caller_ids={name: (NUMBER,)},
    )
    roster = Roster(agents, [Member(ALICE, email)])
    for spelling in spellings(name):
        identity = agents.allowed.identity(spelling)
        assert identity == identity_of(name)
        assert agents.of_key("own").identity(spelling) == agents.of_key("both").identity(spelling) == identity
        assert agents.of_key("another").identity(spelling) == identity
        assert agents.is_ours(identity)
        assert agents.caller_ids[identity] == (NUMBER,)
        assert roster.by_identity(identity) == ALICE
        assert roster.knows(spelling)
        reached = roster.identities(spelling)
        assert identity in reached
        assert len(set(reached)) == len(reached)
    assert not agents.caller_ids.get(identity_of(other) or Identity(""))


@given(address=st.emails())
def test_an_address_among_the_names_is_that_members_and_rings_as_what_was_issued(address: str) -> None:
    assume(not (identity_of(address) or "wm_").startswith("wm_") and address.isascii())
    agents = Agents(Allowed([address]))
    roster = Roster(agents, [Member(ALICE, address.lower()), Member(BELA, "bela@example.com")])
    issued = agents.allowed.identity(address.upper())
    assert roster.by_identity(issued) == ALICE
    assert roster.identities(address) == (member_identity(ALICE), issued) == roster.identities_of(ALICE)


PATTERNS = (
    r"twenty-user-[0-9]{1,20}",
    r"[a-z]+\.[a-z]+@example\.com",
    r"(desk|room)[ -]\d+",
    r"[^@]+@(?:example|beispiel)\.(?P<land>de|at)",
    r"\w+(-\w+)*",
    r"Zo[ëé]\x2d[a-c]{2}",
    r"a.c|x\W?y",
    r"(?i:front)[.\- ]desk",
    r"[]a-z-]+",
    "naïve|über{0,2}",
    r"[à-ü]{2}\u00e8|\U0001f600",
)


@pytest.mark.parametrize("pattern", PATTERNS)
@given(st.data())
def test_what_a_pattern_takes_is_taken_again_as_it_was_issued(pattern: str, data: st.DataObject) -> None:
    asked = data.draw(st.from_regex(pattern, fullmatch=True))
    assume(0 < len(asked) <= LONGEST_IDENTITY and not (identity_of(asked) or "").startswith("wm_"))
    allowed = Allowed(pattern=pattern)
    issued = allowed.identity(asked)
    assert allowed.identity(issued) == issued
    assert allowed.has(issued)
    assert Agents(keys={"key": allowed}).is_ours(issued)


@pytest.mark.parametrize(
    ("pattern", "asked"),
    [
        (r"twenty-user-[0-9]{1,20}", "twenty_user_"),
        (r"twenty-user-[0-9]{1,20}", "twenty_user_1_2"),
        (r"twenty-user-[0-9]{1,20}", "twenty_user_7\n"),
        (r"[a-z]+\.[a-z]+@example\.com", "jane_example_com"),
        (r"[a-z]+", "jane_doe"),
        (r"desk-[0-9]", "Desk_1"),
        (r"wm_.*", "wm_0123456789abcdef0123456789abcdef"),
    ],
)
def test_what_a_pattern_does_not_take(pattern: str, asked: str) -> None:
    with pytest.raises(IdentityRefused):
        Allowed(pattern=pattern).identity(asked)


@pytest.mark.parametrize("pattern", [r"(\w+\.)*\w+@example\.com", r"\w+(\.\w+)*@example\.com"])
def test_no_pattern_takes_exponential_time(pattern: str) -> None:
    """Of what is issued a part takes `_` for `.`, too: then there are many ways to match."""
    allowed = Allowed(pattern=pattern)

    def ask() -> None:
        with pytest.raises(IdentityRefused):
            allowed.identity("a." * 14 + "@exampl_")

    assert seconds(ask, least_of=3) < short()


@pytest.mark.parametrize(
    "pattern",
    [
        *(
            "a++a|b",
            "a{2}+",
            "(?x) a b",
            "(?i-s:a)(?sx:b c)",
            r"(?=a)\w+",
            r"(?<!a)b",
            r"(a)\1",
            "(?P<a>b)(?P=a)",
        ),
        *("[a--z]", "[a&&b]", r"(?:\w{1,999}){1,999}", "(?#x)a"),
    ],
)
def test_a_pattern_that_cannot_be_matched_in_linear_time_is_refused(pattern: str) -> None:
    with pytest.raises(NotLinear):
        matching(pattern)


LIKE_PYTHON = (
    r"[a[b]+",
    r"[^[\]]x",
    r"a{,2}b",
    r"desk--[ab]\Z",
    r"\++",
    "[.+]+a",
    "x{1,2}?b",
    *PATTERNS[:5],
    r"a.c|x\W?y",
)
ASCII = st.characters(max_codepoint=0x7F)
"""Of other characters the two differ: `\\w` of Python's takes `²`."""


@pytest.mark.parametrize("pattern", LIKE_PYTHON)
@given(st.data())
def test_a_pattern_means_what_it_means_to_python(pattern: str, data: st.DataObject) -> None:
    texts = st.from_regex(pattern, fullmatch=True, alphabet=ASCII)
    text = data.draw(texts | st.text(st.sampled_from("ab[]+-.x2"), max_size=6))
    assert matching(pattern)(text) == bool(re.fullmatch(pattern, text))


@given(st.text(st.sampled_from("ab-._@7é "), max_size=12))
def test_an_identity_that_is_taken_is_one_that_some_spelling_is_issued(asked: str) -> None:
    pattern = r"[ab]+[-.][ab]@?7"
    one = re.compile(pattern.replace("[-.]", "[-._]").replace("@", "[@_]"))
    identity = identity_of(asked)
    assert Allowed(pattern=pattern).has(identity or Identity("")) == bool(one.fullmatch(identity or ""))


def test_a_key_for_one_agent_is_that_one_whatever_is_asked() -> None:
    only = Only(["jane.doe"])
    for asked in (None, "", "jane.doe", "jane_doe", "twenty-user-1763800000000", "bob", "x" * 500):
        assert only.identity(asked) == "jane_doe"


MEMBERS = [
    Member(ALICE, "alice@example.com", "Alice"),
    Member(BELA, "bela.b@example.com", "Bela"),
    Member(CHLOE, ""),
]


@pytest.mark.parametrize(
    ("members", "identity", "member"),
    [
        ({}, f"wm_{ALICE.replace('-', '')}", ALICE),
        ({}, "alice_example_com", ALICE),
        ({}, "Alice_Example_com", ALICE),
        ({}, "bela_b_example_com", BELA),
        ({"b.b": "BELA.B@example.com"}, "b_b", BELA),
        ({"b.b": "gone@example.com"}, "b_b", None),
        ({}, "alice", None),
        ({}, "", None),
        ({}, "wm_nobody", None),
    ],
)
def test_which_member_it_is(members: Mapping[str, str], identity: str, member: str | None) -> None:
    assert Roster(Agents(members=members), MEMBERS).by_identity(Identity(identity)) == member


def test_an_identity_that_two_addresses_become_is_neither_members_unless_the_settings_say() -> None:
    both = [Member(ALICE, "a.b@example.com"), Member(BELA, "a-b@example.com")]
    shared = Identity("a_b_example_com")
    assert Roster(Agents(), both).by_identity(shared) is None
    named = Roster(Agents(Allowed(["A-B@example.com"])), both)
    assert named.by_identity(shared) == BELA
    assert shared not in named.identities_of(ALICE)
    assert shared in named.identities_of(BELA)


def test_names_are_those_of_members_who_have_one() -> None:
    roster = Roster(Agents(), MEMBERS)
    wanted = [Identity(i) for i in ("alice_example_com", "nobody", f"wm_{CHLOE.replace('-', '')}")]
    assert roster.names(wanted) == {"alice_example_com": "Alice"}


def user(member_id: str) -> Identity:
    return member_identity(member_id)


DESK = "desk-[0-9]"
ROSTER = Roster(
    Agents(
        Allowed(["bob", "Chloe@example.com"], DESK, default="bob"),
        keys={"crm": Allowed(["dora", "bela.b@example.com"]), "one": Only(["eve"])},
        members={"al": "Alice@Example.com", "b.b": "bela.b@example.com", "gone": "gone@example.com"},
        caller_ids={"al": (NUMBER,), "dora": ("+33159130002",), "chloe@example.com": ("+33159130003",)},
    ),
    [
        Member(ALICE, "alice@example.com", "Alice"),
        Member(BELA, "bela.b@example.com", "Bela"),
        Member(CHLOE, "chloe@example.com", ""),
        Member("20202020-0000-4000-8000-00000000000d", ""),
    ],
)
UNKNOWN_USER = f"wm_{'e' * 32}"


@pytest.mark.parametrize(
    ("identity", "token", "ours", "email", "member", "every", "numbers"),
    [
        ("bob", True, True, None, None, ["bob"], ()),
        ("desk_7", True, True, None, None, ["desk_7"], ()),
        ("desk_77", False, False, None, None, ["desk_77"], ()),
        ("dora", True, True, None, None, ["dora"], ("+33159130002",)),
        ("eve", True, True, None, None, ["eve"], ()),
        ("nobody", False, False, None, None, ["nobody"], ()),
        # By the settings.
        ("al", False, True, "alice@example.com", ALICE, ["al", user(ALICE), "alice_example_com"], (NUMBER,)),
        ("gone", False, True, "gone@example.com", None, ["gone"], ()),
        (
            "b_b",
            False,
            True,
            "bela.b@example.com",
            BELA,
            ["b_b", user(BELA), "bela_b_example_com"],
            (),
        ),
        # By an address, which gets a token here.
        (
            "bela_b_example_com",
            True,
            True,
            "bela.b@example.com",
            BELA,
            ["bela_b_example_com", "b_b", user(BELA)],
            (),
        ),
        (
            "chloe_example_com",
            True,
            True,
            "chloe@example.com",
            CHLOE,
            ["chloe_example_com", user(CHLOE)],
            ("+33159130003",),
        ),
        # By the address of a member, which gets none.
        (
            "alice_example_com",
            False,
            False,
            None,
            ALICE,
            ["alice_example_com", "al", user(ALICE)],
            (NUMBER,),
        ),
        # By Twenty.
        (user(ALICE), False, True, None, ALICE, [user(ALICE), "al", "alice_example_com"], (NUMBER,)),
        (UNKNOWN_USER, False, True, None, str(UUID("e" * 32)), [UNKNOWN_USER], ()),
    ],
)
def test_all_that_is_known_of_an_identity(
    identity: str,
    token: bool,
    ours: bool,
    email: str | None,
    member: str | None,
    every: list[str],
    numbers: tuple[str, ...],
) -> None:
    one, agents = Identity(identity), ROSTER.agents
    assert (agents.has_token(one), agents.is_ours(one), agents.email_of(one)) == (token, ours, email)
    assert ROSTER.by_identity(one) == member
    assert list(dict.fromkeys(ROSTER.all_of(one))) == every
    assert ROSTER.caller_ids(one) == numbers
    known = ours or member is not None
    assert ROSTER.knows(identity) == (known and identity != UNKNOWN_USER)


@pytest.mark.parametrize(
    ("agent", "reached"),
    [
        ("bob", ["bob"]),
        ("al", ["al", user(ALICE)]),
        ("ALICE@example.com", ["al", user(ALICE)]),
        ("alice_example_com", ["alice_example_com", "al", user(ALICE)]),
        ("bela.b@example.com", ["b_b", user(BELA), "bela_b_example_com"]),
        ("Gone@example.com", ["gone"]),
        ("new@example.com", ["new_example_com"]),
        ("", []),
        ("x" * (LONGEST_IDENTITY + 1), []),
        ("@" * (LONGEST_IDENTITY + 1), []),
    ],
)
def test_under_which_identities_an_agent_is_reached(agent: str, reached: list[str]) -> None:
    assert list(ROSTER.identities(agent)) == reached


def test_what_the_settings_name() -> None:
    agents = ROSTER.agents
    assert list(agents.named) == [
        "dora",
        "bela_b_example_com",
        "eve",
        "bob",
        "chloe_example_com",
        "al",
        "b_b",
        "gone",
    ]
    assert agents.configured("alice@example.com") == ("al",)
    assert agents.configured("nobody@example.com") == ()
    two = Agents(members={"a": "x@example.com", "b": "X@example.com"})
    assert two.configured("x@example.com") == ("a", "b")
    assert ROSTER.by_email("ALICE@example.com") == ALICE
    assert ROSTER.by_email("") is None
    assert [agents.of_key(name).identity(None) for name in ("one", "unknown")] == ["eve", "bob"]
    nameless = Identity("chloe_example_com")
    assert ROSTER.names([Identity("al"), nameless, Identity("bob")]) == {"al": "Alice"}
    assert not ROSTER.knows("x" * (LONGEST_IDENTITY + 1))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (None, 'Say who calls: {"identity": "…"}.'),
        ("", 'Say who calls: {"identity": "…"}.'),
        ("wm-1", "Identities that begin with wm_ are kept for users of Twenty."),
        (user(ALICE), "Identities that begin with wm_ are kept for users of Twenty."),
        ("bob.b", "The identity is none of the configured agents'."),
        ("x" * (LONGEST_IDENTITY + 1), "The identity is none of the configured agents'."),
    ],
)
def test_why_no_token_is_issued(asked: str | None, said: str) -> None:
    with pytest.raises(IdentityRefused) as refused:
        Allowed(["bob"], r".+\.x").identity(asked)
    assert str(refused.value) == said


def test_an_identity_of_twentys_is_never_issued_whatever_the_settings_allow() -> None:
    allowed = Allowed(["wm_bob"], "wm_.*")
    assert [allowed.has(Identity(one)) for one in ("wm_bob", "wm_1", "bob")] == [False, False, False]
    assert Allowed(["jane.doe@example.com"]).names == {"jane_doe_example_com": "jane.doe@example.com"}
    assert Allowed(["Jane.Doe"]).names == {"Jane_Doe": "Jane.Doe"}


@pytest.mark.parametrize("member_id", ["", "alice", ALICE[:-1]])
def test_what_is_no_uuid_is_no_member(member_id: str) -> None:
    with pytest.raises(ValueError, match="UUID"):
        member_identity(member_id)


@pytest.mark.parametrize(
    ("address", "identity"),
    [
        ("client:jane.doe", "jane_doe"),
        ("client:" + "x" * 500, "x" * 500),
        ("client:", None),
        ("Client:jane", None),
        ("xclient:jane", None),
        ("", None),
        (None, None),
    ],
)
def test_an_address_of_twilios_clients(address: str | None, identity: str | None) -> None:
    assert client_identity(address) == identity


@pytest.mark.parametrize(
    ("pattern", "asked"),
    [
        # Each takes a character that becomes `_`: of all scripts and kinds, also where none is named.
        (r"a\dz", "a٣z"),
        (r"a\wz", "aéz"),
        (r"a\sz", "a z"),
        (r"a\Wz", "a-z"),
        (r"a[^\x00-\x7f\w]z", "a\u2019z"),
        (r"a[^\S\x00-\x7f]z", "a\u00a0z"),
        (r"a[^\W\d_a-zA-Z\xc0-\u04ff]z", "a字z"),
        (r"a[^\W\d_a-zA-Z\xc0-\u03ff]z", "aЖz"),
        (r"a[^\W\d_a-zA-Z\u0400-\uffff]z", "aéz"),
        (r"a\u00e9z", "aéz"),
        (r"a\xe9z", "aéz"),
        (r"a\U000000e9z", "aéz"),
        ("aéz", "aéz"),
        (r"a[\u00e9]z", "aéz"),
        (r"a.z", "a.z"),
        (r"a\.z", "a.z"),
        (r"a[.]z", "a.z"),
        (r"(?P<extra>a).z", "a.z"),
        (r"(?i-s:A).z", "a.z"),
    ],
)
def test_what_a_pattern_issues_it_takes(pattern: str, asked: str) -> None:
    allowed = Allowed(pattern=pattern)
    issued = allowed.identity(asked)
    assert issued == "a_z"
    assert allowed.has(issued)
    assert allowed.identity(issued) == issued


@pytest.mark.parametrize(
    ("pattern", "identity", "has"),
    [
        # A part that takes no such character takes no `_` either.
        ("a[b-d]z", "a_z", False),
        (r"a\x62z", "a_z", False),
        (r"a[^-.]z", "a_z", True),
        # Of an address any case, of a name the one it has.
        (r"[a-z]+@x\.org", "JANE_X_ORG", True),
        (r"desk-[a-z]", "DESK_A", False),
        (r"desk-[a-z]", "desk_a", True),
    ],
)
def test_what_a_pattern_can_have_issued(pattern: str, identity: str, has: bool) -> None:
    assert Allowed(pattern=pattern).has(Identity(identity)) is has


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        (r"(?P<extra>a)b", "ab", True),
        (r"(?i-x:a b)", "A B", True),
        (r"(?i:ab)c", "ABc", True),
        (r"(?i:ab)c", "ABC", False),
        (r"a{,2}", "aa", True),
        (r"a{,2}", "", True),
        (r"a{,2}", "aaa", False),
        (r"[[a]b", "[b", True),
        (r"[\[a]b", "[b", True),
        (r"ab\Z", "ab", True),
        (r"ab\Z", "ab\n", False),
        (r"a|bc", "bc", True),
        (r"a|bc", "ac", False),
        (r"a\n", "a\n", True),
        (r"\x41\u0041", "AA", True),
    ],
)
def test_a_pattern_is_matched_whole(pattern: str, text: str, matches: bool) -> None:
    assert matching(pattern)(text) is matches
    assert matching(pattern, ignoring_case=True)(text.swapcase()) or not matches
