"""All tables in one place, for migrations and tests."""

from storage.schema import accounts, follows, likes, media, members, peers, posts, tasks, timelines, tokens
from storage.schema.metadata import metadata

__all__ = [
    "accounts",
    "follows",
    "likes",
    "media",
    "members",
    "metadata",
    "peers",
    "posts",
    "tasks",
    "timelines",
    "tokens",
]
