"""Whom the settings name: members of Twenty by address, agents by identity; typos are silent elsewhere."""

import re
from collections.abc import Collection, Iterator

from bridge.calls.identities import allowed_identity, member_identity
from bridge.doctor.checks import Check, Verdict, ok, warning
from bridge.errors import TwentyDenied
from bridge.settings import Settings
from bridge.twenty.client import TwentyClient

ADDRESS = "Mend the address, or invite whoever it is: in Twenty, Settings → Members."
AGENT = "Mend the name, or list it in agents.names."


def checks(settings: Settings, client: TwentyClient) -> Iterator[Check]:
    """That of everybody who is named."""

    async def members() -> Verdict:
        try:
            answer = await client.execute("WorkspaceMembers")
        except TwentyDenied as denied:
            return warning(f"The members cannot be looked at: {denied}", "Mend twenty.role, and ask again.")
        nodes = [edge["node"] for edge in answer["workspaceMembers"]["edges"]]
        emails = {node["userEmail"].lower() for node in nodes if node.get("userEmail")}
        return named(settings, emails=emails, ids=[node["id"] for node in nodes])

    yield Check("twenty.members", members, needs=["twenty.reachable", "twenty.key"])


def named(settings: Settings, *, emails: Collection[str], ids: Collection[str]) -> Verdict:
    """Whether there is everybody whom the settings name; `emails` (in small letters) and `ids` of members."""
    nobody = [
        f"{setting}: {address} is no member of the workspace"
        for setting, address in _addresses(settings)
        if address.lower() not in emails
    ]
    identities = {*map(member_identity, ids), *map(allowed_identity, emails)}
    unknown = [
        f"{setting}: {agent} is no agent"
        for setting, agent in _rung(settings)
        if "@" not in agent and agent.lower() not in identities and not _is_agent(settings, agent)
    ]
    if nobody or unknown:
        fixes = [fix for fix, wrong in ((ADDRESS, nobody), (AGENT, unknown)) if wrong]
        return warning("; ".join((*nobody, *unknown)) + ".", " ".join(fixes))
    return ok("Everybody whom the settings name is there.")


def _addresses(settings: Settings) -> Iterator[tuple[str, str]]:
    """Setting and e-mail."""
    activities = settings.activities
    if activities.missed_call_tasks and activities.assignee:
        yield "activities.assignee", activities.assignee
    for identity, address in settings.agents.members.items():
        yield f"agents.members.{identity}", address
    for address in settings.auth.members:
        yield "auth.members", address
    for setting, agent in _rung(settings):
        if "@" in agent:
            yield setting, agent


def _rung(settings: Settings) -> Iterator[tuple[str, str]]:
    """Setting and agent, by e-mail or identity, of every ring plan that is set itself."""
    numbers = settings.lines.numbers.items()
    plans = [("default", settings.lines.default), *((f"numbers.{number}", line) for number, line in numbers)]
    for name, line in plans:
        if "ring" in line.model_fields_set:
            for agent in dict.fromkeys(agent for step in line.ring for agent in step.agents or ()):
                yield f"lines.{name}.ring", agent


def _is_agent(settings: Settings, identity: str) -> bool:
    """Whether somebody may have a token as that agent, or stands for a member."""
    agents, keys = settings.agents, settings.auth.keys
    names = {*agents.names, *agents.members, *(name for key in keys for name in key.identities)}
    patterns = (agents.pattern, *(key.pattern for key in keys))
    return identity in names or any(pattern and re.fullmatch(pattern, identity) for pattern in patterns)
