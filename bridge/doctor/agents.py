"""Checks that inbound calls ring agents."""

from collections.abc import Iterator

from bridge.calls.agents import Roster
from bridge.calls.routing.lines import Group, Line, Telephone
from bridge.doctor.checks import Check, Verdict, error, ok, warning
from bridge.errors import TwentyError
from bridge.language.phrase import Phrase, phrase
from bridge.settings import Settings
from bridge.settings.served import agents_of, lines_of
from bridge.twenty.client.client import TwentyClient
from bridge.twenty.people.members import workspace_members

NAME_THEM = phrase(
    "Name who takes calls in config.yaml, by e-mail in Twenty: agents: {{names: "
    "[jane@example.com]}}; or run twenty-bridge init, which lists them."
)


def checks(settings: Settings, client: TwentyClient) -> Iterator[Check]:
    """The check of the agents whom lines ring."""

    async def rung() -> Verdict:
        return ringing(settings, await roster_of(settings, client))

    yield Check("agents.ring", rung, NAME_THEM)


async def roster_of(settings: Settings, client: TwentyClient) -> Roster | None:
    """The agents of the settings and Twenty's members; None where Twenty does not list its members."""
    try:
        return Roster(agents_of(settings), await workspace_members(client))
    except TwentyError:
        return None


def ringing(settings: Settings, roster: Roster | None) -> Verdict:
    """Whether each line rings an agent or a telephone; an error where no line does."""
    lines = _lines(settings)
    silent = [line.name for line in lines if not _rings(line, roster)]
    if len(silent) == len(lines):
        return error(
            phrase("No agent can be rung: every call in goes to {target}.", target=_else(lines)), NAME_THEM
        )
    if silent:
        return warning(phrase("No agent is rung on the line {lines}.", lines=", ".join(silent)), NAME_THEM)
    return ok(_whom(lines))


def agents_rung(settings: Settings) -> list[str]:
    """The agents whom any line rings, by e-mail or identity."""
    return list(dict.fromkeys(agent for line in _lines(settings) for agent in _agents(line)))


def _lines(settings: Settings) -> list[Line]:
    return list(lines_of(settings.lines, agents=settings.agents, voice=settings.voice))


def _rings(line: Line, roster: Roster | None) -> bool:
    numbers = any(isinstance(step, Telephone) for step in line.steps)
    return numbers or any(roster is None or is_there(roster, agent) for agent in _agents(line))


def is_there(roster: Roster, agent: str) -> bool:
    """Whether an agent, by e-mail or identity, is a member of the workspace or in the settings."""
    return any(roster.knows(identity) for identity in roster.identities(agent))


def _agents(line: Line) -> Iterator[str]:
    return (agent for step in line.steps if isinstance(step, Group) for agent in step.agents)


def _else(lines: list[Line]) -> Phrase:
    return phrase("voicemail") if any(line.voicemail for line in lines) else phrase("an apology")


def _whom(lines: list[Line]) -> Phrase:
    agents = dict.fromkeys(agent for line in lines for agent in _agents(line))
    numbers = dict.fromkeys(
        step.number for line in lines for step in line.steps if isinstance(step, Telephone)
    )
    return phrase("Calls in ring {agents}.", agents=", ".join((*agents, *numbers)))
