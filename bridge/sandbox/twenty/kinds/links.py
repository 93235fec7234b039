"""Links: what is no address is refused, an origin is kept in lower case."""

from typing import Any
from urllib.parse import urlsplit

from bridge.sandbox.twenty.errors import ApiError
from bridge.sandbox.twenty.kinds import scalars


def _is_url(text: str) -> bool:
    try:
        host = urlsplit(text if "://" in text else f"https://{text}").hostname
    except ValueError:
        return False
    return bool(host) and not any(character.isspace() for character in text)


def _address(text: str) -> str:
    if not _is_url(text):
        raise ApiError(
            "The URL of the link is not valid", sub_code="INVALID_URL", friendly="Invalid URL format."
        )
    scheme, separator, rest = text.partition("://")
    if not separator:
        return text
    host, slash, path = rest.partition("/")
    return f"{scheme.lower()}://{host.lower()}{slash}{path}".removesuffix("/")


def stored(value: dict[str, Any], name: str) -> dict[str, object]:
    """The columns that a write to a LINKS field sets."""
    columns: dict[str, object] = {}
    if "primaryLinkUrl" in value:
        columns["primaryLinkUrl"] = _address(value["primaryLinkUrl"]) if value["primaryLinkUrl"] else None
    if "primaryLinkLabel" in value:
        columns["primaryLinkLabel"] = value["primaryLinkLabel"] or None
    if "secondaryLinks" in value:
        more = value["secondaryLinks"]
        links = scalars.parsed_json(more, f"{name}.secondaryLinks") if more else []
        columns["secondaryLinks"] = scalars.json_text(links) if links else None
    return columns
