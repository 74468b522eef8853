"""Rows of accounts, profiles and keys."""

from msgspec import Struct


class AccountRow(Struct, frozen=True, gc=False):
    """An actor. `domain` is '' for local ones; JSON columns are text."""

    id: int
    uri: str
    username: str
    domain: str
    kind: str
    display_name: str
    note_source: str
    note_html: str
    url: str
    inbox_uri: str
    shared_inbox_uri: str
    outbox_uri: str
    followers_uri: str
    following_uri: str
    featured_uri: str
    avatar_key: str
    avatar_url: str
    avatar_alt: str
    header_key: str
    header_url: str
    header_alt: str
    fields: str
    emojis: str
    also_known_as: str
    moved_to_id: int | None
    locked: bool
    discoverable: bool
    indexable: bool
    hides_collections: bool
    memorial: bool
    created_at: int
    updated_at: int
    fetched_at: int | None
    last_post_at: int | None
    followers_count: int
    following_count: int
    posts_count: int
    silenced_at: int | None
    suspended_at: int | None
    deleted_at: int | None
    version: int = 1
    sensitized_at: int | None = None
    attribution_domains: str = "[]"
    shows_featured: bool = True
    shows_media: bool = True
    shows_media_replies: bool = True
    mails_posts: bool = False
    moved_at: int | None = None
    featured_at: int | None = None
    identity_proofs: str = "[]"


class KeyRow(Struct, frozen=True, gc=False):
    """A key of an account; `private` only for local ones."""

    id: int
    account_id: int
    uri: str
    role: str
    kind: str
    public: str
    private: str | None
    created_at: int
    revoked_at: int | None


class CollectionRow(Struct, frozen=True, gc=False):
    """A collection of accounts that a member recommends."""

    id: int
    uri: str
    account_id: int
    name: str
    description: str
    language: str | None
    sensitive: bool
    discoverable: bool
    tag: str
    created_at: int
    updated_at: int


class CollectionItemRow(Struct, frozen=True, gc=False):
    """An account in a collection: pending, accepted, rejected or revoked."""

    id: int
    collection_id: int
    account_id: int
    state: str
    created_at: int


class FeaturedTagRow(Struct, frozen=True, gc=False):
    """A hashtag on a profile: `folded` is the tag's name, `name` how the owner writes it."""

    id: int
    tag_id: int
    name: str
    folded: str
    uses: int
    last_at: int | None
