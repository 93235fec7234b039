"""`http.md`, from the specification that the server serves and is held to."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from docs.generate.markdown import code, codes, sentence, table
from docs.generate.markdown import page as whole
from docs.generate.schema_words import Schema, words

SPECIFICATION = Path(__file__).parents[2] / "bridge" / "web" / "openapi.yaml"
METHODS = ("get", "post", "head")
ABOUT = """\
The bridge describes itself at `/openapi.yaml` (OpenAPI 3.1), and its tests hold it to that. All routes are
also found under the path of `BRIDGE_PUBLIC_URL`. Operators' metrics have a port of their own:
[metrics](metrics.md)."""

Specification = Mapping[str, Any]


def page() -> str:
    """The page."""
    return whole("HTTP", "`bridge/web/openapi.yaml`", _parts(yaml.safe_load(SPECIFICATION.read_text())))


def _parts(specification: Specification) -> Iterator[str]:
    yield ABOUT.replace("\n", " ")
    routes = list(_routes(specification))
    yield table(
        ("Route", "Also as", "What it does", "Who may"),
        [(route.link, codes(route.also), route.summary, route.who) for route in routes],
    )
    yield "## Limits"
    yield "Whatever the route; those of a body, where it takes one."
    yield _answers(specification["x-limits"]["body"], specification)
    yield "## Who may"
    schemes = specification["components"]["securitySchemes"]
    yield table(
        ("Name", "By", "What it is"),
        [(code(name), _by(one), one["description"]) for name, one in schemes.items()],
    )
    told = {tag["name"]: tag["description"] for tag in specification["tags"]}
    for tag in dict.fromkeys(route.tag for route in routes):
        yield f"## Routes: {tag}"
        yield told[tag]
        for route in routes:
            if route.tag == tag:
                yield from route.parts(specification)
    yield "## Bodies"
    for name, schema in specification["components"]["schemas"].items():
        yield f"### {name}"
        yield from _schema(schema)


class _Route:
    """An operation, with the other paths that it is found at."""

    def __init__(self, method: str, path: str, operation: Mapping[str, Any]) -> None:
        self.title = f"{method.upper()} {path}"
        self.operation = operation
        self.tag: str = operation["tags"][0]
        self.summary: str = operation["summary"]
        self.also: list[str] = []

    @property
    def link(self) -> str:
        """To its own part of the page."""
        return f"[{code(self.title)}](#{anchor(self.title)})"

    @property
    def who(self) -> str:
        """Whom it answers."""
        schemes = self.operation.get("security", [{}])
        return " or ".join(code(next(iter(one))) if one else "anyone" for one in schemes)

    def parts(self, specification: Specification) -> Iterator[str]:
        """All that is said of it."""
        yield f"### {self.title}"
        yield sentence(self.summary)
        yield self.operation.get("description", "")
        yield table(
            ("Parameter", "In", "Type", "What it is"), map(_parameter, self.operation.get("parameters", ()))
        )
        yield from _request(_resolved(self.operation.get("requestBody", {}), specification))
        limits = specification["x-limits"]["body"]
        own = {
            status: one for status, one in self.operation["responses"].items() if limits.get(status) != one
        }
        yield _answers(own, specification)


def linked(name: str) -> str:
    """A schema's name, as a link to it."""
    return f"[{name}](#{anchor(name)})"


def anchor(title: str) -> str:
    """As GitHub makes one of a heading."""
    return "".join(one for one in title.lower().replace(" ", "-") if one.isalnum() or one in "-_")


def _routes(specification: Specification) -> Iterator[_Route]:
    """Those of one operation (an alias of YAML's) are one."""
    made: dict[int, _Route] = {}
    for path, item in specification["paths"].items():
        for method in METHODS:
            if (operation := item.get(method)) is None:
                continue
            if (known := made.get(id(operation))) is None:
                made[id(operation)] = _Route(method, path, operation)
            else:
                known.also.append(path if known.title.lower().startswith(method) else method.upper())
    return iter(made.values())


def _by(scheme: Mapping[str, str]) -> str:
    if scheme["type"] == "http":
        return code("Authorization: Bearer …")
    return f"{scheme['in']} {code(scheme['name'])}"


def _parameter(parameter: Mapping[str, Any]) -> Sequence[str]:
    example = f" For example {code(parameter['example'])}." if "example" in parameter else ""
    needed = "" if parameter.get("required") else ", if wanted"
    said = sentence(parameter.get("description", "")) + example
    return (
        code(parameter["name"]),
        parameter["in"] + needed,
        words(parameter["schema"], ref=linked),
        said.strip(),
    )


def _request(body: Mapping[str, Any]) -> Iterator[str]:
    if not body:
        return
    kinds = codes(body["content"])
    schema = next(iter(body["content"].values()))["schema"]
    ref = f", {words(schema, ref=linked)}" if "$ref" in schema else ""
    said = f" {sentence(body['description'])}" if "description" in body else ""
    yield f"Request: {kinds}{ref}.{said}"
    if "$ref" not in schema:
        yield from _schema(schema)


def _answers(answers: Mapping[str, Any], specification: Specification) -> str:
    rows = [_answer(status, _resolved(one, specification)) for status, one in sorted(answers.items())]
    return table(("Status", "Body", "When"), rows)


def _answer(status: str, answer: Mapping[str, Any]) -> Sequence[str]:
    bodies = answer.get("content", {}).items()
    told = (
        words(one["schema"], ref=linked) if "$ref" in one["schema"] else code(kind) for kind, one in bodies
    )
    return status, " or ".join(told), answer["description"]


def _resolved(one: Mapping[str, Any], specification: Specification) -> Mapping[str, Any]:
    """What a reference means."""
    if "$ref" not in one:
        return one
    found: Any = specification
    for part in one["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return dict(found)


def _schema(schema: Schema) -> Iterator[str]:
    yield sentence(schema.get("description", ""))
    if "properties" in schema:
        yield table(("Field", "Type", "What it is"), _fields(schema, ""))
    else:
        yield sentence(words(schema, ref=linked))


def _fields(schema: Schema, within: str) -> Iterator[Sequence[str]]:
    for name, one in schema["properties"].items():
        needed = "" if name in schema.get("required", ()) else " (optional)"
        null = " or null" if "null" in one.get("type", "") else ""
        path = f"{within}{name}"
        yield code(path) + needed, words(one, ref=linked) + null, sentence(one.get("description", ""))
        inner = one.get("items", one)
        if "properties" in inner:
            yield from _fields(inner, f"{path}.")
