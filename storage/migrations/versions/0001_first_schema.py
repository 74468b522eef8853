"""The first schema, frozen at the first release: later changes of the tables are revisions of their own.

Columns are in the order in which the 25 revisions of the development line added them, so that a database of
that line and a new one are equal.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "schema_0001"
down_revision = None

schema = sa.MetaData(
    naming_convention={
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
# Public posts and those for partners, as the timeline of remote posts shows them.
SHARED = "(visibility = 'public' OR visibility = 'partners') AND state = 'published' AND boost_of_id IS NULL"
# What the public log says of an action; it never changes.
FIXED_COLUMNS = (
    "id", "seq", "verb", "role", "rule", "at", "expires_at", "undoes_id", "subject_kind", "subject_name",
    "by_seal", "target_seal", "reason_seal", "previous_hash", "hash",
)  # fmt: skip
# Private parts, what they are once they were erased, and the salt that goes with them.
ERASABLE_COLUMNS = (
    ("actor_member_id", "NULL", "by_salt"),
    ("target", "''", "target_salt"),
    ("reason", "''", "reason_salt"),
)
CHANGE_REFUSED = "what an act says cannot be changed"
DELETE_REFUSED = "acts cannot be deleted"


# A table holds its indexes in a set. SQLite's planner takes, of two that serve equally well, the one that was made
# first, so they are made in the order of the development line.
INDEXES: list[sa.Index] = []


def _index(name: str, *columns: str, **options: Any) -> sa.Index:
    """Return an index of a table, and remember it for `upgrade`."""
    index = sa.Index(name, *columns, **options)
    INDEXES.append(index)
    return index


def upgrade() -> None:
    for table in schema.sorted_tables:
        op.execute(sa.schema.CreateTable(table))
    for index in INDEXES:
        op.execute(sa.schema.CreateIndex(index))
    if op.get_bind().dialect.name == "sqlite":
        _create_sqlite_search()
        _create_sqlite_guards()
    else:
        _create_postgresql_search()
        _create_postgresql_guards()


def _create_sqlite_search() -> None:
    op.execute(
        "CREATE VIRTUAL TABLE post_words USING fts5(words, facts, "
        "tokenize = \"unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'\")"
    )
    # A virtual table has no foreign keys. A migration that copies `posts` to a new table drops this trigger
    # and must create it again.
    op.execute(
        "CREATE TRIGGER post_words_gone AFTER DELETE ON posts WHEN old.boost_of_id IS NULL "
        "BEGIN DELETE FROM post_words WHERE rowid = old.id; END"
    )


def _create_postgresql_search() -> None:
    op.execute(
        "CREATE TABLE post_words (rowid bigint PRIMARY KEY REFERENCES posts (id) ON DELETE CASCADE, "
        "words tsvector NOT NULL)"
    )
    op.execute("CREATE INDEX ix_post_words_words ON post_words USING gin (words)")


def _allowed_change(same: str) -> str:
    """Return the condition of an UPDATE: fixed columns stay, and each private pair stays or is erased."""
    conditions = [f"NEW.{name} {same} OLD.{name}" for name in FIXED_COLUMNS]
    for value, empty, salt in ERASABLE_COLUMNS:
        erased = f"NEW.{value} {same} {empty} AND NEW.{salt} = ''"
        conditions.append(f"(({erased}) OR (NEW.{value} {same} OLD.{value} AND NEW.{salt} = OLD.{salt}))")
    conditions.append("(NEW.shows_reason = OLD.shows_reason OR NOT NEW.shows_reason)")
    return " AND ".join(conditions)


def _create_sqlite_guards() -> None:
    # A migration that copies `acts` to a new table drops these triggers and must create them again.
    op.execute(
        # guard: the log: triggers @when
        f"CREATE TRIGGER acts_tell BEFORE UPDATE ON acts WHEN NOT ({_allowed_change('IS')}) "
        f"BEGIN SELECT RAISE(ABORT, '{CHANGE_REFUSED}'); END"
    )
    op.execute(
        f"CREATE TRIGGER acts_stay BEFORE DELETE ON acts BEGIN SELECT RAISE(ABORT, '{DELETE_REFUSED}'); END"
    )


def _create_postgresql_guards() -> None:
    op.execute(
        "CREATE FUNCTION refuse_act() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER acts_tell BEFORE UPDATE ON acts FOR EACH ROW "
        f"WHEN (NOT ({_allowed_change('IS NOT DISTINCT FROM')})) "
        f"EXECUTE FUNCTION refuse_act('{CHANGE_REFUSED}')"
    )
    op.execute(
        "CREATE TRIGGER acts_stay BEFORE DELETE ON acts FOR EACH ROW "
        f"EXECUTE FUNCTION refuse_act('{DELETE_REFUSED}')"
    )
    op.execute(
        "CREATE TRIGGER acts_whole BEFORE TRUNCATE ON acts FOR EACH STATEMENT "
        f"EXECUTE FUNCTION refuse_act('{DELETE_REFUSED}')"
    )


def _table(name: str, *parts: Any, **options: Any) -> None:
    sa.Table(name, schema, *parts, **options)


def _id() -> Any:
    return sa.Column("id", sa.BigInteger(), primary_key=True, autoincrement=False)


def _columns(kind: Any, names: tuple[str, ...], *, nullable: bool = False, default: Any = None) -> list[Any]:
    return [
        sa.Column(name, kind, nullable=nullable, autoincrement=False, server_default=default)
        for name in names
    ]


def _text(*names: str, default: Any = None) -> list[Any]:
    return _columns(sa.Text(), names, default=default)


def _text_or_null(*names: str) -> list[Any]:
    return _columns(sa.Text(), names, nullable=True)


def _integer(*names: str, default: Any = None) -> list[Any]:
    return _columns(sa.Integer(), names, default=default)


def _integer_or_null(*names: str) -> list[Any]:
    return _columns(sa.Integer(), names, nullable=True)


def _bigint(*names: str) -> list[Any]:
    return _columns(sa.BigInteger(), names)


def _bigint_or_null(*names: str) -> list[Any]:
    return _columns(sa.BigInteger(), names, nullable=True)


def _boolean(*names: str, default: Any = None) -> list[Any]:
    return _columns(sa.Boolean(), names, default=default)


def _boolean_or_null(*names: str) -> list[Any]:
    return _columns(sa.Boolean(), names, nullable=True)


def _float(*names: str) -> list[Any]:
    return _columns(sa.Float(), names)


def _float_or_null(*names: str) -> list[Any]:
    return _columns(sa.Float(), names, nullable=True)


def _blob(*names: str) -> list[Any]:
    return _columns(sa.LargeBinary(), names)


def _owned(name: str, target: str) -> Any:
    """Return a reference to the row that owns this one: this one is deleted with it."""
    return sa.Column(
        name, sa.BigInteger(), sa.ForeignKey(target, ondelete="CASCADE"), autoincrement=False, nullable=False
    )


def _linked(name: str, target: str) -> Any:
    """Return a reference that becomes NULL when the other row is deleted."""
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(target, ondelete="SET NULL"))


def _reference(name: str, target: str) -> Any:
    """Return a reference to a row that is never deleted."""
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(target), autoincrement=False, nullable=False)


def _where(sqlite: str, postgresql: str | None = "") -> dict[str, Any]:
    """Return the condition of a partial index, the same for both unless `postgresql` is given; None is none."""
    conditions = {"sqlite_where": sa.text(sqlite)}
    if postgresql is not None:
        conditions["postgresql_where"] = sa.text(postgresql or sqlite)
    return conditions


# Accounts and their keys
_table(
    "accounts",
    _id(),
    *_text(
        "uri",
        "username",
        "username_lower",
        "domain",
        "kind",
        "display_name",
        "note_source",
        "note_html",
        "url",
        "inbox_uri",
        "shared_inbox_uri",
        "outbox_uri",
        "followers_uri",
        "following_uri",
        "featured_uri",
        "avatar_key",
        "avatar_url",
        "avatar_alt",
        "header_key",
        "header_url",
        "header_alt",
        "fields",
        "emojis",
        "also_known_as",
    ),
    _linked("moved_to_id", "accounts.id"),
    *_boolean("locked", "discoverable", "indexable", "hides_collections", "memorial"),
    *_bigint("created_at", "updated_at"),
    *_bigint_or_null("fetched_at", "last_post_at"),
    *_integer("followers_count", "following_count", "posts_count"),
    *_bigint_or_null("silenced_at", "suspended_at", "deleted_at"),
    *_integer("version"),
    *_bigint_or_null("sensitized_at"),
    *_text("attribution_domains"),
    *_boolean("shows_featured", "shows_media", "shows_media_replies"),
    *_boolean("mails_posts", default=sa.false()),
    *_text("name_folded"),
    *_bigint_or_null("moved_at", "featured_at"),
    *_text("identity_proofs", default="[]"),
    sa.UniqueConstraint("uri"),
    sa.UniqueConstraint("username_lower", "domain"),
    _index("ix_accounts_domain", "domain"),
)
_table(
    "keys",
    _id(),
    _owned("account_id", "accounts.id"),
    *_text("uri", "role", "kind", "public"),
    *_text_or_null("private"),
    *_bigint("created_at"),
    *_bigint_or_null("revoked_at"),
    sa.UniqueConstraint("uri"),
    _index("ix_keys_account_id", "account_id"),
)

# Peers, the public log, settings
_table(
    "act_heads",
    *_integer("id"),
    *_bigint("seq"),
    *_text("hash"),
    sa.PrimaryKeyConstraint("id"),
)
_table(
    "acts",
    _id(),
    *_bigint("seq"),
    *_text(
        "verb",
        "role",
        "rule",
        "subject_kind",
        "subject_name",
        "by_seal",
        "target_seal",
        "reason_seal",
        "previous_hash",
        "hash",
        "by_salt",
        "target",
        "target_salt",
        "reason",
        "reason_salt",
    ),
    *_bigint("at"),
    *_bigint_or_null("expires_at", "undoes_id", "actor_member_id"),
    *_boolean("shows_reason"),
    _index("ix_acts_target", "target"),
    _index("ix_acts_actor_member_id", "actor_member_id"),
    _index("uq_acts_seq", "seq", unique=True),
    _index("uq_acts_previous_hash", "previous_hash", unique=True),
)
_table(
    "settings",
    *_text("name", "value"),
    *_bigint("updated_at"),
    sa.PrimaryKeyConstraint("name"),
)
_table(
    "peers",
    *_text("domain", "policy"),
    *_boolean("rejects_media"),
    *_text("reason"),
    *_bigint_or_null("decided_at"),
    *_bigint("first_seen_at"),
    *_text("scheme"),
    *_integer("failures"),
    *_bigint_or_null("failing_since_at", "retry_at", "delivered_at"),
    *_text("software"),
    *_bigint_or_null("decision_id"),
    *_boolean("rejects_reports", "obfuscates", default=sa.false()),
    # The brackets are those that SQLite was given when the column was added.
    *_text("public_comment", default=sa.text("('')")),
    _linked("list_id", "peer_lists.id"),
    sa.PrimaryKeyConstraint("domain"),
    _index("uq_peers_decision_id", "decision_id", unique=True),
    _index("ix_peers_list_id", "list_id"),
)

# Programs and their tokens
_table(
    "apps",
    _id(),
    *_text("client_id", "secret_hash", "name"),
    *_text_or_null("website"),
    *_text("redirect_uris", "scopes"),
    *_bigint("created_at"),
    sa.UniqueConstraint("client_id"),
)
_table(
    "tokens",
    _id(),
    *_text("token_hash"),
    *_bigint_or_null("app_id", "member_id", "account_id"),
    *_text("scopes"),
    *_bigint("created_at"),
    *_bigint_or_null("used_at", "revoked_at"),
    sa.UniqueConstraint("token_hash"),
    _index("ix_tokens_account_id", "account_id"),
    _index("ix_tokens_app_id", "app_id"),
    _index("ix_tokens_member_id", "member_id"),
)
_table(
    "codes",
    *_text("code_hash"),
    _owned("app_id", "apps.id"),
    _owned("member_id", "members.id"),
    _owned("account_id", "accounts.id"),
    *_text("redirect_uri", "scopes"),
    *_text_or_null("challenge"),
    *_bigint("expires_at"),
    *_bigint_or_null("used_at", "token_id"),
    sa.PrimaryKeyConstraint("code_hash"),
    _index("ix_codes_account_id", "account_id"),
    _index("ix_codes_app_id", "app_id"),
    _index("ix_codes_member_id", "member_id"),
)

# Moderation
_table(
    "canonical_email_blocks",
    _id(),
    *_text("hash"),
    *_bigint("created_at"),
    sa.UniqueConstraint("hash"),
)
_table(
    "email_domain_blocks",
    _id(),
    *_text("domain"),
    *_bigint("created_at"),
    sa.UniqueConstraint("domain"),
)
_table(
    "ip_blocks",
    _id(),
    *_text("network", "severity", "comment"),
    *_bigint("created_at", "updated_at"),
    *_bigint_or_null("expires_at"),
    sa.UniqueConstraint("network"),
)
_table(
    "act_posts",
    _reference("act_id", "acts.id"),
    *_bigint("post_id"),
    _owned("account_id", "accounts.id"),
    *_text("text"),
    sa.PrimaryKeyConstraint("act_id", "post_id"),
    _index("ix_act_posts_account_id", "account_id"),
)
_table(
    "email_domain_attempts",
    _owned("block_id", "email_domain_blocks.id"),
    *_integer("day"),
    *_text("address"),
    *_integer("attempts"),
    sa.PrimaryKeyConstraint("block_id", "day", "address"),
)
_table(
    "reports",
    _id(),
    *_text_or_null("uri"),
    _owned("account_id", "accounts.id"),
    _owned("target_id", "accounts.id"),
    *_text("post_ids", "comment", "category", "rule_ids"),
    *_boolean("forwarded"),
    *_bigint("created_at", "updated_at"),
    _linked("assigned_id", "accounts.id"),
    *_bigint_or_null("resolved_at"),
    _linked("resolved_by_id", "accounts.id"),
    sa.UniqueConstraint("uri"),
    _index("ix_reports_account_id", "account_id"),
    _index("ix_reports_target_id_id", "target_id", "id"),
    _index("ix_reports_open", "id", **_where("resolved_at IS NULL")),
)
_table(
    "severances",
    _id(),
    _owned("account_id", "accounts.id"),
    *_text("kind", "target_name"),
    *_integer("followers_count", "following_count"),
    *_bigint("created_at"),
    _index("ix_severances_account_id", "account_id"),
)
_table(
    "appeals",
    _id(),
    _reference("act_id", "acts.id"),
    _owned("account_id", "accounts.id"),
    *_text("text"),
    *_bigint("created_at"),
    *_bigint_or_null("decided_at"),
    _linked("decided_by_id", "members.id"),
    *_boolean("approved"),
    *_text("answer"),
    sa.UniqueConstraint("act_id"),
    _index("ix_appeals_account_id", "account_id"),
    _index("ix_appeals_open", "id", **_where("decided_at IS NULL")),
)
_table(
    "moderation_notes",
    _id(),
    _owned("account_id", "accounts.id"),
    _linked("member_id", "members.id"),
    *_text("text"),
    *_bigint("created_at"),
    _index("ix_moderation_notes_account_id", "account_id"),
)
_table(
    "trend_reviews",
    _id(),
    *_text("kind", "subject"),
    *_boolean("approved"),
    *_bigint("reviewed_at"),
    _linked("reviewed_by_id", "members.id"),
    sa.UniqueConstraint("kind", "subject"),
)

# Members and how they log in
_table(
    "challenges",
    *_text("word_hash", "purpose", "holder_hash"),
    *_bigint_or_null("member_id"),
    *_text("data"),
    *_bigint("created_at", "expires_at"),
    sa.PrimaryKeyConstraint("word_hash"),
    _index("ix_challenges_holder_hash", "holder_hash"),
    _index("ix_challenges_expires_at", "expires_at"),
)
_table(
    "invitations",
    _id(),
    *_text("code_hash", "code_hint"),
    *_bigint_or_null("created_by_id"),
    *_text("note"),
    *_integer_or_null("max_uses"),
    *_integer("uses"),
    *_bigint("created_at"),
    *_bigint_or_null("expires_at", "revoked_at"),
    sa.UniqueConstraint("code_hash"),
    _index("ix_invitations_created_by_id", "created_by_id"),
)
_table(
    "login_attempts",
    _id(),
    *_text("subject"),
    *_bigint("at"),
    _index("ix_login_attempts_subject", "subject"),
)
_table(
    "one_time_links",
    *_text("token_hash", "purpose"),
    *_bigint_or_null("member_id"),
    *_text("email"),
    *_bigint("created_at", "expires_at"),
    *_bigint_or_null("used_at"),
    sa.PrimaryKeyConstraint("token_hash"),
)
_table(
    "members",
    _id(),
    *_text("email", "email_lower", "password_hash", "role", "reason", "locale", "settings"),
    _linked("invitation_id", "invitations.id"),
    *_integer("invites_left"),
    *_bigint("created_at"),
    *_bigint_or_null("email_confirmed_at", "approved_at", "disabled_at", "active_at"),
    *_integer("version"),
    sa.UniqueConstraint("email_lower"),
)
_table(
    "identities",
    *_text("issuer", "subject"),
    _owned("member_id", "members.id"),
    *_text("email"),
    *_bigint("created_at", "used_at"),
    sa.PrimaryKeyConstraint("issuer", "subject"),
    _index("ix_identities_member_id", "member_id"),
)
_table(
    "member_accounts",
    _owned("member_id", "members.id"),
    _owned("account_id", "accounts.id"),
    *_boolean("main"),
    sa.PrimaryKeyConstraint("member_id", "account_id"),
    _index("ix_member_accounts_account_id", "account_id"),
)
_table(
    "member_addresses",
    _owned("member_id", "members.id"),
    *_text("address"),
    *_bigint("used_at"),
    sa.PrimaryKeyConstraint("member_id", "address"),
    _index("ix_member_addresses_address", "address"),
)
_table(
    "member_days",
    _owned("member_id", "members.id"),
    *_integer("day", "month"),
    sa.PrimaryKeyConstraint("member_id", "day"),
    _index("ix_member_days_day", "day"),
)
_table(
    "passkeys",
    _id(),
    _owned("member_id", "members.id"),
    *_text("credential_id", "public_key"),
    *_bigint("sign_count"),
    *_text("name"),
    *_bigint("created_at"),
    *_bigint_or_null("used_at"),
    sa.UniqueConstraint("credential_id"),
    _index("ix_passkeys_member_id", "member_id"),
)
_table(
    "recovery_codes",
    _owned("member_id", "members.id"),
    *_text("code_hash"),
    *_bigint("created_at"),
    *_bigint_or_null("used_at"),
    sa.PrimaryKeyConstraint("member_id", "code_hash"),
)
_table(
    "second_steps",
    _owned("member_id", "members.id"),
    *_text_or_null("secret"),
    *_bigint("last_step", "created_at"),
    sa.PrimaryKeyConstraint("member_id"),
)
_table(
    "sessions",
    _id(),
    *_text("token_hash"),
    _owned("member_id", "members.id"),
    _owned("account_id", "accounts.id"),
    *_text("csrf", "user_agent"),
    *_bigint("created_at", "used_at", "expires_at"),
    *_bigint_or_null("proved_at"),
    sa.UniqueConstraint("token_hash"),
    _index("ix_sessions_account_id", "account_id"),
    _index("ix_sessions_member_id", "member_id"),
)

# Files
_table(
    "emojis",
    _id(),
    *_text("shortcode"),
    *_text_or_null("category"),
    *_text("file_key", "static_key", "content_type"),
    *_bigint("created_at"),
    sa.UniqueConstraint("shortcode"),
)
_table(
    "remote_files",
    *_bigint("subject_id"),
    *_text("shape", "url", "file_key", "preview_key"),
    *_bigint("bytes", "used_at"),
    sa.PrimaryKeyConstraint("subject_id", "shape"),
    _index("ix_remote_files_used_at", "used_at"),
)
_table(
    "media",
    _id(),
    _owned("account_id", "accounts.id"),
    _linked("post_id", "posts.id"),
    *_integer("position"),
    *_text("kind", "content_type", "file_key", "preview_key", "remote_url", "description"),
    *_text_or_null("blurhash"),
    *_float("focus_x", "focus_y"),
    *_integer_or_null("width", "height", "preview_width", "preview_height"),
    *_integer("bytes"),
    *_bigint("created_at"),
    *_text("state", "problem"),
    *_float_or_null("duration"),
    *_text_or_null("frame_rate"),
    *_integer_or_null("bitrate"),
    _index("ix_media_post_id", "post_id"),
    _index("ix_media_account_id", "account_id"),
)

# Queues
_table(
    "inbox_items",
    _id(),
    *_text("actor_uri", "activity_uri", "signer_uri"),
    *_bigint_or_null("target_id"),
    *_blob("body"),
    *_bigint("received_at", "run_at", "leased_until"),
    *_integer("attempts"),
    *_bigint_or_null("dead_at"),
    *_text("error", "host"),
    sa.UniqueConstraint("actor_uri", "activity_uri"),
    _index("ix_inbox_items_run_at_id", "run_at", "id"),
    _index("ix_inbox_items_host_id", "host", "id"),
)
_table(
    "seen_activities",
    *_text("actor_uri", "activity_uri"),
    *_bigint("at"),
    sa.PrimaryKeyConstraint("actor_uri", "activity_uri"),
    _index("ix_seen_activities_at", "at"),
)
_table(
    "tasks",
    _id(),
    *_text("kind", "payload"),
    *_text_or_null("dedupe"),
    *_bigint("run_at", "leased_until"),
    *_integer("attempts"),
    *_bigint_or_null("dead_at"),
    *_text("error"),
    sa.UniqueConstraint("dedupe"),
    _index("ix_tasks_run_at_id", "run_at", "id"),
)
_table(
    "documents",
    _id(),
    *_text("uri"),
    _owned("account_id", "accounts.id"),
    *_blob("body"),
    *_text("digest"),
    *_bigint("at"),
    *_boolean("synchronizes"),
    _index("ix_documents_account_id", "account_id"),
)
_table(
    "deliveries",
    _id(),
    _owned("document_id", "documents.id"),
    *_text("host", "inbox_uri", "lane"),
    *_bigint("run_at", "leased_until"),
    *_integer("attempts"),
    *_bigint_or_null("dead_at"),
    *_text("error"),
    sa.UniqueConstraint("document_id", "inbox_uri"),
    _index("ix_deliveries_host_id", "host", "id"),
    _index("ix_deliveries_lane_id", "lane", "id"),
    _index("ix_deliveries_run_at_id", "run_at", "id"),
)

# Posts
_table(
    "originals",
    *_text("uri", "document"),
    *_bigint("at"),
    sa.PrimaryKeyConstraint("uri"),
)
_table(
    "tags",
    _id(),
    *_text("name", "display"),
    *_boolean_or_null("usable", "trendable", "listable"),
    *_bigint_or_null("reviewed_at"),
    sa.UniqueConstraint("name"),
)
_table(
    "tombstones",
    *_text("uri", "kind", "account_uri"),
    *_bigint("at"),
    sa.PrimaryKeyConstraint("uri"),
)
_table(
    "uri_aliases",
    *_text("uri", "kind"),
    *_bigint("target_id"),
    sa.PrimaryKeyConstraint("uri"),
    _index("ix_uri_aliases_target_id", "target_id"),
)
_table(
    "cards",
    _id(),
    *_text(
        "url",
        "kind",
        "title",
        "description",
        "author_name",
        "author_url",
        "provider_name",
        "provider_url",
        "html",
        "embed_url",
    ),
    *_integer("width", "height"),
    *_text("image_url", "image_alt"),
    *_text_or_null("language"),
    *_bigint_or_null("published_at"),
    _linked("creator_id", "accounts.id"),
    *_bigint("fetched_at"),
    *_text_or_null("blurhash"),
    sa.UniqueConstraint("url"),
    _index("ix_cards_creator_id", "creator_id"),
)
_table(
    "posts",
    _id(),
    *_text("uri", "url"),
    _owned("account_id", "accounts.id"),
    *_boolean("local"),
    *_text("kind", "state", "visibility", "title"),
    *_text_or_null("slug"),
    *_text("summary"),
    *_boolean("sensitive"),
    *_text_or_null("language"),
    *_text("source", "source_type", "html"),
    *_bigint_or_null("cover_id"),
    *_text("mentions", "tags", "emojis"),
    _linked("in_reply_to_id", "posts.id"),
    *_bigint_or_null("in_reply_to_account_id"),
    *_text_or_null("in_reply_to_uri"),
    *_bigint("thread_id"),
    *_text("context_uri"),
    *_bigint_or_null("boost_of_id", "app_id"),
    *_bigint("published_at"),
    *_bigint_or_null("edited_at"),
    *_integer("replies_count", "boosts_count", "likes_count", "version"),
    *_integer("quotes_count", default="0"),
    *_text("interaction_policy", default=""),
    sa.UniqueConstraint("uri"),
    _index("ix_posts_account_id_id", "account_id", "id"),
    _index("ix_posts_articles", "account_id", "id", **_where("kind = 'Article'")),
    _index("ix_posts_boost_of_id", "boost_of_id", **_where("boost_of_id IS NOT NULL", None)),
    _index("ix_posts_in_reply_to_id", "in_reply_to_id"),
    _index("ix_posts_in_reply_to_uri", "in_reply_to_uri", **_where("in_reply_to_uri IS NOT NULL")),
    _index(
        "ix_posts_public",
        "id",
        **_where("visibility = 'public' AND state = 'published' AND boost_of_id IS NULL"),
    ),
    _index(
        "uq_posts_boost",
        "account_id",
        "boost_of_id",
        unique=True,
        **_where("boost_of_id IS NOT NULL"),
    ),
    _index(
        "ix_posts_local",
        "id",
        **_where(
            "local = 1 AND state = 'published' AND boost_of_id IS NULL",
            "local AND state = 'published' AND boost_of_id IS NULL",
        ),
    ),
    _index(
        "ix_posts_latest_articles",
        "id",
        **_where(
            "kind = 'Article' AND state = 'published' AND local = 1",
            "kind = 'Article' AND state = 'published' AND local",
        ),
    ),
    _index("uq_posts_slug", "account_id", "slug", unique=True, **_where("slug IS NOT NULL")),
    _index("ix_posts_thread_id_id", "thread_id", "id"),
    _index("ix_posts_url", "url"),
    _index(
        "ix_posts_remote",
        "id",
        **_where(f"local = 0 AND {SHARED}", f"NOT local AND {SHARED}"),
    ),
)
_table(
    "scheduled_posts",
    _id(),
    _owned("account_id", "accounts.id"),
    *_bigint("publish_at"),
    *_text("draft"),
    *_text_or_null("idempotency_key"),
    *_bigint_or_null("failed_at"),
    *_text("error"),
    sa.UniqueConstraint("account_id", "idempotency_key"),
    _index("ix_scheduled_posts_account_id_id", "account_id", "id"),
)
_table(
    "edits",
    _id(),
    _owned("post_id", "posts.id"),
    *_text("title", "summary"),
    *_boolean("sensitive"),
    *_text("source", "html", "media", "emojis"),
    *_bigint("at"),
    *_text_or_null("poll"),
    _index("ix_edits_post_id", "post_id"),
)
_table(
    "idempotency_keys",
    _owned("account_id", "accounts.id"),
    *_text("idempotency_key"),
    _owned("post_id", "posts.id"),
    *_bigint("at"),
    sa.PrimaryKeyConstraint("account_id", "idempotency_key"),
    _index("ix_idempotency_keys_post_id", "post_id"),
)
_table(
    "mentions",
    _owned("post_id", "posts.id"),
    _owned("account_id", "accounts.id"),
    sa.PrimaryKeyConstraint("post_id", "account_id"),
    _index("ix_mentions_account_id", "account_id"),
)
_table(
    "post_cards",
    _owned("post_id", "posts.id"),
    _owned("card_id", "cards.id"),
    sa.PrimaryKeyConstraint("post_id"),
    _index("ix_post_cards_card_id_post_id", "card_id", "post_id"),
)
_table(
    "post_tags",
    _owned("tag_id", "tags.id"),
    _owned("post_id", "posts.id"),
    sa.PrimaryKeyConstraint("tag_id", "post_id"),
    _index("ix_post_tags_post_id", "post_id"),
)
_table(
    "quotes",
    _owned("post_id", "posts.id"),
    _owned("account_id", "accounts.id"),
    _linked("quoted_id", "posts.id"),
    *_bigint_or_null("quoted_account_id"),
    *_text("quoted_uri", "quoted_url", "state"),
    *_boolean("legacy"),
    *_text_or_null("request_uri", "authorization_uri"),
    *_bigint("created_at"),
    sa.PrimaryKeyConstraint("post_id"),
    _index("ix_quotes_account_id", "account_id"),
    _index("ix_quotes_authorization_uri", "authorization_uri"),
    _index("ix_quotes_request_uri", "request_uri"),
    _index("ix_quotes_quoted_id_post_id", "quoted_id", "post_id"),
)
_table(
    "refreshes",
    _id(),
    _owned("post_id", "posts.id"),
    *_text("state"),
    *_integer("found"),
    *_bigint("started_at"),
    sa.UniqueConstraint("post_id"),
)
_table(
    "translations",
    _owned("post_id", "posts.id"),
    *_text("language", "digest", "texts"),
    *_bigint("translated_at"),
    sa.PrimaryKeyConstraint("post_id", "language"),
    _index("ix_translations_translated_at", "translated_at"),
)
_table(
    "scheduled_media",
    _owned("media_id", "media.id"),
    _owned("scheduled_id", "scheduled_posts.id"),
    sa.PrimaryKeyConstraint("media_id"),
    _index("ix_scheduled_media_scheduled_id", "scheduled_id"),
)

# Web push
_table(
    "push_keys",
    _id(),
    *_text("private", "public"),
    *_bigint("created_at"),
)
_table(
    "push_subscriptions",
    _id(),
    *_bigint("token_id"),
    _owned("account_id", "accounts.id"),
    *_text("endpoint", "public_key", "auth_secret"),
    *_boolean("standard"),
    *_text("alerts", "policy", "sealed_token"),
    *_bigint("created_at"),
    sa.UniqueConstraint("token_id"),
    _index("ix_push_subscriptions_account_id", "account_id"),
)

# Timelines, notifications, conversations
_table(
    "trends",
    *_text("kind"),
    *_bigint("subject_id"),
    *_float("score"),
    *_integer("accounts"),
    *_bigint("computed_at"),
    sa.PrimaryKeyConstraint("kind", "subject_id"),
    _index("ix_trends_kind_score", "kind", "score"),
)
_table(
    "conversations",
    _id(),
    _owned("account_id", "accounts.id"),
    *_bigint("thread_id"),
    *_text("people", "people_hash"),
    *_bigint("last_post_id"),
    *_boolean("unread"),
    sa.UniqueConstraint("account_id", "thread_id", "people_hash"),
    _index("ix_conversations_thread_id", "thread_id"),
    _index("ix_conversations_last_post_id", "last_post_id"),
    _index("ix_conversations_account_id_last_post_id", "account_id", "last_post_id"),
)
_table(
    "filters",
    _id(),
    _owned("account_id", "accounts.id"),
    *_text("title", "contexts", "action"),
    *_bigint_or_null("expires_at"),
    _index("ix_filters_account_id", "account_id"),
)
_table(
    "lists",
    _id(),
    _owned("account_id", "accounts.id"),
    *_text("title", "replies_policy"),
    *_boolean("exclusive"),
    _index("ix_lists_account_id", "account_id"),
)
_table(
    "markers",
    _owned("account_id", "accounts.id"),
    *_text("timeline"),
    *_bigint("last_read_id", "version", "updated_at"),
    sa.PrimaryKeyConstraint("account_id", "timeline"),
)
_table(
    "notification_permissions",
    _owned("account_id", "accounts.id"),
    _owned("from_id", "accounts.id"),
    sa.PrimaryKeyConstraint("account_id", "from_id"),
    _index("ix_notification_permissions_from_id", "from_id"),
)
_table(
    "notification_policies",
    _owned("account_id", "accounts.id"),
    *_text(
        "for_not_following",
        "for_not_followers",
        "for_new_accounts",
        "for_private_mentions",
        "for_limited_accounts",
    ),
    sa.PrimaryKeyConstraint("account_id"),
)
_table(
    "notification_requests",
    _id(),
    _owned("account_id", "accounts.id"),
    _owned("from_id", "accounts.id"),
    sa.UniqueConstraint("account_id", "from_id"),
    _index("ix_notification_requests_from_id", "from_id"),
    _index("ix_notification_requests_account_id_id", "account_id", "id"),
)
_table(
    "notifications",
    _id(),
    _owned("account_id", "accounts.id"),
    *_text("kind"),
    _owned("from_id", "accounts.id"),
    *_bigint_or_null("post_id"),
    *_bigint("created_at"),
    *_text("group_key"),
    *_boolean("filtered"),
    *_bigint_or_null("subject_id"),
    _index("ix_notifications_from_id", "from_id"),
    _index("ix_notifications_post_id", "post_id"),
    _index("ix_notifications_account_id_id", "account_id", "id"),
    _index("uq_notifications_once", "account_id", "kind", "from_id", "post_id", unique=True),
    _index("ix_notifications_account_id_group_key_id", "account_id", "group_key", "id"),
    _index("ix_notifications_filtered", "account_id", "from_id", **_where("filtered = 1", "filtered")),
)
_table(
    "announcements",
    _id(),
    *_text("source", "html"),
    *_bigint_or_null("starts_at", "ends_at"),
    *_boolean("all_day"),
    *_bigint_or_null("published_at"),
    *_bigint("updated_at"),
    _linked("created_by_id", "members.id"),
)
_table(
    "conversation_posts",
    _owned("conversation_id", "conversations.id"),
    _owned("post_id", "posts.id"),
    sa.PrimaryKeyConstraint("conversation_id", "post_id"),
    _index("ix_conversation_posts_post_id", "post_id"),
)
_table(
    "filter_keywords",
    _id(),
    _owned("filter_id", "filters.id"),
    *_text("keyword"),
    *_boolean("whole_word"),
    _index("ix_filter_keywords_filter_id", "filter_id"),
)
_table(
    "filter_posts",
    _id(),
    _owned("filter_id", "filters.id"),
    _owned("post_id", "posts.id"),
    _index("ix_filter_posts_filter_id", "filter_id"),
    _index("ix_filter_posts_post_id", "post_id"),
)
_table(
    "home_entries",
    _owned("account_id", "accounts.id"),
    _owned("post_id", "posts.id"),
    *_bigint("author_id"),
    sa.PrimaryKeyConstraint("account_id", "post_id"),
    _index("ix_home_entries_account_id_author_id", "account_id", "author_id"),
    _index("ix_home_entries_post_id", "post_id"),
    sqlite_with_rowid=False,
)
_table(
    "list_accounts",
    _owned("list_id", "lists.id"),
    _owned("account_id", "accounts.id"),
    *_bigint("added_id"),
    sa.PrimaryKeyConstraint("list_id", "account_id"),
    _index("ix_list_accounts_account_id", "account_id"),
)
_table(
    "announcement_reactions",
    _id(),
    _owned("announcement_id", "announcements.id"),
    _owned("account_id", "accounts.id"),
    *_text("name"),
    sa.UniqueConstraint("announcement_id", "name", "account_id"),
    _index("ix_announcement_reactions_account_id", "account_id"),
)
_table(
    "announcement_reads",
    _owned("announcement_id", "announcements.id"),
    _owned("account_id", "accounts.id"),
    sa.PrimaryKeyConstraint("announcement_id", "account_id"),
    _index("ix_announcement_reads_account_id", "account_id"),
)

# Relationships
_table(
    "account_notes",
    _owned("account_id", "accounts.id"),
    _owned("target_id", "accounts.id"),
    *_text("note"),
    sa.PrimaryKeyConstraint("account_id", "target_id"),
    _index("ix_account_notes_target_id", "target_id"),
)
_table(
    "blocks",
    _id(),
    _owned("account_id", "accounts.id"),
    _owned("target_id", "accounts.id"),
    *_text("uri"),
    *_bigint("created_at"),
    sa.UniqueConstraint("account_id", "target_id"),
    sa.UniqueConstraint("uri"),
    _index("ix_blocks_account_id_id", "account_id", "id"),
    _index("ix_blocks_target_id_id", "target_id", "id"),
)
_table(
    "collections",
    _id(),
    *_text("uri"),
    _owned("account_id", "accounts.id"),
    *_text("name", "description"),
    *_text_or_null("language"),
    *_boolean("sensitive", "discoverable"),
    *_text("tag"),
    *_bigint("created_at", "updated_at"),
    sa.UniqueConstraint("uri"),
    _index("ix_collections_account_id", "account_id"),
)
_table(
    "domain_mutes",
    _owned("account_id", "accounts.id"),
    *_text("domain"),
    *_bigint("created_at"),
    sa.PrimaryKeyConstraint("account_id", "domain"),
)
_table(
    "endorsements",
    _id(),
    _owned("account_id", "accounts.id"),
    _owned("target_id", "accounts.id"),
    *_bigint("created_at"),
    sa.UniqueConstraint("account_id", "target_id"),
    _index("ix_endorsements_target_id_id", "target_id", "id"),
    _index("ix_endorsements_account_id_id", "account_id", "id"),
)
_table(
    "featured_tags",
    _id(),
    _owned("account_id", "accounts.id"),
    _owned("tag_id", "tags.id"),
    *_text("name"),
    *_bigint("created_at"),
    sa.UniqueConstraint("account_id", "tag_id"),
    _index("ix_featured_tags_tag_id", "tag_id"),
)
_table(
    "follow_requests",
    _id(),
    _owned("account_id", "accounts.id"),
    _owned("target_id", "accounts.id"),
    *_text("uri"),
    *_boolean("shows_boosts", "notifies"),
    *_text("languages"),
    *_bigint("created_at"),
    sa.UniqueConstraint("account_id", "target_id"),
    sa.UniqueConstraint("uri"),
    _index("ix_follow_requests_account_id_id", "account_id", "id"),
    _index("ix_follow_requests_target_id_id", "target_id", "id"),
)
_table(
    "follows",
    _id(),
    _owned("account_id", "accounts.id"),
    _owned("target_id", "accounts.id"),
    *_text("uri"),
    *_boolean("shows_boosts", "notifies"),
    *_text("languages"),
    *_bigint("created_at"),
    sa.UniqueConstraint("account_id", "target_id"),
    sa.UniqueConstraint("uri"),
    _index("ix_follows_account_id_id", "account_id", "id"),
    _index("ix_follows_target_id_id", "target_id", "id"),
)
_table(
    "mutes",
    _id(),
    _owned("account_id", "accounts.id"),
    _owned("target_id", "accounts.id"),
    *_boolean("hides_notifications"),
    *_bigint_or_null("expires_at"),
    *_bigint("created_at"),
    sa.UniqueConstraint("account_id", "target_id"),
    _index("ix_mutes_account_id_id", "account_id", "id"),
    _index("ix_mutes_target_id_id", "target_id", "id"),
)
_table(
    "suggestion_dismissals",
    _owned("account_id", "accounts.id"),
    _owned("target_id", "accounts.id"),
    *_bigint("at"),
    sa.PrimaryKeyConstraint("account_id", "target_id"),
    _index("ix_suggestion_dismissals_target_id", "target_id"),
)
_table(
    "tag_follows",
    _id(),
    _owned("account_id", "accounts.id"),
    _owned("tag_id", "tags.id"),
    sa.UniqueConstraint("account_id", "tag_id"),
    _index("ix_tag_follows_account_id_id", "account_id", "id"),
    _index("ix_tag_follows_tag_id", "tag_id"),
)
_table(
    "collection_items",
    _id(),
    _owned("collection_id", "collections.id"),
    _owned("account_id", "accounts.id"),
    *_text("state"),
    *_bigint("created_at"),
    sa.UniqueConstraint("collection_id", "account_id"),
    _index("ix_collection_items_account_id", "account_id"),
)

# Archives
_table(
    "archives",
    _id(),
    _owned("account_id", "accounts.id"),
    *_text("name"),
    *_bigint("bytes", "created_at"),
    *_bigint_or_null("finished_at"),
    _index("ix_archives_account_id_id", "account_id", "id"),
)

# Posts by mail
_table(
    "email_subscriptions",
    _id(),
    _owned("account_id", "accounts.id"),
    *_text("email", "token"),
    *_bigint("created_at"),
    *_bigint_or_null("confirmed_at"),
    sa.UniqueConstraint("account_id", "email"),
    sa.UniqueConstraint("token"),
    _index("ix_email_subscriptions_account_id_id", "account_id", "id"),
)

# Imports
_table(
    "imports",
    _id(),
    _owned("account_id", "accounts.id"),
    *_text("kind"),
    *_boolean("overwrites"),
    *_text("filename"),
    *_integer("total", "done", "failed"),
    *_bigint("created_at"),
    *_bigint_or_null("finished_at"),
    _index("ix_imports_account_id_id", "account_id", "id"),
)
_table(
    "import_lines",
    _id(),
    _owned("import_id", "imports.id"),
    *_integer("number"),
    *_text("cells", "address", "problem"),
    _index("ix_import_lines_import_id_id", "import_id", "id"),
    _index("ix_import_lines_import_id_address", "import_id", "address"),
)

# Likes, bookmarks, pins, reactions
_table(
    "thread_mutes",
    _owned("account_id", "accounts.id"),
    *_bigint("thread_id"),
    sa.PrimaryKeyConstraint("account_id", "thread_id"),
)
_table(
    "bookmarks",
    _id(),
    _owned("account_id", "accounts.id"),
    _owned("post_id", "posts.id"),
    sa.UniqueConstraint("account_id", "post_id"),
    _index("ix_bookmarks_account_id_id", "account_id", "id"),
    _index("ix_bookmarks_post_id", "post_id"),
)
_table(
    "likes",
    _id(),
    _owned("account_id", "accounts.id"),
    _owned("post_id", "posts.id"),
    *_text("uri"),
    *_bigint("created_at"),
    sa.UniqueConstraint("account_id", "post_id"),
    sa.UniqueConstraint("uri"),
    _index("ix_likes_account_id_id", "account_id", "id"),
    _index("ix_likes_post_id_id", "post_id", "id"),
)
_table(
    "pins",
    _id(),
    _owned("account_id", "accounts.id"),
    _owned("post_id", "posts.id"),
    sa.UniqueConstraint("account_id", "post_id"),
    _index("ix_pins_post_id", "post_id"),
)
_table(
    "reactions",
    _id(),
    _owned("account_id", "accounts.id"),
    _owned("post_id", "posts.id"),
    *_text("name", "url", "uri"),
    *_bigint("created_at"),
    sa.UniqueConstraint("account_id", "post_id", "name"),
    sa.UniqueConstraint("uri"),
    _index("ix_reactions_post_id_id", "post_id", "id"),
)

# Partners
_table(
    "partners",
    _id(),
    *_text("domain"),
    _owned("account_id", "accounts.id"),
    *_text("state"),
    *_boolean("ours"),
    *_text("offer_uri", "scopes", "message"),
    *_bigint("offered_at"),
    *_bigint_or_null("agreed_at", "ended_at"),
    *_text("ended_by"),
    _linked("decided_by_id", "members.id"),
    sa.UniqueConstraint("domain"),
    sa.UniqueConstraint("offer_uri"),
    _index("ix_partners_account_id", "account_id"),
    _index("ix_partners_state", "state"),
)

# Lists of peers
_table(
    "peer_lists",
    _id(),
    *_text("url", "title", "kind"),
    *_boolean("applies_itself"),
    *_integer("most_changes"),
    *_text("etag"),
    *_bigint("fetch_at"),
    *_bigint_or_null("fetched_at"),
    *_text("error", "waiting"),
    *_integer("unusable"),
    *_bigint_or_null("applied_at"),
    *_bigint("created_at"),
    _linked("created_by_id", "members.id"),
    sa.UniqueConstraint("url"),
    _index("ix_peer_lists_fetch_at", "fetch_at"),
)
_table(
    "peer_list_entries",
    _owned("list_id", "peer_lists.id"),
    *_text("domain", "policy"),
    *_boolean("rejects_media", "rejects_reports"),
    *_text("public_comment"),
    *_boolean("obfuscates", "declined"),
    sa.PrimaryKeyConstraint("list_id", "domain"),
    _index("ix_peer_list_entries_domain", "domain"),
)

# Polls
_table(
    "polls",
    _owned("post_id", "posts.id"),
    *_boolean("multiple", "hide_totals"),
    *_bigint_or_null("expires_at", "closed_at"),
    *_integer_or_null("voters_count"),
    *_bigint_or_null("read_at"),
    sa.PrimaryKeyConstraint("post_id"),
)
_table(
    "poll_options",
    _id(),
    _owned("post_id", "polls.post_id"),
    *_integer("position"),
    *_text("title", "name"),
    *_integer("votes_count"),
    sa.UniqueConstraint("post_id", "position"),
)
_table(
    "poll_votes",
    _id(),
    _owned("post_id", "polls.post_id"),
    _owned("option_id", "poll_options.id"),
    _owned("account_id", "accounts.id"),
    *_integer("slot"),
    *_text("uri"),
    *_bigint("created_at"),
    sa.UniqueConstraint("post_id", "account_id", "slot"),
    _index("ix_poll_votes_option_id", "option_id"),
    _index("ix_poll_votes_account_id", "account_id"),
)

# Relays
_table(
    "relays",
    _id(),
    *_text("inbox_uri", "target_uri", "actor_uri", "state", "follow_uri"),
    *_bigint("created_at", "changed_at"),
    _linked("decided_by_id", "members.id"),
    sa.UniqueConstraint("inbox_uri"),
    _index("ix_relays_actor_uri", "actor_uri"),
    _index("ix_relays_follow_uri", "follow_uri"),
)
