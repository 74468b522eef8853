"""Rows of lists of peers and of what they name."""

from msgspec import Struct


class PeerListRow(Struct, frozen=True, gc=False):
    """A list of peers at another place."""

    id: int
    url: str
    title: str
    kind: str
    applies_itself: bool
    most_changes: int
    etag: str
    fetch_at: int
    fetched_at: int | None
    error: str
    waiting: str
    unusable: int
    applied_at: int | None
    created_at: int
    created_by_id: int | None


class PeerListEntryRow(Struct, frozen=True, gc=False):
    """A peer that a list named when it was last applied."""

    list_id: int
    domain: str
    policy: str
    rejects_media: bool
    rejects_reports: bool
    public_comment: str
    obfuscates: bool
    declined: bool
