"""Tables of accounts, profiles and keys."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text, UniqueConstraint, text

from storage.tables.metadata import key, metadata, optional_key, owner_key, pair_table

accounts = Table(
    "accounts",
    metadata,
    key(),
    Column("uri", Text, nullable=False, unique=True),
    Column("username", Text, nullable=False),
    Column("username_lower", Text, nullable=False),
    Column("domain", Text, nullable=False),
    Column("kind", Text, nullable=False),  # Person, Service, Group, Organization, Application
    Column("display_name", Text, nullable=False),
    Column("name_folded", Text, nullable=False),  # the display name in the form that search compares
    Column("note_source", Text, nullable=False),
    Column("note_html", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("inbox_uri", Text, nullable=False),
    Column("shared_inbox_uri", Text, nullable=False),  # '' if there is none
    Column("outbox_uri", Text, nullable=False),
    Column("followers_uri", Text, nullable=False),
    Column("following_uri", Text, nullable=False),
    Column("featured_uri", Text, nullable=False),
    Column("avatar_key", Text, nullable=False),  # file in our store, '' if none
    Column("avatar_url", Text, nullable=False),  # URL at the peer, '' if none
    Column("avatar_alt", Text, nullable=False),
    Column("header_key", Text, nullable=False),
    Column("header_url", Text, nullable=False),
    Column("header_alt", Text, nullable=False),
    Column("fields", Text, nullable=False),  # JSON [{name, value (html), source, verified_at}]
    Column("emojis", Text, nullable=False),  # JSON [{shortcode, url, static_url}]
    Column("also_known_as", Text, nullable=False),  # JSON [uri]
    optional_key("moved_to_id", "accounts.id"),
    Column("locked", Boolean, nullable=False),
    Column("discoverable", Boolean, nullable=False),
    Column("indexable", Boolean, nullable=False),
    Column("hides_collections", Boolean, nullable=False),
    Column("memorial", Boolean, nullable=False),
    Column("attribution_domains", Text, nullable=False),  # JSON [host]: sites that may name it as an author
    Column("shows_featured", Boolean, nullable=False),  # and the next two: parts of the profile to show
    Column("shows_media", Boolean, nullable=False),
    Column("shows_media_replies", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("fetched_at", BigInteger),  # remote: when last fetched
    Column("last_post_at", BigInteger),
    Column("followers_count", Integer, nullable=False),
    Column("following_count", Integer, nullable=False),
    Column("posts_count", Integer, nullable=False),
    Column("silenced_at", BigInteger),
    Column("suspended_at", BigInteger),
    Column("deleted_at", BigInteger),  # the owner deleted it: 410; remote: kept for decisions about it
    Column("version", Integer, nullable=False, onupdate=text("version + 1")),  # grows with every UPDATE
    Column("sensitized_at", BigInteger),  # everything it posts is shown as sensitive
    Column("mails_posts", Boolean, nullable=False),  # public posts are sent to e-mail subscribers
    Column("featured_at", BigInteger),  # remote: when the featured posts were last fetched
    Column("moved_at", BigInteger),  # when it last moved; stays when the move is undone
    Column("identity_proofs", Text, nullable=False, server_default="[]"),  # JSON, see domain.identity_proofs
    # remote: hosts of its actor besides `domain`, each in blanks (" a.example b.example "), mostly ''
    Column("other_hosts", Text, nullable=False, server_default=""),
    UniqueConstraint("username_lower", "domain"),
    Index("ix_accounts_domain", "domain"),
    Index(
        "ix_accounts_other_hosts",
        "other_hosts",
        sqlite_where=text("other_hosts != ''"),
        postgresql_where=text("other_hosts != ''"),
    ),
    # Of peers, kept for what was decided about them.
    Index(
        "ix_accounts_tombstones",
        "domain",
        "id",
        sqlite_where=text("deleted_at IS NOT NULL AND domain != ''"),
        postgresql_where=text("deleted_at IS NOT NULL AND domain != ''"),
    ),
)

keys = Table(
    "keys",
    metadata,
    key(),
    owner_key("account_id", "accounts.id", index=True),
    Column("uri", Text, nullable=False, unique=True),
    Column("role", Text, nullable=False),  # node, root
    Column("kind", Text, nullable=False),  # rsa, ed25519
    Column("public", Text, nullable=False),  # PEM, or multibase for ed25519
    Column("private", Text),  # PEM, sealed; only for local accounts
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
)

endorsements = pair_table("endorsements", Column("created_at", BigInteger, nullable=False))

account_notes = Table(
    "account_notes",
    metadata,
    owner_key("account_id", "accounts.id", primary_key=True),
    owner_key("target_id", "accounts.id", primary_key=True, index=True),
    Column("note", Text, nullable=False),
)

featured_tags = Table(
    "featured_tags",
    metadata,
    key(),
    owner_key("account_id", "accounts.id"),
    owner_key("tag_id", "tags.id", index=True),
    Column("name", Text, nullable=False),  # as its owner writes it
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("account_id", "tag_id"),
)

# Suggestions that an account has dismissed.
suggestion_dismissals = Table(
    "suggestion_dismissals",
    metadata,
    owner_key("account_id", "accounts.id", primary_key=True),
    owner_key("target_id", "accounts.id", primary_key=True, index=True),
    Column("at", BigInteger, nullable=False),
)

# Collections of recommended accounts, and the consent of these.
collections = Table(
    "collections",
    metadata,
    key(),
    Column("uri", Text, nullable=False, unique=True),
    owner_key("account_id", "accounts.id", index=True),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("language", Text),
    Column("sensitive", Boolean, nullable=False),
    Column("discoverable", Boolean, nullable=False),
    Column("tag", Text, nullable=False),  # one hashtag as written, '' for none
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

collection_items = Table(
    "collection_items",
    metadata,
    key(),
    owner_key("collection_id", "collections.id"),
    owner_key("account_id", "accounts.id", index=True),
    Column("state", Text, nullable=False),  # pending, accepted, rejected, revoked
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("collection_id", "account_id"),
)
