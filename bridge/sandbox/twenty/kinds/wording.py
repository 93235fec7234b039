"""How the original spells a value within an error message."""

import json


def inspect(value: object) -> str:
    """A value as Node's `util.inspect` prints it, for the values that JSON can hold."""
    if isinstance(value, str):
        return f"'{value}'"
    if isinstance(value, list):
        return f"[ {', '.join(map(inspect, value))} ]" if value else "[]"
    if isinstance(value, dict):
        pairs = ", ".join(f"{key}: {inspect(item)}" for key, item in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    return json.dumps(value)
