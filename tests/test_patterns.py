"""Every regular expression of the bridge takes time in proportion to the text that it sees.

Each is listed here with what bounds its input; a new one without an entry fails. The hostile texts are built
from the parts of the pattern itself: what is quadratic is so on repetitions of a part that nearly matches.
"""

import ast
import importlib
import itertools
import random
import re
import re._constants as kinds  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from bridge.calls.numbers import reading
from bridge.calls.spelling import LONGEST
from bridge.observability.redactor import Redactor
from tests.cpu_time import assert_grows_linearly, seconds, short

BRIDGE = Path(__file__).parent.parent / "bridge"
FUNCTIONS = frozenset(
    {"compile", "match", "search", "fullmatch", "sub", "subn", "split", "findall", "finditer"}
)

FIELD = "a field of a form: 16 KiB"
BODY = "a body: 64 KiB"
TRANSCRIPT = "a body of a transcript: 4 MiB"
TARGET = "a path with its query: 2,048 characters"
HEADER = "a request's head: 8 KiB"
SETTINGS = "the operator's settings"
LINE = "a line of the log: its fields are cut, a traceback is not"
SUMMARY = "a point of a model's answer, cut to 3,200 characters"
SPOKEN = "a transcript: what is said in hours"
ANSWER = "an answer of Twilio's or Twenty's"
PLAYERS = frozenset({"sandbox", "demo"})

TYPED = "250 characters: `LONGEST` of calls/spelling.py"
COPIED = "the sandbox, by the pattern of libphonenumber-js, with its bound of 250 characters"
PLAYED = "the sandbox, which is played with"
MADE_UP = "the sandbox, by a pattern that is made as it runs"
SHIPPED = "files of the bridge's own, read once"
OPERATORS = "the operator's own pattern, matched with 200 characters at most"

BOUNDS: Mapping[str, Mapping[str, str]] = {
    "calls/people/caller_names.py": {"CODE": FIELD, "TOWN": FIELD, "WORD": FIELD, "ADDRESS": FIELD},
    "cli/numbers.py": {"ADDRESS": SETTINGS},
    "inbox/transcripts/erasing.py": {"TRANSCRIPTION": FIELD},
    "calls/transcripts/cleaning.py": {
        "EMPHASIS": SUMMARY,
        "LIST_OR_HEADING": SUMMARY,
        "MARKDOWN_LINK": SUMMARY,
        "NUMBER": SPOKEN,
        "OPENS_TAG": SUMMARY,
        "RUN": SPOKEN,
        "TAG": SUMMARY,
    },
    "calls/dialling/rules.py": {"SEPARATORS": TYPED},
    "calls/people/normalising.py": {
        "BETWEEN": ANSWER,
        "CALLING_CODE": ANSWER,
        "LETTERS": ANSWER,
    },
    "calls/number_plans.py": {
        "AREA_LEFT_OUT": SETTINGS,
        "ARGENTINE_TWICE": TYPED,
        "BRAZILIAN_MOBILE": TYPED,
        "MEXICAN_PREFIX": TYPED,
    },
    "calls/numbers.py": {
        "E164": TYPED,
        "'[^0-9]'": TYPED,
        "NAMED": FIELD,
        "URI": FIELD,
        "KEYPAD": FIELD,
        "'^(?!client:)[A-Za-z][A-Za-z0-9+.-]{0,20}:'": FIELD,
    },
    "calls/people/matching.py": {"'[^0-9]'": ANSWER},
    "calls/dialling/surcharged.py": {"_ANY": TYPED},
    "calls/spelling.py": {
        "PARAMETER": TYPED,
        "EXTENSION": TYPED,
        "'[,;pw]'": TYPED,
        "PAUSED": TYPED,
        "LABEL": TYPED,
        "REMARK": TYPED,
        "CALLING_CODE": TYPED,
        "'[0-9]*'": TYPED,
        "NUMBER": TYPED,
        "DOMAIN": TYPED,
        "SCHEME": TYPED,
        "EXPORTED": TYPED,
    },
    "calls/agents.py": {"USER": FIELD, "NOT_ALLOWED": FIELD},
    "calls/identity_patterns.py": {
        "TOKEN": SETTINGS,
        "CODE": SETTINGS,
        "IN_CLASS": SETTINGS,
        "QUANTIFIER": SETTINGS,
        "SET_OPERATION": SETTINGS,
        "text": OPERATORS,
    },
    "calls/recording_links.py": {"RECORDING_SID": TARGET},
    "cli/options.py": {"AGO": SETTINGS},
    "inbox/forgetting.py": {"'[^0-9]'": FIELD},
    "inbox/migrations/versions/0013_agents.py": {"IDENTITY": FIELD},
    "observability/redactor.py": {
        "VALUES": LINE,
        "FORMS": LINE,
        "DOTTED": LINE,
        "NUMBER": LINE,
        "'[^0-9]'": LINE,
    },
    "sync/stages/remind.py": {"DIALLED": FIELD},
    "settings/config_files.py": {"SQLITE": SETTINGS},
    "settings/access.py": {
        "'^sha256:[0-9a-f]{64}$'": SETTINGS,
        "'^[a-z]{2}[0-9]$'": SETTINGS,
    },
    "settings/dialling.py": {"'^\\\\+[1-9][0-9]{0,14}$'": SETTINGS, "'^[0-9]{2,6}$'": SETTINGS},
    "settings/hours.py": {"SPAN": SETTINGS, "'[,\\\\s]+'": SETTINGS, "'[,;\\\\s]|and'": SETTINGS},
    "settings/parts.py": {"APP_SID": SETTINGS},
    "settings/server.py": {"DATABASE_URL": SETTINGS},
    "settings/systems.py": {
        "TWILIO_HOST": SETTINGS,
        "'/(graphql|metadata|rest)$'": SETTINGS,
        "'^AC[0-9a-zA-Z]{32}$'": SETTINGS,
        "'^OQ[0-9a-zA-Z]{1,64}$'": SETTINGS,
        "API_KEY": SETTINGS,
        "APP_SID": SETTINGS,
    },
    "settings/transcripts.py": {"'^[A-Za-z0-9._-]{1,64}$'": SETTINGS, "'^[a-z]{2,3}(-[A-Z]{2})?$'": SETTINGS},
    "settings/types.py": {
        "PLAIN_HOST": SETTINGS,
        "PLAIN_PATH": SETTINGS,
        "value": OPERATORS,
        "'[^@\\\\s]+@[^@\\\\s]+'": SETTINGS,
        "'^[a-z]{2,3}-[A-Z]{2}$'": SETTINGS,
    },
    "twenty/users/credentials.py": {"COOKIE_VALUE": HEADER},
    "twenty/client/documents.py": {"OPERATION": SHIPPED, "ROOT_FIELD": SHIPPED},
    "twenty/client/errors.py": {"NAMED": ANSWER, "NUMBER": ANSWER},
    "twenty/values.py": {"UNSTORABLE": BODY},
    "twenty/webhooks.py": {"MILLISECONDS": HEADER},
    "twilio/forms.py": {"ATTEMPT_ID": FIELD, "CALL_SID": FIELD, "STATUS": FIELD},
    "twilio/rest/http.py": {"RESOURCE": ANSWER},
    "twilio/twiml.py": {"NO_XML": FIELD, "PLAIN": FIELD},
    "web/parsing.py": {"CONTROLS": FIELD},
    "web/conferences/idempotency.py": {"KEY": HEADER},
    "web/phone/joining.py": {
        "COMMENTS": SHIPPED,
        "CSS_BLANK": SHIPPED,
        "CSS_COMMENT": SHIPPED,
        "EXPORT": SHIPPED,
        "IMPORT": SHIPPED,
        "LINE_END": SHIPPED,
        "OPERATOR": SHIPPED,
    },
    "web/recordings.py": {"ONE_RANGE": HEADER},
    "web/transcripts.py": {"CALL_SID": TARGET},
    "twilio/transcripts/results.py": {"SOURCE": FIELD, "ACCOUNT": TRANSCRIPT},
    "web/twilio/signed.py": {"SHARED_KEY_ID": HEADER, "ACCOUNT_SID": FIELD},
    "calls/dialling/checking.py": {"known.national_number_pattern": MADE_UP},
    "sandbox/twenty/kinds/inline.py": {
        "'\\\\\\\\[\\\\s\\\\S]|[\\\\[\\\\]()]'": PLAYED,
        "'\\\\w'": PLAYED,
        "_DECLARATION": PLAYED,
        "_DESTINATION": PLAYED,
        "_PLAIN": PLAYED,
        "_RUN": PLAYED,
        "_TAG": PLAYED,
        "_TITLE": PLAYED,
        "_VIDEO": PLAYED,
        "f'\\\\\\\\[\\\\s\\\\S]|(?={re.escape(mark)})'": MADE_UP,
    },
    "sandbox/twenty/kinds/markdown.py": {
        "'^ {1,3}'": PLAYED,
        "_BEGINS_FENCE": PLAYED,
        "_BEGINS_HEADING": PLAYED,
        "_CELL": PLAYED,
        "_DIVIDES_CELLS": PLAYED,
        "_DOUBLE": PLAYED,
        "_FENCE": PLAYED,
        "_HEADING": PLAYED,
        "_ITEM": PLAYED,
        "_MARKED": PLAYED,
        "_QUOTE": PLAYED,
        "_QUOTED": PLAYED,
        "_RAW": PLAYED,
        "_RAW_TAG": PLAYED,
        "_RULE": PLAYED,
        "_UNDERLINE": PLAYED,
        "f' {{0,3}}{fence[1][0]}{{{len(fence[1])},}}\\\\s*'": MADE_UP,
    },
    "sandbox/twenty/kinds/page.py": {"_BLANKS": PLAYED, "_BREAK": PLAYED},
    "sandbox/twenty/kinds/phones.py": {
        "_CODE": PLAYED,
        "_DIGITS": PLAYED,
        "_EXTENSION": COPIED,
        "_FIRST": PLAYED,
        "_NUMBER": PLAYED,
        "_REST": PLAYED,
        "_SHORTEST": PLAYED,
    },
    "settings/yaml_text.py": {
        "CLOSED": SETTINGS,
        "DASH": SETTINGS,
        "KEY": SETTINGS,
        "NO_BLANK": SETTINGS,
        "STARTS": SETTINGS,
        "TWO_COLONS": SETTINGS,
    },
    "sandbox/conformance.py": {"_UUID": PLAYED, "_TIME": PLAYED, "_PLACEHOLDER": PLAYED},
    "sandbox/twilio/rest/described.py": {
        "schema['pattern']": MADE_UP,
        **dict.fromkeys(("_DATE", "_ENDPOINT", "_MOMENT", "_NAME", "_NUMBER", "_URI"), PLAYED),
    },
    "sandbox/twenty/http.py": {"_HALF": PLAYED},
    "sandbox/twenty/kinds/blocks.py": {"_HALF": PLAYED},
    "sandbox/twenty/kinds/emails.py": {"_ADDRESS": PLAYED},
    "sandbox/twenty/kinds/moments.py": {
        "_ISO": PLAYED,
        "_FILTER": PLAYED,
        "_DAYS": PLAYED,
        "_YEAR_FIRST": PLAYED,
        "_MONTH_FIRST": PLAYED,
        "_NAME_FIRST": PLAYED,
        "_DAY_FIRST": PLAYED,
        "_DAY_DASHED": PLAYED,
        "_YEAR_DASHED": PLAYED,
    },
    "sandbox/twenty/kinds/scalars.py": {"_LEADING": PLAYED, "_UUID": PLAYED},
    "sandbox/twenty/records/search.py": {"_WORD": PLAYED},
    "sandbox/twilio/rest/access.py": {"_RESOURCE": PLAYED},
    "sandbox/twilio/conferences/directory.py": {"_SID": PLAYED},
    "sandbox/twenty/metadata/packages.py": {"VERSION": PLAYED, "BOUND": PLAYED},
    "sandbox/twenty/metadata/validation.py": {"_NAME": PLAYED, "_OPTION": PLAYED},
    "sandbox/twenty/model.py": {"'[A-Za-z0-9]+'": PLAYED},
    "sandbox/twilio/numbers.py": {"_E164": PLAYED, "_US": PLAYED, "'\\\\D'": PLAYED},
    "sandbox/twilio/signalling/browser.py": {"_DIGITS": PLAYED},
    "sandbox/twilio/signalling/sdp.py": {
        "_NEEDED": PLAYED,
        "'^m=audio \\\\d+'": PLAYED,
        "f'a=(?:rtpmap|fmtp|rtcp-fb):(?:{_any(events)}) '": MADE_UP,
        "'a=rtpmap:(\\\\d+) telephone-event/'": PLAYED,
    },
    "sandbox/twilio/twiml/schema.py": {"'\\\\d{1,6}'": PLAYED, "'CA[0-9a-f]{32}'": PLAYED},
}
"""What bounds the input of each, by file and name, or by its text where it has no name."""


class Used(NamedTuple):
    """A pattern where it stands; `text` is its source as an expression of Python."""

    file: str
    name: str
    text: ast.expr
    flags: ast.expr | None
    called: str


@cache
def used() -> tuple[Used, ...]:
    """All patterns of the package."""
    return tuple(one for path in sorted(BRIDGE.rglob("*.py")) for one in _used_in(path))


def _used_in(path: Path) -> Iterator[Used]:
    source = path.read_text(encoding="utf-8")
    if "re." in source or "pattern=" in source:
        for statement in ast.parse(source).body:
            named = [t.id for t in getattr(statement, "targets", []) if isinstance(t, ast.Name)]
            for node in ast.walk(statement):
                if isinstance(node, ast.Call) and (found := _pattern(node)):
                    text, flags = found
                    name = named[0] if named and _compiles(node) else ast.unparse(text)
                    called = getattr(node.func, "attr", "")
                    yield Used(str(path.relative_to(BRIDGE)), name, text, flags, called)


def _compiles(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Attribute) and node.func.attr == "compile"


def _is_of_re(function: ast.expr) -> bool:
    return (
        isinstance(function, ast.Attribute)
        and function.attr in FUNCTIONS
        and isinstance(function.value, ast.Name)
        and function.value.id == "re"
    )


def _pattern(node: ast.Call) -> tuple[ast.expr, ast.expr | None] | None:
    function = node.func
    if _is_of_re(function):
        return node.args[0], node.args[1] if _compiles(node) and len(node.args) > 1 else None
    if isinstance(function, ast.Name) and function.id in ("Field", "StringConstraints"):
        for keyword in node.keywords:
            if keyword.arg == "pattern":
                return keyword.value, None
    return None


def test_every_pattern_is_listed_with_what_bounds_its_input() -> None:
    found: dict[str, set[str]] = {}
    for one in used():
        found.setdefault(one.file, set()).add(one.name)
    assert found == {file: set(names) for file, names in BOUNDS.items()}


ANCHORED = frozenset({"match", "fullmatch"})


def _anchored(one: Used) -> bool:
    """Whether the pattern begins nowhere but at the text's first character."""
    if one.called in ANCHORED:
        return True
    source = (BRIDGE / one.file).read_text(encoding="utf-8")
    called = set(re.findall(rf"\b{re.escape(one.name)}\.(\w+)\(", source))
    return bool(called) and called <= ANCHORED


NOT_TRIED = frozenset({OPERATORS, MADE_UP, COPIED, SHIPPED})


def listed(*, typed: bool) -> list[Any]:
    """File and name of each pattern that can be tried; collecting tests reads no source."""
    return [
        pytest.param(file, name, id=f"{file}-{name}")
        for file, names in BOUNDS.items()
        for name, bound in names.items()
        if bound not in NOT_TRIED and (bound == TYPED) == typed
    ]


def compiled(file: str, name: str) -> Iterator[tuple[re.Pattern[str], Callable[[str], object]]]:
    """The patterns of that name, and what is done with each."""
    for one in used():
        if (one.file, one.name) == (file, name):
            module = importlib.import_module(f"bridge.{file.removesuffix('.py').replace('/', '.')}")
            text = eval(ast.unparse(one.text), vars(module))
            flags = eval(ast.unparse(one.flags), vars(module)) if one.flags else 0
            pattern = re.compile(text, flags)
            yield pattern, at_the_start(pattern) if _anchored(one) else everything_with(pattern)


class Parts:
    """Texts that match parts of a pattern, with every repetition at its least, and once or twice more."""

    def __init__(self, pattern: re.Pattern[str], chance: random.Random) -> None:
        self._chance = chance
        self._groups: dict[int, str] = {}
        tree = parser.parse(pattern.pattern, pattern.flags)
        self.all = sorted({part for _ in range(3) for part in self._under(tree) if part})

    def _under(self, tree: Any) -> Iterator[str]:
        """Each node, each beginning of a sequence, and what is within."""
        whole = ""
        for node in tree:
            text = self._text(node)
            whole += text
            yield text
            yield whole
            for inner in self._inner(node):
                yield from self._under(inner)

    def _inner(self, node: Any) -> list[Any]:
        kind, value = node
        if kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT, kinds.POSSESSIVE_REPEAT):
            return [value[2]]
        if kind is kinds.SUBPATTERN:
            return [value[3]]
        if kind is kinds.BRANCH:
            return list(value[1])
        return [value] if kind is kinds.ATOMIC_GROUP else []

    def _text(self, node: Any) -> str:
        kind, value = node
        if kind is kinds.LITERAL:
            return chr(value)
        if kind is kinds.ANY:
            return "a"
        if kind is kinds.NOT_LITERAL:
            return "b" if value == ord("a") else "a"
        if kind is kinds.IN:
            return self._of_class(value)
        if kind is kinds.GROUPREF:
            return self._groups.get(value, "")
        if kind is kinds.BRANCH:
            return self._sequence(self._chance.choice(value[1]))
        if kind is kinds.SUBPATTERN:
            text = self._sequence(value[3])
            if value[0] is not None:
                self._groups[value[0]] = text
            return text
        if kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT, kinds.POSSESSIVE_REPEAT):
            least, most, inner = value
            return "".join(
                self._sequence(inner) for _ in range(min(int(most), least + self._chance.randrange(3)))
            )
        return self._sequence(value) if kind is kinds.ATOMIC_GROUP else ""

    def _sequence(self, tree: Any) -> str:
        return "".join(self._text(node) for node in tree)

    def _of_class(self, members: Any) -> str:
        return self._chance.choice(_characters(_class(members)))


@cache
def _characters(of_class: str) -> list[str]:
    candidates = [chr(code) for code in (*range(32, 127), 9, 10, 13, 0, 0x9B, 0xFFFE)]
    return [c for c in candidates if re.fullmatch(of_class, c)] or ["a"]


def _class(members: Any) -> str:
    written = ""
    for kind, value in members:
        if kind is kinds.NEGATE:
            written += "^"
        elif kind is kinds.LITERAL:
            written += re.escape(chr(value))
        elif kind is kinds.RANGE:
            written += f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}"
        elif kind is kinds.CATEGORY:
            written += {
                kinds.CATEGORY_DIGIT: r"\d",
                kinds.CATEGORY_WORD: r"\w",
                kinds.CATEGORY_SPACE: r"\s",
                kinds.CATEGORY_NOT_DIGIT: r"\D",
                kinds.CATEGORY_NOT_WORD: r"\W",
                kinds.CATEGORY_NOT_SPACE: r"\S",
            }[value]
    return f"[{written}]"


Made = Callable[[int], str]
"""A hostile text of so many characters."""


def hostile(parts: list[str], chance: random.Random) -> Iterator[Made]:
    def repeated(before: str, part: str, after: str) -> Made:
        return lambda size: before + part * (size // len(part)) + after

    pairs = list(itertools.product(parts, parts))
    chance.shuffle(pairs)
    for part in parts:
        yield repeated("", part, "")
        yield repeated("", part, "\0")
    for one, other in pairs[:60]:
        yield repeated(one, other, "\0")
        yield repeated("", one + other, "\0")
    alphabet = sorted(set("".join(parts)))
    yield lambda size: "".join(random.Random(size).choices(alphabet or ["a"], k=size))
    yield lambda size: "".join(random.Random(size).choices(parts or ["a"], k=size))[:size]


def assert_linear(work: Callable[[str], object], texts: Iterator[Made]) -> None:
    """From 1,000 to 64,000 characters of the texts that take the longest."""

    def on(made: Made, size: int) -> Callable[[], object]:
        text = made(size)
        return lambda: work(text)

    slowest = sorted(texts, key=lambda made: -seconds(on(made, 500)))[:3]
    for made in slowest:
        assert_grows_linearly(partial(on, made), (1_000, 8_000, 64_000), what=made(40))


def at_the_start(pattern: re.Pattern[str]) -> Callable[[str], object]:
    return lambda text: (pattern.fullmatch(text), pattern.match(text))


def everything_with(pattern: re.Pattern[str]) -> Callable[[str], object]:
    return lambda text: (pattern.fullmatch(text), sum(1 for _ in pattern.finditer(text)))


@pytest.mark.parametrize(("file", "name"), listed(typed=True))
def test_a_pattern_that_sees_few_characters_is_fast_on_the_worst_of_them(file: str, name: str) -> None:
    for pattern, work in compiled(file, name):
        chance = random.Random(repr(pattern.pattern))
        bound = short()
        for made in hostile(Parts(pattern, chance).all, chance):
            text = made(LONGEST)[:LONGEST]
            assert seconds(partial(work, text), least_of=3) < bound


def test_no_number_is_read_that_is_longer() -> None:
    for part in ("(", " ", ",", "p1", " (a", "x1", ";a="):
        text = "+33639980001" + part * 100_000
        assert reading(text, "FR") is None
        assert seconds(partial(reading, text, "FR"), least_of=3) < short()


@pytest.mark.parametrize(("file", "name"), listed(typed=False))
def test_a_pattern_takes_time_in_proportion_to_its_text(file: str, name: str) -> None:
    for pattern, work in compiled(file, name):
        chance = random.Random(repr(pattern.pattern))
        assert_linear(work, hostile(Parts(pattern, chance).all, chance))


PARSED = re.compile(r"\b(?:request|answer|response|media)\.(?:content_type|charset|post\(|multipart\()")


def test_no_header_is_parsed_by_a_library_in_quadratic_time() -> None:
    """aiohttp reads Content-Type with `email`, whose time is the square of the number of parameters."""
    served = (path for path in BRIDGE.rglob("*.py") if path.relative_to(BRIDGE).parts[0] not in PLAYERS)
    found = [
        (path.name, use[0]) for path in served for use in PARSED.finditer(path.read_text(encoding="utf-8"))
    ]
    assert not found


@pytest.mark.parametrize("text", [r"[a-z-]+-token", r"^(\s*)(\d*)([-+#.)])(?=[\s#])", r"a+b", r"eyJ[\w-]+\."])
def test_a_quadratic_pattern_is_found(text: str) -> None:
    pattern = re.compile(text, re.MULTILINE)
    chance = random.Random(text)
    with pytest.raises(AssertionError):
        assert_linear(everything_with(pattern), hostile(Parts(pattern, chance).all, chance))


WORDS = [
    "x-",
    "token",
    "=",
    ": ",
    '"',
    '\\"',
    "\\",
    "'",
    "secret_",
    "a_",
    "eyJ",
    "eyJaaaaa.",
    ".",
    "bearer ",
    "://",
]
WORDS += ["@", "+1", "+1 ", "%2B", "tbk_", "signature", "null", "1", "\n", " "]


def test_the_redactor_takes_time_in_proportion_to_its_line() -> None:
    assert_linear(Redactor(["a-secret-of-ours"]), hostile(WORDS, random.Random(1)))
