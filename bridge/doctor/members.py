"""Checks the members and agents whom the settings name; no other place reports a typo in them."""

from collections.abc import Iterator, Sequence

from bridge.calls.agents import Member, Roster, identity_of
from bridge.doctor.checks import Check, Verdict, ok, warning
from bridge.errors import TwentyDenied
from bridge.language.phrase import joined, phrase
from bridge.settings import Settings
from bridge.settings.served import agents_of
from bridge.twenty.client.client import TwentyClient
from bridge.twenty.people.members import workspace_members

ADDRESS = phrase("Fix the address, or invite that person: in Twenty, Settings → Members.")
AGENT = phrase("Fix the name, or list it in agents.names.")


def checks(settings: Settings, client: TwentyClient) -> Iterator[Check]:
    """The check of all names in the settings."""

    async def all_named() -> Verdict:
        try:
            members = await workspace_members(client)
        except TwentyDenied as denied:
            return warning(
                phrase("The members cannot be read: {denied}", denied=denied),
                phrase("Fix twenty.role, then run doctor again."),
            )
        return named(settings, members)

    yield Check("twenty.members", all_named, needs=["twenty.reachable", "twenty.key"])


def named(settings: Settings, members: Sequence[Member]) -> Verdict:
    """Whether Twenty has every member and agent whom the settings name."""
    roster = Roster(agents_of(settings), members)
    unlisted = [
        phrase("{setting}: {address} is no member of the workspace", setting=setting, address=address)
        for setting, address in _addresses(settings)
        if roster.by_email(address) is None
    ]
    unknown = [
        phrase("{setting}: {agent} is no agent", setting=setting, agent=agent)
        for setting, agent in _rung(settings)
        if "@" not in agent and not roster.knows(agent)
    ]
    if unlisted or unknown:
        fixes = [fix for fix, wrong in ((ADDRESS, unlisted), (AGENT, unknown)) if wrong]
        wrong = joined("; ", (*unlisted, *unknown))
        return warning(phrase("{wrong}.", wrong=wrong), joined(" ", fixes))
    return ok(phrase("Twenty has every member whom the settings name."))


def _addresses(settings: Settings) -> Iterator[tuple[str, str]]:
    """Setting and e-mail."""
    activities = settings.activities
    if activities.missed_call_tasks and activities.assignee:
        yield "activities.assignee", activities.assignee
    for identity, address in settings.agents.members.items():
        yield f"agents.members.{identity}", address
    for address in settings.auth.members:
        yield "auth.members", address
    mapped = {identity_of(identity) for identity in settings.agents.members}
    for name in settings.agents.names:
        if "@" in name and identity_of(name) not in mapped:
            yield "agents.names", name
    for setting, agent in _rung(settings):
        if "@" in agent:
            yield setting, agent


def _rung(settings: Settings) -> Iterator[tuple[str, str]]:
    """Setting and agent, by e-mail or identity, of each ring plan in the settings."""
    numbers = settings.lines.numbers.items()
    plans = [("default", settings.lines.default), *((f"numbers.{number}", line) for number, line in numbers)]
    for name, line in plans:
        if "ring" in line.model_fields_set:
            for agent in dict.fromkeys(agent for step in line.ring for agent in step.agents or ()):
                yield f"lines.{name}.ring", agent
