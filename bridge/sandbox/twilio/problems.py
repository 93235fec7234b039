"""What Twilio's debugger says of how a webhook was answered."""

from bridge.sandbox.twilio.delivered import Delivered


def problem_of(delivered: Delivered) -> tuple[int, str] | None:
    """Why a request for TwiML brought none."""
    if delivered.failure.isdigit():
        return int(delivered.failure), delivered.url
    if delivered.status_code is None:
        return (11205 if delivered.failure == "ct" else 11200), delivered.url
    if not delivered.acknowledged:
        return 11200, f"{delivered.status_code} from {delivered.url}"
    return None


def notice_of(delivered: Delivered) -> tuple[int, str] | None:
    """What is noted about a callback: a failure, or an empty answer without a Content-Type."""
    if delivered.status_code is None:
        return problem_of(delivered)
    if not delivered.acknowledged:
        return 15003, f"{delivered.status_code} from {delivered.url}"
    if delivered.status_code == 200 and not delivered.body and not delivered.content_type:
        return 12300, f"no Content-Type from {delivered.url}"
    return None
