"""What Twilio reports when something is wrong, by its own codes.

https://www.twilio.com/docs/api/errors lists them; the texts here are the short ones of its debugger.

SandboxError
├── TwimlError      a document that cannot be run: the call goes to its fallback URL, or ends
├── TokenRefused    an access token that does not open a call
├── RestError       what the REST API answers with a status and a code
└── LoadRefused     a load run that the sandbox does not start
"""

MESSAGES = {
    11100: "Invalid URL format",
    11200: "HTTP retrieval failure",
    11205: "HTTP connection failure",
    11215: "HTTP too many redirects",
    11243: "HTTP retry policy is invalid",
    11750: "TwiML response body too large",
    12100: "Document parse failure",
    12102: "Root element must be Response",
    12200: "Schema validation warning",
    12300: "Invalid Content-Type",
    13201: "Dial: Cannot Dial out from a Dial Call Segment",
    13210: "Dial: Invalid method value",
    13212: "Dial: Invalid timeout value",
    13214: "Dial: Invalid callerId value",
    13215: "Dial: Invalid nested element",
    13216: "Dial: Invalid timeLimit value",
    13217: "Dial: Invalid record value",
    13221: "Dial->Number: Invalid method value",
    13223: "Dial: Invalid phone number format",
    13224: "Dial: Invalid phone number",
    13225: "Dial: Forbidden phone number",
    13227: "Dial: No International Authorization",
    13230: "Dial->Conference: Invalid muted value",
    13231: "Dial->Conference: Invalid endConferenceOnExit value",
    13232: "Dial->Conference: Invalid startConferenceOnEnter value",
    13233: "Dial->Conference: Invalid waitUrl",
    13234: "Dial->Conference: Invalid waitMethod",
    13235: "Dial->Conference: Invalid beep value",
    13236: "Dial->Conference: Invalid Conference Sid",
    13237: "Dial->Conference: Invalid conference name",
    13238: "Dial->Conference: Invalid verb for waitUrl TwiML",
    13240: "Dial->Conference: Invalid Whisper SID",
    13410: "Play: Invalid loop value",
    13510: "Say: Invalid loop value",
    13520: "Say: Invalid text",
    13610: "Record: Invalid method value",
    13611: "Record: Invalid timeout value",
    13612: "Record: Invalid maxLength value",
    13614: "Record: Invalid transcribe value",
    13616: "Record: playBeep must be true or false",
    13617: "Record: Recording length is out of range for transcription",
    13710: "Redirect: Invalid method value",
    13910: "Pause: Invalid length value",
    15003: "Call Progress: Warning Response to Callback URL",
    16002: "Failed to validate conference attributes",
    16020: "Conference is full",
    16023: "Dial->Conference: Invalid participant label",
    16024: "Invalid participant label",
    16025: "Dial->Conference: Participant label is in use by another participant",
    16026: "Participant label is in use by another participant",
    16027: "Participant to be whispered is on hold",
    16028: "Participant to be whispered is not present in the conference",
    17510: "Transcription: Invalid number of participants",
    17511: "Transcription: Invalid audioChannelIndex",
    17516: "Transcription: No CUSTOMER among the participants",
    17530: "Transcription: Configuration not found",
    17533: "Transcription: Recording is not available",
    17554: "Transcription: Audio is too short",
    17555: "Transcription: Audio is too long",
    17561: "Transcription: Internal error",
    17563: "Transcription: Participant addresses could not be inferred",
    17566: "Transcription: Provider refused the request",
    20001: "Unknown parameters",
    20003: "Authenticate",
    20004: "Method not allowed",
    20007: "Page size too large",
    20101: "Invalid Access Token",
    20102: "Invalid Access Token header",
    20103: "Invalid Access Token issuer/subject",
    20104: "Access Token expired or expiration date invalid",
    20105: "Access Token not yet valid",
    20106: "Invalid Access Token grants",
    20107: "Invalid Access Token signature",
    70002: "Invalid permission path",
    70051: "The API key lacks the permission",
    20157: "Expiration Time Exceeds Maximum Time Allowed",
    20403: "Forbidden",
    20404: "The requested resource was not found",
    20409: "The name is in use",
    20422: "Unsupported content type",
    20429: "Too Many Requests",
    20503: "Service Unavailable",
    21201: "No 'To' number is specified",
    21205: "Url is not a valid URL",
    21211: "Invalid 'To' Phone Number",
    21210: "'From' phone number not verified",
    21213: "'From' phone number is required",
    21215: "Account not authorized to call phone number",
    21216: "Account not allowed to call phone number",
    21218: "Invalid ApplicationSid",
    21220: "Call is not in-progress. Cannot redirect.",
    21402: "Invalid URL",
    21403: "Invalid Method",
    21420: "ApplicationSid is not accessible",
    32018: "Twiml size exceeded maximum allowed value",
    59000: "Invalid webhooks configuration",
    59100: "Webhooks configuration resource is in use",
    59103: "A webhooks configuration rule for this match exists",
    59200: "Webhooks configuration limit reached",
    95100: "Conversation Intelligence: Internal error",
    95102: "Conversation Intelligence: Media is not accessible",
    95120: "Conversation Intelligence: Recording is not completed",
}


class SandboxError(Exception):
    """Something that Twilio would report, with its code."""

    def __init__(self, code: int, detail: str = "") -> None:
        self.code = code
        self.message = describe(code, detail)
        super().__init__(f"{code}: {self.message}")


class TwimlError(SandboxError):
    """A document that cannot be run."""


class TokenRefused(SandboxError):
    """An access token that does not open a call."""


class RestError(SandboxError):
    """What the REST API answers with: an HTTP status beside the code."""

    def __init__(self, status: int, code: int, detail: str = "") -> None:
        super().__init__(code, detail)
        self.status = status


class LoadRefused(Exception):
    """A load run that the sandbox does not start."""


def describe(code: int, detail: str = "") -> str:
    """The text of a code, with what it is about."""
    text = MESSAGES.get(code, "")
    return f"{text}: {detail}" if text and detail else text or detail
