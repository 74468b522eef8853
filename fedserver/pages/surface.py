"""Everything that people see."""

from __future__ import annotations

from fedserver.http import Endpoint
from fedserver.pages import (
    blog,
    front,
    joining,
    passwords,
    polls,
    posts,
    profiles,
    reading,
    settings,
    writing,
)


def endpoints() -> list[Endpoint]:
    """The endpoints of this surface; the more particular paths first."""
    files = (front, joining, passwords, reading, writing, settings, blog, profiles, polls, posts)
    return [endpoint for file in files for endpoint in file.routes.endpoints]
