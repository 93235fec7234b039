"""A JSON Schema in words: `number from 1 to 60`, `list of country (ISO 3166)`."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from docs.generate.markdown import code, codes

Schema = Mapping[str, Any]

NAMES = {"integer": "number", "number": "number", "boolean": "true or false", "object": "table"}
FORMATS = {
    "password": "text",
    "uuid": "UUID",
    "uri": "URL",
    "date-time": "time (ISO 8601)",
    "binary": "bytes",
}


def words(schema: Schema, *, ref: Callable[[str], str] = str) -> str:
    """What a value may be, null left out; `ref` says it of a schema that has a name."""
    if "const" in schema:
        return code(json.dumps(schema["const"]))
    if "enum" in schema:
        return codes(schema["enum"])
    if "anyOf" in schema:
        return " or ".join(words(one, ref=ref) for one in schema["anyOf"] if one.get("type") != "null")
    if "$ref" in schema:
        return ref(schema["$ref"].rpartition("/")[2])
    return _simple(schema, ref)


def _simple(schema: Schema, ref: Callable[[str], str]) -> str:
    kinds = schema.get("type", "object")
    kind = kinds if isinstance(kinds, str) else next(one for one in kinds if one != "null")
    if kind == "array":
        return f"list of {words(schema['items'], ref=ref)}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), Mapping):
        return f"table of {words(schema['additionalProperties'], ref=ref)}"
    if kind == "string":
        return " ".join([_text(schema), *_lengths(schema)])
    return " ".join([NAMES[kind], *_range(schema)])


def _text(schema: Schema) -> str:
    form = schema.get("format")
    if form is None and "pattern" in schema:
        return f"text as {code(schema['pattern'])}"
    return FORMATS.get(str(form), str(form)) if form else "text"


def _lengths(schema: Schema) -> Iterator[str]:
    if schema.get("minLength", 0) > 1:
        yield f"of {schema['minLength']} characters at least"
    if "maxLength" in schema:
        yield f"of {schema['maxLength']:,} characters at most"


def _range(schema: Schema) -> Iterator[str]:
    least = schema.get("minimum", schema.get("exclusiveMinimum", -1) + 1)
    if "maximum" in schema:
        yield f"from {least:,} to {schema['maximum']:,}"
    elif "minimum" in schema or "exclusiveMinimum" in schema:
        yield f"from {least:,}"
