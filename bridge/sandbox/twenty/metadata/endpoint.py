"""Executes what is sent to /metadata; the tables follow the structure before the answer goes out."""

import json
from functools import lru_cache
from typing import Any

import structlog
from graphql import GraphQLError, NoSchemaIntrospectionCustomRule, execute_sync, specified_rules, validate

from bridge.sandbox.twenty import documents
from bridge.sandbox.twenty.documents import Document, Variables
from bridge.sandbox.twenty.errors import ApiError
from bridge.sandbox.twenty.generation import Generation
from bridge.sandbox.twenty.metadata.context import Context
from bridge.sandbox.twenty.metadata.schema import metadata_schema, read_row

Answer = dict[str, Any]

log = structlog.get_logger()


def plain_error(error: GraphQLError) -> Answer:
    """A syntax or validation error, as graphql-js words it: names stand in double quotes."""
    locations = [{"line": one.line, "column": one.column} for one in error.locations or ()]
    message = error.message.replace("'", '"')
    return {"message": message, **({"locations": locations} if locations else {})}


def _error(error: GraphQLError) -> Answer:
    cause = error.original_error
    if isinstance(cause, ApiError):
        return cause.as_json()
    if cause is None or isinstance(cause, GraphQLError):
        return {**plain_error(error), "extensions": {"code": "BAD_USER_INPUT"}}
    log.error("metadata.failed", exc_info=cause)
    return {**plain_error(error), "extensions": {"code": "INTERNAL_SERVER_ERROR"}}


@lru_cache(maxsize=512)
def _invalid(generation: Generation, text: str, *, hidden: bool) -> tuple[Answer, ...]:
    """What the schema says against a document; `hidden`: the schema itself is not shown."""
    rules = (*specified_rules, NoSchemaIntrospectionCustomRule) if hidden else specified_rules
    errors = validate(metadata_schema(generation), documents.read(text).ast, rules)
    return tuple(plain_error(error) for error in errors)


_described: dict[tuple[object, ...], Answer] = {}
"""Answers that describe a structure, of which each takes 20 ms: a bridge asks for one whenever it starts."""

MOST_DESCRIBED = 4
"""Each takes a megabyte."""


def answer(context: Context, document: Document, operation_name: str | None, variables: Variables) -> Answer:
    """What GraphQL answers; to be run within a transaction."""
    key = _key(context, document, operation_name, variables)
    if key in _described:
        return _described[key]
    answered = _executed(context, document, operation_name, variables)
    if key and "errors" not in answered:
        while len(_described) >= MOST_DESCRIBED:
            del _described[next(iter(_described))]
        _described[key] = answered
    return answered


def _key(
    context: Context, document: Document, operation_name: str | None, variables: Variables
) -> tuple[object, ...] | None:
    """All on which an answer depends that has objects and their fields alone; None for others."""
    operation = document.operation(operation_name)
    if context.caller is None or operation is None or {root.name for root in operation.roots} != {"objects"}:
        return None
    workspace = context.workspace
    return (
        workspace.rows.structure(),
        context.issuer.workspace_id,  # where a row has no id
        workspace.generation,
        document.text,
        operation_name,
        json.dumps(variables, sort_keys=True),
    )


def _executed(
    context: Context, document: Document, operation_name: str | None, variables: Variables
) -> Answer:
    generation = context.workspace.generation
    errors = _invalid(generation, document.text, hidden=context.caller is None)
    if errors:
        return {"errors": list(errors)}
    schema = metadata_schema(generation)
    result = execute_sync(
        schema,
        document.ast,
        context_value=context,
        variable_values=dict(variables),
        operation_name=operation_name,
        field_resolver=read_row,
    )
    context.workspace.keep(context.connection)
    if result.errors:
        return {"errors": [_error(error) for error in result.errors], "data": result.data}
    return {"data": result.data}
