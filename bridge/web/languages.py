"""Which language a browser prefers.

https://www.rfc-editor.org/rfc/rfc9110#field.accept-language
"""

from collections.abc import Collection

MOST = 20
"""Languages of one header that are read."""


def preferred(accept_language: str, spoken: Collection[str]) -> str:
    """One of the languages in `spoken`; the first of them where the browser names none."""
    best, weight = next(iter(spoken)), 0.0
    for part in accept_language.split(",", MOST)[:MOST]:
        named, _, parameter = part.partition(";")
        language = named.strip().lower().partition("-")[0]
        if language in spoken and (given := _weight(parameter)) > weight:
            best, weight = language, given
    return best


def _weight(parameter: str) -> float:
    if not parameter.strip():
        return 1.0
    name, _, value = parameter.partition("=")
    try:
        return min(float(value[:10]), 1.0) if name.strip().lower() == "q" else 0.0
    except ValueError:
        return 0.0
