"""The person by whom `doctor --probe-webhook` knows a delivery: its id says that it is one of a probe."""

import uuid

PREFIX = "d0c70400-"
"""Of a made-up id one in four thousand million begins like this."""


def new_person_id() -> str:
    """An id for one probe, as Twenty takes it: a UUID of version 4 but for its beginning."""
    return PREFIX + str(uuid.uuid4())[len(PREFIX) :]


def is_of_a_probe(person_id: str) -> bool:
    """Whether a person was created by a probe."""
    return person_id.startswith(PREFIX)
