"""Posts of remote accounts, as they are after their documents were read and checked."""

from __future__ import annotations

from typing import Any

from fedserver.domain.posts.remote_content import RemotePost


def build_remote_post(uri: str, author_uri: str, **changes: Any) -> RemotePost:
    """Return a public note without any files, hashtags or mentions."""
    values: dict[str, Any] = {
        "uri": uri,
        "url": uri,
        "author_uri": author_uri,
        "kind": "Note",
        "visibility": "public",
        "title": "",
        "summary": "",
        "sensitive": False,
        "language": None,
        "source": "",
        "source_type": "",
        "html": "<p>text</p>",
        "published_at": None,
        "updated_at": None,
        "in_reply_to": None,
        "context_uri": "",
        "mentioned_uris": (),
        "addressed_uris": (),
        "tags": (),
        "emojis": "[]",
        "files": (),
        "cover": None,
        "original": "{}",
    }
    return RemotePost(**{**values, **changes})
