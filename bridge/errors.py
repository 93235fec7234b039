"""Every error that the bridge raises on purpose.

BridgeError
├── SettingsInvalid        the settings; lists all that is wrong
├── CannotListen           the address is taken, or not this machine's
├── AnswerRefused          an invalid answer to a question of `init`
├── CannotWrite            a file of settings
├── CannotBackUp           the database was not copied; says why, or the command that does it
├── SandboxMissing         the installation has no sandbox, which the command needs
├── NumberRefused          a number that cannot or must not be dialled
├── IdentityRefused        an identity that no agent has, or not this caller
├── SignerUnknown          a webhook's signature names a key or an algorithm that is not configured
├── CallbackInvalid        a request of Twilio's without a required parameter
├── RequestRefused         a request that is rejected before its handler
│   ├── NotAuthenticated       missing or unknown credentials
│   ├── NotAllowed             known credentials, or an origin, without the permission
│   │   └── NotListed              a member of the workspace whom the settings do not list
│   ├── NotVerified            Twenty, which verifies users, does not answer
│   ├── TooManyRequests        more than a minute allows
│   ├── NotUnderstood          a body that cannot be read
│   ├── KeyReused              an idempotency key of another request
│   ├── WrongContentType       a body of a kind that is not taken here
│   ├── BodyTooLarge           a body over the limit
│   ├── BodyTooSlow            a body that did not arrive in time
│   └── TargetTooLong          a path with query over the limit
├── LinkUnknown            there is no such one-time link
├── LinkSpent              a one-time link that was used, or has expired
├── TooBusy                as many requests as may be are in work
├── CallRefused            what an agent asked of a call
│   ├── CallUnknown            there is no such call
│   ├── NotInCall              a call of another agent
│   └── CallConflict           a call that is over, or not in a state for it
├── InboxUnavailable       what arrived cannot be kept now
│   └── InboxRefused           the database does not take this data
├── ForgetKeyWrong         forgotten numbers cannot be recognised
├── AlreadyServed          another process serves the same SQLite file
├── SummaryError           a call was not summarised
│   ├── SummaryUnavailable     the model's server is down, over its limit, or refuses the key: retry
│   └── SummaryFailed          the model is too slow, or its answer cannot be used
├── AlertNotSent           a mail server or webhook did not take an alert
├── DoctorNotRun           the bridge could not run doctor's checks
├── Standby                another process drains this database
├── TranscriptError        a recording was not transcribed
│   ├── TranscriptUnavailable  the engine is down, slow, or answers what cannot be read: retry
│   ├── TranscriptRefused      the engine refuses it, or the recording is gone: no retry
│   ├── TranscriptLost         what the engine had begun is lost: it starts anew
│   └── TranscriptTaken        another process has taken the job over
├── TwilioError            Twilio's REST API did not do what it was asked
│   ├── TwilioUnavailable  down, slow, over its limit, or an answer that cannot be read
│   ├── TwilioRefused      this request: what it names is not there, or not in a state for it
│   └── TwilioDenied       the API key is invalid or lacks the permission
└── TwentyError
    ├── TwentyUnavailable  down, slow, or an answer that cannot be read: retry
    │   ├── TwentyOverLimit    over the workspace's rate limit
    │   └── TwentyFailed       an unknown error code: one record may be at fault
    ├── TwentyQuotaExhausted   the workspace's stock of records is used up
    ├── TwentyRefused      the data of this write: a record is at fault
    │   ├── Duplicate          a record with this id, or this unique value, is there already
    │   ├── TargetGone         the record that a relation points to was deleted
    │   └── TooManyRecords     more records in a batch than this server takes
    └── TwentyDenied       credentials, permission, schema: every write is refused
"""

from collections.abc import Mapping
from typing import Any

from bridge.language.phrase import joined, phrase


class BridgeError(Exception):
    """The root of the tree; `code` names the reason in logs, in `/ready` and in answers to the phone page."""

    code = "bridge.error"

    def __init__(self, *said: object, code: str | None = None) -> None:
        super().__init__(*said)
        self.code = code or self.code


class SettingsInvalid(BridgeError):
    """The settings are invalid; `problems` has a line for each problem, with name, reason and example."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        listed = joined("\n", (phrase("  - {problem}", problem=problem) for problem in problems))
        super().__init__(phrase("The settings do not hold:\n{problems}", problems=listed))


class CannotListen(BridgeError):
    """The server cannot have its address; the message names it and the settings that say so."""


class AnswerRefused(BridgeError):
    """An invalid answer; the message says why. `is_final` where `init` cannot ask again (no terminal)."""

    def __init__(self, message: str, *, is_final: bool = False) -> None:
        self.is_final = is_final
        super().__init__(message)


class CannotWrite(BridgeError):
    """A file of settings cannot be written; the message names it."""


class CannotBackUp(BridgeError):
    """The database was not copied; the message says why, or by which command it can be."""


class SandboxMissing(BridgeError):
    """The command needs the sandbox, which the production image leaves out."""

    def __init__(self, command: str) -> None:
        super().__init__(
            phrase(
                "twenty-bridge {command} needs the sandbox, which this image leaves out: run it from a "
                "checkout (make demo) or from the Python package.",
                command=command,
            )
        )


class NumberRefused(BridgeError):
    """`reason` is the code of a spoken text (`calls/texts.py`); the message says it to an operator."""

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        super().__init__(message, code=f"refused.{reason}")


class IdentityRefused(BridgeError):
    """The identity that was asked for is not one of the configured agents'."""

    code = "identity.refused"


class CallbackInvalid(BridgeError):
    """The form lacks a parameter, or has one that Twilio does not send; the message names it."""


class SignerUnknown(BridgeError):
    """A webhook names a signing key or algorithm that the bridge does not have; says what to configure."""

    code = "signature.unknown"


class RequestRefused(BridgeError):
    """The message is for the client: it says what to do, and reveals nothing internal."""


class NotAuthenticated(RequestRefused):
    """No credentials, or none that are known."""


class NotAllowed(RequestRefused):
    """The credentials, the origin or the signature do not allow this."""


class NotListed(NotAllowed):
    """A member of the workspace who is not one of `auth.members`; `identity` and `email` are theirs."""

    code = "auth.not_listed"

    def __init__(self, identity: str, email: str) -> None:
        self.identity, self.email = identity, email
        super().__init__("You are none of those who may call (auth.members).")


class NotVerified(RequestRefused):
    """Twenty, which verifies users, does not answer."""

    code = "auth.not_verified"


class TooManyRequests(RequestRefused):
    """More than a minute allows; `retry_after` says in how many seconds there is one again."""

    def __init__(self, message: str, *, retry_after: int, code: str | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(message, code=code)


class NotUnderstood(RequestRefused):
    """The body does not match its content type."""


class KeyReused(RequestRefused):
    """An `Idempotency-Key` came before with another request."""

    code = "idempotency.reused"


class WrongContentType(RequestRefused):
    """The route does not accept this content type."""


class BodyTooLarge(RequestRefused):
    """The body is over the limit; it was not read to its end."""


class BodyTooSlow(RequestRefused):
    """The body did not arrive in time; the connection is closed."""


class TargetTooLong(RequestRefused):
    """The path with its query is over the limit."""


class LinkUnknown(BridgeError):
    """There is no one-time link with this secret."""

    code = "link.unknown"


class LinkSpent(BridgeError):
    """A one-time link was used, or has expired; the message says which."""

    code = "link.used"


class TooBusy(BridgeError):
    """The limit of concurrent requests is reached; the client should retry."""

    code = "bridge.busy"


class CallRefused(BridgeError):
    """An agent's command for a call was rejected; the message says why."""


class CallUnknown(CallRefused):
    """No callback has arrived for a call or leg with this SID."""

    code = "call.unknown"


class NotInCall(CallRefused):
    """The agent has no part in the call."""

    code = "call.not_yours"


class CallConflict(CallRefused):
    """The call is over, or not in a state for what was asked."""


class InboxUnavailable(BridgeError):
    """The database cannot be used now; the sender should retry."""

    code = "inbox.unavailable"


class InboxRefused(InboxUnavailable):
    """The database refuses the data itself; a retry fails as well."""


class ForgetKeyWrong(BridgeError):
    """BRIDGE_FORGET_KEY is not set, or is not the key with which numbers were forgotten."""

    code = "forget.key"


class TranscriptError(BridgeError):
    """A recording was not transcribed; the message says why, without anything that was said."""

    code = "transcript.error"


class TranscriptUnavailable(TranscriptError):
    """The engine is down, slow, over its limit, or answers what cannot be read; a retry can do better.

    `retry_after` is in seconds, None where the engine does not say when.
    """

    code = "transcript.unavailable"

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class TranscriptRefused(TranscriptError):
    """The engine refuses the recording, or it is gone; a retry cannot do better."""

    code = "transcript.refused"


class TranscriptLost(TranscriptError):
    """The engine no longer has what it had begun, or its result was lost; it has to start anew.

    `progress` is what it starts with.
    """

    code = "transcript.lost"

    def __init__(self, message: str, *, progress: str = "") -> None:
        super().__init__(message)
        self.progress = progress


class TranscriptTaken(TranscriptError):
    """The job's lease has passed to another process, which goes on with it."""

    code = "transcript.taken"


class TwilioError(BridgeError):
    """Twilio's REST API did not do what it was asked."""

    code = "twilio.error"


class TwilioUnavailable(TwilioError):
    """Unreachable, slow, 5xx, or still over the limit after retries."""

    code = "twilio.unavailable"


class TwilioRefused(TwilioError):
    """The message is Twilio's, and `number` its code, if it named one: https://www.twilio.com/docs/api/errors"""

    code = "twilio.refused"

    def __init__(self, message: str, *, status: int, number: int | None = None) -> None:
        self.status = status
        self.number = number
        super().__init__(message)


class TwilioDenied(TwilioError):
    """The credentials are invalid, or may not do this; `number` is Twilio's code, if it sent one."""

    code = "twilio.denied"

    def __init__(self, message: str, *, number: int | None = None) -> None:
        self.number = number
        super().__init__(message)


class AlreadyServed(BridgeError):
    """A second server on one SQLite file; the message says who has it, and what to do."""


class SummaryError(BridgeError):
    """A call was not summarised; the message says why, without anything that was said."""

    code = "summary.error"


class SummaryUnavailable(SummaryError):
    """The model's server is down, over its limit, or refuses the key; `retry_after` is in seconds."""

    code = "summary.unavailable"

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class SummaryFailed(SummaryError):
    """The model is too slow for this call, or its answer cannot be used: a few more attempts are made."""

    code = "summary.failed"


class AlertNotSent(BridgeError):
    """An alert was not taken; the message says by which server, and why. It is sent again later."""

    code = "alerts.not_sent"


class DoctorNotRun(BridgeError):
    """Doctor's process gave no findings; the message says why. It is tried again."""

    code = "doctor.not_run"

    def __init__(self, reason: str) -> None:
        super().__init__(phrase("doctor could not be run: {reason}.", reason=reason))


class Standby(BridgeError):
    """This process must not write to Twenty now; the message says why."""

    code = "drain.standby"


class TwentyError(BridgeError):
    """Twenty did not do what it was asked."""

    code = "twenty.error"


class TwentyUnavailable(TwentyError):
    """Unreachable, slow, 5xx, or an unknown error code. The write was possibly carried out."""

    code = "twenty.unavailable"


class TwentyOverLimit(TwentyUnavailable):
    """Nothing was written. The fields have what the server reports of its limit.

    `retry_after` and `window` are seconds, `limit` is root fields per window.
    """

    code = "twenty.over_limit"

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        limit: int | None = None,
        window: float | None = None,
    ) -> None:
        self.retry_after = retry_after
        self.limit = limit
        self.window = window
        super().__init__(message)


class TwentyQuotaExhausted(TwentyError):
    """The workspace's stock of records is used up: waiting alone does not help. Nothing was done."""

    code = "twenty.quota_exhausted"


class TwentyFailed(TwentyUnavailable):
    """Twenty answered with an error code that the bridge does not know; one record may be at fault."""


class TwentyRefused(TwentyError):
    """The data was refused; nothing of the batch was written, and Twenty does not say which record."""

    code = "twenty.refused"


class Duplicate(TwentyRefused):
    """A record with this id or unique value exists, perhaps a deleted one: `there`, where it was asked."""

    code = "twenty.duplicate"

    def __init__(self, message: str, *, there: Mapping[str, Any] | None = None) -> None:
        self.there = there
        super().__init__(message)


class TargetGone(TwentyRefused):
    """A record that a relation names (person, company, member) does not exist any more."""

    code = "twenty.target_gone"


class TooManyRecords(TwentyRefused):
    """The batch is longer than this server takes."""

    code = "twenty.too_many_records"


class TwentyDenied(TwentyError):
    """The key is invalid or may not do this, or the workspace lacks what the operation names."""

    code = "twenty.denied"
