"""All targets by their names."""

from collections.abc import Mapping

from tests.fuzz.target import Target
from tests.fuzz.targets import documents, files, forms, headers, texts

TARGETS: Mapping[str, Target] = {
    **forms.TARGETS,
    **texts.TARGETS,
    **documents.TARGETS,
    **headers.TARGETS,
    **files.TARGETS,
}
