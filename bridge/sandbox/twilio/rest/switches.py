"""What can be switched about the REST API."""

from dataclasses import dataclass


@dataclass(slots=True)
class RestSwitches:
    """`limited`: so many next requests are answered with 429; `media_auth`: media need credentials."""

    limited: int = 0
    media_auth: bool = False
