"""What can be switched about the REST API."""

from dataclasses import dataclass


@dataclass(slots=True)
class RestSwitches:
    """`limited`: so many next requests are answered with 429; `media_auth`: media need credentials.

    `media_at` is an origin where media are kept; requests for them are redirected there.
    """

    limited: int = 0
    media_auth: bool = False
    media_at: str = ""
