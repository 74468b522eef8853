"""What is wrong with a form: a sentence for each field, so that it stands where it is mended."""

from __future__ import annotations

from fedserver.domain.kernel.errors import DomainError, InvalidError

WHOLE = "base"  # the field that stands for the whole form


def list_problems(error: DomainError) -> dict[str, str]:
    """Return sentences by field; WHOLE for what is about no field alone."""
    if not isinstance(error, InvalidError):
        return {WHOLE: error.message}
    return {problem.field: problem.message for problem in reversed((error, *error.other_errors))}
