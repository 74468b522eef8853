"""Rows of other nodes: decisions, lists, partners, relays, severances."""

from msgspec import Struct


class PartnerRow(Struct, frozen=True, gc=False):
    """A partnership with another node, in any state."""

    id: int
    domain: str
    account_id: int
    state: str
    ours: bool
    offer_uri: str
    scopes: str
    message: str
    offered_at: int
    agreed_at: int | None
    ended_at: int | None
    ended_by: str
    decided_by_id: int | None


class PeerListRow(Struct, frozen=True, gc=False):
    """A subscribed list of peers; `waiting` is JSON of the entries that an admin has to confirm."""

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
    """An entry of a list when it was last applied; `declined`: an admin left it out."""

    list_id: int
    domain: str
    policy: str
    rejects_media: bool
    rejects_reports: bool
    public_comment: str
    obfuscates: bool
    declined: bool


class PeerRow(Struct, frozen=True, gc=False):
    """Another node: the decision about it, and whether it can be reached."""

    domain: str
    policy: str
    rejects_media: bool
    reason: str
    decided_at: int | None
    first_seen_at: int
    scheme: str
    failures: int
    failing_since_at: int | None
    retry_at: int | None
    delivered_at: int | None
    software: str
    decision_id: int | None
    rejects_reports: bool
    public_comment: str
    obfuscates: bool
    list_id: int | None


class RelayRow(Struct, frozen=True, gc=False):
    """A relay and the state of our follow."""

    id: int
    inbox_uri: str
    target_uri: str
    actor_uri: str
    state: str
    follow_uri: str
    created_at: int
    changed_at: int
    decided_by_id: int | None


class SeveranceRow(Struct, frozen=True, gc=False):
    """The follows that an account lost by one decision of the moderators."""

    id: int
    account_id: int
    kind: str
    target_name: str
    followers_count: int
    following_count: int
    created_at: int
