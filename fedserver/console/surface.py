"""Everything under /admin."""

from __future__ import annotations

from fedserver import console
from fedserver.http import Endpoint


def endpoints() -> list[Endpoint]:
    """The endpoints of this surface: those of every subject that its door names."""
    subjects = [getattr(console, name) for name in console.__all__]
    return [endpoint for subject in subjects for endpoint in subject.routes.endpoints]
