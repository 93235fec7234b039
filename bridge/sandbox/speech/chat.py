"""`POST /v1/chat/completions`: strict about `response_format`.

https://platform.openai.com/docs/guides/structured-outputs
"""

import json
import uuid
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bridge.sandbox.speech.scripted import Chatted, Refused

FIELDS = frozenset(
    {
        "model",
        "messages",
        "response_format",
        "temperature",
        "max_tokens",
        "max_completion_tokens",
        "seed",
        "stream",
        "top_p",
        "n",
        "stop",
        "reasoning_effort",
        "user",
        "store",
    }
)
ROLES = frozenset({"system", "developer", "user", "assistant"})


async def read_chat(request: web.Request) -> Chatted:
    """The body of a request; raises Refused for what the API would not take."""
    try:
        body = json.loads(await request.read())
    except ValueError as error:
        raise Refused("We could not parse the JSON body of your request") from error
    if not isinstance(body, dict) or request.content_type != "application/json":
        raise Refused("We could not parse the JSON body of your request")
    if unknown := sorted(set(body) - FIELDS):
        raise Refused(f"Unrecognized request argument supplied: {unknown[0]}", param=unknown[0])
    if not isinstance(body.get("model"), str) or not body["model"]:
        raise Refused("you must provide a model parameter", param="model")
    _check_messages(body.get("messages"))
    _check_format(body.get("response_format", {"type": "text"}))
    return Chatted(body, request.headers.get("Authorization", ""))


def _check_messages(messages: object) -> None:
    if not isinstance(messages, list) or not messages:
        raise Refused("messages is not a list with at least one message", param="messages")
    for one in messages:
        is_message = isinstance(one, dict) and one.get("role") in ROLES
        if not is_message or not isinstance(one.get("content"), str):
            raise Refused("a message has a role and a content", param="messages")


def _check_format(asked: Any) -> None:
    kind = asked.get("type") if isinstance(asked, dict) else None
    if kind not in {"text", "json_object", "json_schema"}:
        raise Refused("response_format.type is not known", param="response_format")
    if kind != "json_schema":
        return
    given = asked.get("json_schema")
    if not isinstance(given, dict) or not isinstance(given.get("schema"), dict):
        raise Refused("json_schema.schema is missing", param="response_format")
    name = given.get("name")
    if not isinstance(name, str) or not 0 < len(name) <= 64 or not name.replace("-", "_").isidentifier():
        raise Refused("json_schema.name is not a name", param="response_format")
    if given.get("strict"):
        _check_strict(given["schema"], "schema")


def _check_strict(schema: Any, at: str) -> None:
    """In strict mode an object says all of its properties, requires each, and takes no other."""
    if isinstance(schema, list):
        for number, one in enumerate(schema):
            _check_strict(one, f"{at}[{number}]")
    if not isinstance(schema, dict):
        return
    if isinstance(schema.get("properties"), dict):
        if schema.get("additionalProperties") is not False:
            raise Refused(f"{at}: additionalProperties should be false", param="response_format")
        if set(schema.get("required", ())) != set(schema["properties"]):
            raise Refused(f"{at}: required should name every property", param="response_format")
        if unsupported := _UNSUPPORTED & set(schema):
            raise Refused(f"{at}: {min(unsupported)} is not permitted", param="response_format")
    for name, part in schema.items():
        _check_strict(
            list(part.values()) if name in _NAMED and isinstance(part, dict) else part, f"{at}.{name}"
        )


_NAMED = ("properties", "$defs")
_UNSUPPORTED = {
    "patternProperties",
    "unevaluatedProperties",
    "propertyNames",
    "minProperties",
    "maxProperties",
}


def completion(asked: Chatted, content: str, *, finish: str = "stop") -> dict[str, Any]:
    """The answer that holds a content."""
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex}",
        "object": "chat.completion",
        "created": 0,
        "model": asked.body["model"],
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": content, "refusal": None},
                "logprobs": None,
                "finish_reason": finish,
            }
        ],
        "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
    }


def content_for(asked: Chatted) -> str:
    """What is answered without a script: the least that the schema allows, or a sentence."""
    given = asked.body.get("response_format", {})
    if given.get("type") == "json_schema":
        schema = given["json_schema"]["schema"]
        return json.dumps(_example(schema, schema.get("$defs", {})))
    return "{}" if given.get("type") == "json_object" else "A sentence."


def _example(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Any:
    if "$ref" in schema:
        return _example(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return _example(schema["anyOf"][0], definitions)
    if schema.get("type") == "object":
        parts = schema.get("properties", {}).items()
        return {name: _example(part, definitions) for name, part in parts}
    simple: dict[Any, Any] = {
        "array": [],
        "string": "A sentence.",
        "integer": 0,
        "number": 0,
        "boolean": False,
    }
    return simple.get(schema.get("type"))
