"""Asks the operator for what cannot be found out: five answers, each checked before the next."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from secrets import token_hex
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

from bridge.calls.agents import Member
from bridge.errors import AnswerRefused
from bridge.language.phrase import Phrase, joined, phrase, phrase_of
from bridge.settings.systems import TWILIO
from bridge.setup import answers
from bridge.setup.answers import Answers
from bridge.twilio.rest.owned import IncomingNumber

OURS = ("TWENTY_WEBHOOK_SECRET", "BRIDGE_LINK_KEYS", "BRIDGE_FORGET_KEY")
"""Secrets that only have to be random."""

T = TypeVar("T")


class Asks(Protocol):
    """Asks the operator, where one is at the terminal."""

    def ask(self, variable: str, text: str, *, hidden: bool = False, default: str | None = None) -> str:
        """An answer, or the default where nothing is typed; raises AnswerRefused without an operator."""

    def choose(self, text: str, options: Sequence[str]) -> str:
        """One of the options; raises AnswerRefused without an operator."""

    def choose_several(self, text: str, options: Sequence[str]) -> Sequence[str]:
        """What is said of the options, apart at its commas; nothing for all of them."""

    def tell(self, text: str) -> None:
        """Something good to know."""

    def save(self, values: Mapping[str, str]) -> None:
        """Keeps answers that were checked, so that an interruption loses none."""


@dataclass(frozen=True, slots=True)
class Interview:
    """`given` is what needs no question: options, environment, `.env`.

    `agents` are those that were given; `asks_for_agents` is whether the settings name none yet.
    """

    asks: Asks
    given: Mapping[str, str]
    agents: Sequence[str] = ()
    asks_for_agents: bool = True

    async def hold(self) -> Answers:
        """All answers; raises AnswerRefused where one is wrong and no operator can be asked again."""
        found = Answers({name: self.given.get(name) or token_hex(32) for name in OURS})
        await self._twenty(found)
        self.asks.save(found.values)
        await self._twilio(found)
        self._number(found)
        self.asks.save(found.values)
        check = partial(answers.public_url, api_url=self._api_url)
        url = await self._one(
            "BRIDGE_PUBLIC_URL",
            phrase(
                "The bridge's own public URL (https://phone.example.com, or https://crm.example.com/phone)"
            ),
            check,
        )
        found.values["BRIDGE_PUBLIC_URL"] = url
        self.asks.save(found.values)
        if not await answers.is_in_dns(url):
            self.asks.tell(
                phrase(
                    "No DNS server knows {host} yet. doctor checks it once it does.",
                    host=urlsplit(url).hostname,
                )
            )
        if self.agents or self.asks_for_agents:
            await self._agents(found)
        return found

    async def _agents(self, found: Answers) -> None:
        """Who takes calls: all members, unless something else is said. Without members it is left open."""
        try:
            listed = await answers.members(found.values["TWENTY_API_URL"], found.values["TWENTY_API_TOKEN"])
        except AnswerRefused as refused:
            self.asks.tell(
                phrase("{reason} Name who takes calls in config.yaml, as agents.names.", reason=refused)
            )
            listed = []
        known = answers.told_apart(listed)
        if self.agents:
            found.agents = _final(known, self.agents)
        elif known:
            found.agents = self._chosen(known)

    def _chosen(self, known: Sequence[Member]) -> list[str]:
        """Those of the list that are chosen; asked again until each of them is there."""
        everyone = [member.email for member in known]
        while True:
            asked = self.asks.choose_several(
                phrase("Who takes calls? Numbers or e-mails, with commas between"),
                [f"{member.name} <{member.email}>" if member.name else member.email for member in known],
            )
            try:
                return answers.agents_among(known, asked) if asked else everyone
            except AnswerRefused as refused:
                self.asks.tell(phrase_of(refused))

    @property
    def _api_url(self) -> str:
        """Twilio's REST API, unless a region's or a sandbox's was given."""
        return self.given.get("TWILIO_API_URL", TWILIO)

    async def _twenty(self, found: Answers) -> None:
        url = await self._one("TWENTY_API_URL", phrase("Twenty's URL"), answers.twenty_url)
        text = phrase("An API key of Twenty (Settings → API & Webhooks)")
        key = await self._one(
            "TWENTY_API_TOKEN", text, lambda value: answers.twenty_key(url, value), hidden=True
        )
        found.values |= {"TWENTY_API_URL": url, "TWENTY_API_TOKEN": key}
        self.asks.tell(phrase("Twenty at {url} takes the key.", url=url))

    async def _twilio(self, found: Answers) -> None:
        """SID and token together: Twilio does not say which of the two is wrong.

        Asked again, Return keeps the SID, which was read.
        """
        text = phrase("Twilio's Account SID")
        read: str | None = None

        async def one(given: Mapping[str, str]) -> tuple[str, str, list[IncomingNumber]]:
            nonlocal read
            sid = await self._one("TWILIO_ACCOUNT_SID", text, answers.account_sid, given=given, default=read)
            read = sid
            token = self._value("TWILIO_AUTH_TOKEN", phrase("Twilio's Auth Token"), given, hidden=True)
            listed = await answers.twilio_account(sid, token.partition(",")[0], api_url=self._api_url)
            return sid, token, listed

        sid, token, found.numbers = await self._until_taken(one, self.given)
        found.values |= {"TWILIO_ACCOUNT_SID": sid, "TWILIO_AUTH_TOKEN": token}
        if self._api_url != TWILIO:
            found.values["TWILIO_API_URL"] = self._api_url
        self.asks.tell(_counted(len(found.numbers)))

    def _number(self, found: Answers) -> None:
        """The company's number, asked for only where there are several."""
        able = [number.phone_number for number in found.numbers if number.has_voice]
        number = compact(self.given.get("TWILIO_PHONE_NUMBER", ""))
        is_strange = bool(number and number not in able)
        if is_strange:
            self.asks.tell(
                phrase(
                    "{number} is none of the account's numbers ({numbers}).",
                    number=number,
                    numbers=", ".join(able) or phrase("it has none"),
                )
            )
        if able and (is_strange or (not number and len(able) > 1)):
            number = self.asks.choose(phrase("Which number do calls go out with?"), able)
        if not number and not able:
            self.asks.tell(phrase("The account has no number yet: buy one, Twilio console → Phone Numbers."))
        if company := number or next(iter(able), None):
            found.values["TWILIO_PHONE_NUMBER"] = company

    async def _one(
        self,
        variable: str,
        text: str,
        check: Callable[[str], Awaitable[T]],
        *,
        given: Mapping[str, str] | None = None,
        hidden: bool = False,
        default: str | None = None,
    ) -> T:
        async def one(given: Mapping[str, str]) -> T:
            return await check(self._value(variable, text, given, hidden=hidden, default=default))

        return await self._until_taken(one, self.given if given is None else given)

    async def _until_taken(
        self, one: Callable[[Mapping[str, str]], Awaitable[T]], given: Mapping[str, str]
    ) -> T:
        """With what is given; while that is refused, with what the operator answers."""
        while True:
            try:
                return await one(given)
            except AnswerRefused as refused:
                if refused.is_final:
                    raise
                self.asks.tell(phrase_of(refused))
                given = {}

    def _value(
        self,
        variable: str,
        text: str,
        given: Mapping[str, str],
        *,
        hidden: bool = False,
        default: str | None = None,
    ) -> str:
        return given.get(variable) or self.asks.ask(variable, text, hidden=hidden, default=default).strip()


def compact(number: str) -> str:
    """`+33 1 59 13 00 01` as Twilio has it."""
    return "".join(letter for letter in number if letter.isdecimal() or letter == "+")


def _final(known: Sequence[Member], asked: Sequence[str]) -> list[str]:
    """What an option says is not asked again."""
    try:
        return answers.agents_among(known, asked)
    except AnswerRefused as refused:
        raise AnswerRefused(joined(": ", ("--agent", phrase_of(refused))), is_final=True) from refused


def _counted(numbers: int) -> Phrase:
    return (
        phrase("Twilio knows the account; it has 1 number.")
        if numbers == 1
        else phrase("Twilio knows the account; it has {count} numbers.", count=numbers)
    )
