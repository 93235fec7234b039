"""Hints about a run besides its steps: that there was nothing to do, and what an operator can do."""

from collections.abc import Iterator

from bridge.language.phrase import Phrase, phrase
from bridge.twenty.provision.run import Result
from bridge.twenty.provision.setup import Provisioned

NOTHING = phrase("Nothing to do: the workspace has all that calls are written to and shown with.")
NO_WEBHOOK = phrase(
    "Left out: the webhook by which Twenty tells of changed people. Set TWENTY_WEBHOOK_SECRET in "
    "the environment or .env (`openssl rand -hex 32` makes one), and run this again."
)


def restoring(*options: str) -> Phrase:
    """How an operator restores what users removed, by these options of `setup twenty`."""
    return phrase(
        "What users removed stays removed. `twenty-bridge setup twenty {options}` restores it.",
        options=" ".join(options),
    )


def notes(done: Provisioned, *, with_webhook: bool) -> Iterator[Phrase]:
    """Hints for the operator."""
    if done.complete and not done.outcomes:
        yield NOTHING
    if done.steps(Result.REMOVED):
        yield restoring("--restore")
    if not with_webhook:
        yield NO_WEBHOOK


def problems(done: Provisioned) -> Iterator[Phrase]:
    """Conflicts, each with what to do."""
    if done.lacking:
        yield (
            phrase(
                "The API key's role may not do all of it. In Twenty, open Settings → Roles, choose the key's "
                "role (or a separate one for set-up) and allow Settings permissions → {permissions}; "
                "then run this again.",
                permissions=", ".join(done.lacking),
            )
        )
    if takes := done.permissions(Result.WAITING):
        yield phrase("What was left out takes {permissions}.", permissions=", ".join(takes))
    if done.steps(Result.IMPOSSIBLE):
        yield (
            phrase(
                "This Twenty does not accept what is named as not possible, and nothing of that was sent: "
                "run a version of the bridge that is made for this Twenty."
            )
        )
    yield from done.conflicts
