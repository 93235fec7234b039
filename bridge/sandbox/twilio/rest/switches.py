"""What can be switched about the REST API."""

from dataclasses import dataclass


@dataclass(slots=True)
class RestSwitches:
    """`limited`: so many next requests are answered with 429; `media_auth`: media need credentials.

    `media_at` is an origin where media are kept; requests for them are redirected there.
    Changes at paths that end so are answered 503: `failing` ones are not made, `unanswered` ones are.
    """

    limited: int = 0
    media_auth: bool = False
    media_at: str = ""
    failing: str = ""
    unanswered: str = ""
