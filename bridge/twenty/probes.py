"""People that `doctor --probe-webhook` creates: their ids begin with a prefix of their own."""

import uuid

PREFIX = "d0c70400-"
"""One in four thousand million random ids begins like this."""


def new_person_id() -> str:
    """An id for one probe, as Twenty takes it: a UUID of version 4 but for its beginning."""
    return PREFIX + str(uuid.uuid4())[len(PREFIX) :]


def is_of_a_probe(person_id: str) -> bool:
    """Whether a person was created by a probe."""
    return person_id.startswith(PREFIX)
