"""Settings of agents, keys and caller IDs → the agents that there are."""

from bridge.calls.agents import Agents, Allowed, Only
from bridge.settings.access import AgentSettings, AuthSettings, KeySettings
from bridge.settings.models import Settings


def agents_of(settings: Settings) -> Agents:
    """The agents that there are."""
    return agents_with(settings.agents, settings.auth, caller_ids=settings.dialling.own_caller_ids)


def agents_with(
    agents: AgentSettings, auth: AuthSettings, *, caller_ids: dict[str, tuple[str, ...]] | None = None
) -> Agents:
    """Those of some sections."""
    return Agents(
        Allowed(agents.names, agents.pattern, default=agents.default),
        keys={key.name: allowed for key in auth.keys if (allowed := _of_key(key))},
        members=agents.members,
        caller_ids=caller_ids,
    )


def _of_key(key: KeySettings) -> Allowed | None:
    if not key.identities and not key.pattern:
        return None
    kind = Only if len(key.identities) == 1 and not key.pattern else Allowed
    return kind(key.identities, key.pattern)
