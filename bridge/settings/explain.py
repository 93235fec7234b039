"""Explains a setting that is wrong: its name, the reason, an example, and where it was read."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from bridge.language.phrase import Phrase, joined, phrase, verbatim
from bridge.settings.models import Settings
from bridge.settings.newer import ignored, is_misspelt, near
from bridge.settings.origins import NOWHERE, Origins
from bridge.settings.variables import VARIABLES

WORDS: Mapping[str, str] = {
    "missing": "is missing",
    "bool_parsing": "should be true or false",
    "bool_type": "should be true or false",
    "date_from_datetime_inexact": "should be a date",
    "date_from_datetime_parsing": "should be a date",
    "date_parsing": "should be a date",
    "date_type": "should be a date",
    "dict_type": "should be settings by their names",
    "finite_number": "should be a number",
    "float_parsing": "should be a number",
    "float_type": "should be a number",
    "greater_than": "should be more than {gt}",
    "greater_than_equal": "should be at least {ge}",
    "int_from_float": "should be a whole number",
    "int_parsing": "should be a whole number",
    "int_parsing_size": "should be a smaller number",
    "int_type": "should be a whole number",
    "less_than": "should be less than {lt}",
    "less_than_equal": "should be at most {le}",
    "list_type": "should be a list",
    "string_pattern_mismatch": "has the wrong form",
    "string_too_long": "should have at most {max_length} characters",
    "string_too_short": "should have at least {min_length} characters",
    "string_type": "should be text, in quotes where it could be read as a number",
    "too_long": "should have at most {max_length} items",
    "too_short": "should have at least {min_length} items",
    "tuple_type": "should be a list",
    "uuid_parsing": "should be a UUID",
    "uuid_type": "should be a UUID",
}
"""Reasons by pydantic's name of the error; the others are in pydantic's words.

https://docs.pydantic.dev/latest/errors/validation_errors/
"""

TOO_SHORT = frozenset({"string_too_short", "too_short"})
IS_SECTION = phrase("should be settings by their names")
EACH_IS_SECTION = phrase("each should be settings by their names")


def explain(error: Mapping[str, Any], origins: Origins = NOWHERE) -> Phrase:
    """`TWILIO_APP_SID (twilio.app_sid): has the wrong form; for example: AP… [.env, line 3]`.

    An error of pydantic's, whose `loc` begins with the section.
    """
    origin = origins.of(error["loc"])
    if error["type"] == "missing" and variable_of(error["loc"]):
        return _explained(error, variable_of(error["loc"]))
    told = _explained(error, variable_of(error["loc"]) if origin.may_be_variable else None)
    return phrase("{told} [{place}]", told=told, place=origin.place) if origin.place else told


def variable_of(path: Sequence[str | int]) -> str | None:
    """The environment variable that can set what stands there, or that one of its items is of."""
    names = tuple(part for part in path if isinstance(part, str))
    return VARIABLES.get((names[0], names[1])) if len(names) == 2 else None


def _explained(error: Mapping[str, Any], variable: str | None) -> Phrase:
    path = [part for part in error["loc"] if isinstance(part, str)]
    if not path:
        return _reason(error, has_example=False)
    fields = list(_fields(path))
    name = f"{variable} ({_named(error['loc'])})" if variable else _named(error["loc"])
    if error["type"] == "extra_forbidden":
        return phrase("{name}: is unknown; {hint}", name=name, hint=_nearest(path))
    if error["type"] == "model_type" and fields and (model := _model_in(fields[-1].annotation)):
        is_item = isinstance(error["loc"][-1], int)
        return _with_hint(name, EACH_IS_SECTION if is_item else IS_SECTION, _example_of(model))
    example = _example(fields[-1]) if fields else ""
    reason = _reason(error, has_example=bool(example))
    return _with_hint(name, reason, _for_example(example) if example else "")


def _with_hint(name: str, reason: Phrase, hint: str) -> Phrase:
    if not hint:
        return phrase("{name}: {reason}", name=name, reason=reason)
    return phrase("{name}: {reason}; {hint}", name=name, reason=reason, hint=hint)


def _for_example(example: str) -> Phrase:
    return phrase("for example: {example}", example=example)


def _named(path: Sequence[str | int]) -> str:
    """`lines.default.ring.2.agents`: items of a list count from one."""
    parts = [part + 1 if isinstance(part, int) else part for part in path]
    # An item of a list of plain values is recognised by its text.
    listed = parts[:-1] if isinstance(parts[-1], int) and len(parts) <= 3 else parts
    return ".".join(str(part) for part in listed if part != "[key]")


def _example(field: FieldInfo) -> str:
    """As it is written in the file; empty where there is none."""
    if field.examples:
        example = field.examples[0]
        return example if isinstance(example, str) else str(example)
    nothing = field.is_required() or field.default is None or isinstance(field.default, BaseModel)
    return "" if nothing else _as_yaml(field.default)


def _as_yaml(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_as_yaml, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _example_of(section: type[BaseModel]) -> Phrase:
    """One setting of it, as YAML has it in a line."""
    for name, field in section.model_fields.items():
        if example := _example(field):
            return _for_example(f"{{{name}: {example}}}")
    return phrase("it has {names}", names=", ".join(section.model_fields))


def _reason(error: Mapping[str, Any], *, has_example: bool) -> Phrase:
    kind, context = error["type"], error.get("ctx", {})
    if kind in TOO_SHORT and context["min_length"] == 1:
        return phrase("should not be empty")
    if kind == "literal_error":
        return phrase(
            "should be {expected}", expected=joined(phrase(" or "), context["expected"].split(" or "))
        )
    if kind in WORDS and (has_example or kind != "string_pattern_mismatch"):
        return Phrase(WORDS[kind], context)
    said = context["error"].args[0] if kind == "value_error" else None
    if isinstance(said, Phrase):
        return said
    text = str(error["msg"]).removeprefix("Value error, ")
    return verbatim(text[:1].lower() + text[1:])


def _fields(path: list[str]) -> Iterator[FieldInfo]:
    """The fields along a path, up to the first unknown name."""
    model: type[BaseModel] | None = Settings
    in_table = False
    for part in path:
        field = model.model_fields.get(part) if model else None
        if field is None:
            # The key of a table of sections, or what names nothing.
            if not in_table:
                return
            in_table = False
            continue
        yield field
        model, in_table = _model_in(field.annotation), get_origin(field.annotation) is dict


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The section in `Section`, `Section | None`, `tuple[Section, ...]` or `dict[str, Section]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for part in get_args(annotation) if (model := _model_in(part))), None)


def is_newer(error: Mapping[str, Any]) -> bool:
    """Whether a name is unknown here, and no mistake for one that this version knows."""
    path = [part for part in error["loc"] if isinstance(part, str)]
    if error["type"] != "extra_forbidden" or _owners(path):
        return False
    return not any(is_misspelt(path[-1], name) for name in _known(path))


def ignored_setting(path: Sequence[str | int], origins: Origins) -> Phrase:
    """The warning for a setting that is unknown."""
    names = [part for part in path if isinstance(part, str)]
    return ignored(_named(path), near(names[-1], _known(names)), origins.of(path).place)


def _known(path: list[str]) -> list[str]:
    """The settings beside the one at a path."""
    fields = list(_fields(path[:-1]))
    return list(((_model_in(fields[-1].annotation) if fields else None) or Settings).model_fields)


def _owners(path: list[str]) -> list[str]:
    """The sections that have a setting of this name, which stands in another one or in none."""
    return [name for name in _sections_with(path[-1]) if name != path[0]] if len(path) <= 2 else []


def _nearest(path: list[str]) -> Phrase:
    known = _known(path)
    if owners := _owners(path):
        return phrase("it belongs under {sections}", sections=joined(phrase(" or "), owners))
    if alike := near(path[-1], known):
        return phrase("did you mean {name}?", name=alike)
    return phrase("known are {names}", names=", ".join(known))


def _sections_with(name: str) -> Iterator[str]:
    """Those that have a setting of that name."""
    for section, field in Settings.model_fields.items():
        model = _model_in(field.annotation)
        if model and name in model.model_fields:
            yield section
