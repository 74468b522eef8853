"""Accounts: every known actor. Local ones are created and changed here; `remote_accounts` has the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from msgspec import structs

from fedserver.domain.accounts import keys, profiles, verified_links
from fedserver.domain.accounts.keys import NewKeys
from fedserver.domain.content import search_index
from fedserver.domain.kernel import events, jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import ForbiddenError, GoneError, InvalidError, NotFoundError
from fedserver.links import INSTANCE_ACTOR
from fedserver.text.locales import gettext
from fedserver.text.sanitize import clean_name
from fedserver.text.tokenizer import fold
from storage.engine import ReadTx, Tx, to_like_pattern
from storage.queries.accounts import accounts as account_queries
from storage.rows.accounts import AccountRow

MAX_NOTE, MAX_NAME = profiles.MAX_NOTE, profiles.MAX_NAME
MAX_FIELDS, MAX_FIELD = profiles.MAX_FIELDS, profiles.MAX_FIELD
ProfileChange = profiles.ProfileChange
# The columns of a profile on which nothing was written.
EMPTY_PROFILE: Mapping[str, Any] = MappingProxyType(
    {
        **dict.fromkeys(("display_name", "note_source", "note_html"), ""),
        **dict.fromkeys(("avatar_key", "avatar_url", "avatar_alt"), ""),
        **dict.fromkeys(("header_key", "header_url", "header_alt"), ""),
        **dict.fromkeys(("fields", "emojis", "identity_proofs"), "[]"),
    }
)
MAX_USERNAME = 30  # characters, as with Mastodon
# Names that are paths of URLs, or could be mistaken for the node itself.
RESERVED_USERNAMES = frozenset(
    {
        INSTANCE_ACTOR,
        "admin", "administrator", "root", "owner", "moderator", "support", "help", "security", "abuse",
        "postmaster", "webmaster", "hostmaster", "info", "fedserver", "system", "api", "oauth", "inbox",
        "actor", "users", "settings", "login", "logout", "signup", "about", "static", "media", "tags",
        "home", "notifications", "here", "all", "everyone", "channel", "mastodon",
    }
)  # fmt: skip


async def get(tx: ReadTx, account_id: int) -> AccountRow:
    """Return an account by id. Raises NotFoundError."""
    row = await account_queries.find(tx, account_id)
    if row is None:
        raise NotFoundError
    return row


async def list_by_inbox(tx: ReadTx, inbox_uri: str) -> list[AccountRow]:
    """Return remote accounts with this inbox of their own: one, as a rule. A shared inbox is nobody's own."""
    return await account_queries.list_by_inbox(tx, urlsplit(inbox_uri).netloc.lower(), inbox_uri)


async def load_by_ids(tx: ReadTx, ids: Sequence[int]) -> dict[int, AccountRow]:
    """Return accounts by id; unknown ids are missing."""
    return {row.id: row for row in await account_queries.load_by_ids(tx, ids)}


async def find_by_uri(tx: ReadTx, uri: str) -> AccountRow | None:
    """Return an account by its URI, None if it is unknown."""
    return await account_queries.find_by_uri(tx, uri)


async def find_moved_to_uri(tx: ReadTx, account: AccountRow) -> str | None:
    """Return the URI of the account to which this one has moved, None if it has not."""
    target = await account_queries.find(tx, account.moved_to_id) if account.moved_to_id else None
    return target.uri if target is not None else None


async def find_by_handle(tx: ReadTx, username: str, domain: str = "") -> AccountRow | None:
    """Return an account by its handle, in whatever spelling; None if it is unknown."""
    return await account_queries.find_by_handle(tx, username, domain)


async def get_local(tx: ReadTx, username: str, *, allow_suspended: bool = False) -> AccountRow:
    """Return a local account.

    Raises NotFoundError, GoneError if it was deleted, ForbiddenError if it is suspended and `allow_suspended`
    is not set.
    """
    row = await find_by_handle(tx, username)
    if row is None:
        raise NotFoundError
    if row.deleted_at is not None:
        raise GoneError(gettext("This account was deleted."))
    if row.suspended_at is not None and not allow_suspended:
        raise ForbiddenError(gettext("This account is suspended."))
    return row


def check_username(username: str, *, by_operator: bool = False) -> None:
    """Raise InvalidError for a username that is not allowed; operators may use reserved ones.

    Allowed are words of letters, digits and underscores, joined by single dots or hyphens; at most 30
    characters.
    """
    if not username:
        raise InvalidError("username", "can't be blank", "ERR_BLANK")
    if len(username) > MAX_USERNAME:
        raise InvalidError("username", f"is longer than {MAX_USERNAME} characters", "ERR_TOO_LONG")
    words = username.replace("_", "a").replace("-", ".").split(".")
    if not all(word.isascii() and word.isalnum() for word in words):
        raise InvalidError("username", "must have letters, digits and underscores, joined by dots or hyphens")
    if username.lower() == INSTANCE_ACTOR or (username.lower() in RESERVED_USERNAMES and not by_operator):
        raise InvalidError("username", "is reserved", "ERR_RESERVED")


async def check_username_available(tx: ReadTx, username: str) -> None:
    """Raise InvalidError for a username that is not allowed, or is or was taken."""
    check_username(username)
    if await account_queries.find_by_handle(tx, username.lower(), "") is not None:
        raise InvalidError("username", "has already been taken", "ERR_TAKEN")


def _build_local(site: NodeContext, account_id: int, username: str, kind: str, now: int) -> AccountRow:
    links = site.links
    uri = links.actor(username)
    instance = username == INSTANCE_ACTOR
    return AccountRow(
        id=account_id,
        uri=uri,
        username=username,
        domain="",
        kind=kind,
        url=links.profile(username),
        inbox_uri=links.actor_endpoint(uri, "inbox"),
        shared_inbox_uri=links.shared_inbox,
        outbox_uri=links.actor_endpoint(uri, "outbox"),
        followers_uri=links.actor_endpoint(uri, "followers"),
        following_uri=links.actor_endpoint(uri, "following"),
        featured_uri=links.actor_endpoint(uri, "collections/featured"),
        **EMPTY_PROFILE,
        also_known_as="[]",
        moved_to_id=None,
        locked=instance,
        discoverable=not instance,
        indexable=False,
        hides_collections=False,
        memorial=False,
        created_at=now,
        updated_at=now,
        fetched_at=None,
        last_post_at=None,
        followers_count=0,
        following_count=0,
        posts_count=0,
        silenced_at=None,
        suspended_at=None,
        deleted_at=None,
    )


async def create_local(
    tx: Tx,
    site: NodeContext,
    username: str,
    new_keys: NewKeys,
    *,
    display_name: str = "",
    kind: str = "Person",
    by_operator: bool = False,
) -> AccountRow:
    """Create a local account. Raises InvalidError if the username is not allowed, or is or was taken."""
    check_username(username, by_operator=by_operator)
    return await _create(tx, site, username, new_keys, display_name, kind)


async def _create(
    tx: Tx, site: NodeContext, username: str, new: NewKeys, display_name: str, kind: str
) -> AccountRow:
    row = structs.replace(
        _build_local(site, tx.new_id(), username, kind, tx.now),
        display_name=clean_name(display_name, MAX_NAME),
    )
    if not await account_queries.insert(tx, row, fold(row.display_name)):
        raise InvalidError("username", "has already been taken", "ERR_TAKEN")
    await keys.create(tx, site, row, new)
    return row


async def find_instance_account(tx: ReadTx, site: NodeContext) -> AccountRow | None:
    """Return the account that signs the node's own requests, None before the first start."""
    return await account_queries.find_by_handle(tx, INSTANCE_ACTOR, "")


async def create_instance_account(tx: Tx, site: NodeContext, new_keys: NewKeys) -> AccountRow:
    """Create the node's own account."""
    title = site.config.community.title
    return await _create(tx, site, INSTANCE_ACTOR, new_keys, title, "Application")


async def update_profile(tx: Tx, site: NodeContext, actor: AccountRow, change: ProfileChange) -> AccountRow:
    """Change a profile and enqueue an update for peers. Raises InvalidError."""
    row = await profiles.apply_change(tx, site, actor, change)
    values = {name: getattr(row, name, None) for name in account_queries.LOCAL_COLUMNS}
    await account_queries.update_local(tx, row.id, {**values, "name_folded": fold(row.display_name)})
    images = ((actor.avatar_key, row.avatar_key), (actor.header_key, row.header_key))
    if replaced := tuple(old for old, new in images if old and old != new):
        await jobs.enqueue(tx, jobs.RemoveFiles(replaced))
    if row.fields != actor.fields:
        await verified_links.enqueue_check(tx, row, actor)
    if row.indexable != actor.indexable:
        await search_index.enqueue_reindex(tx, row.id)
    await jobs.enqueue(tx, jobs.UpdateAccount(row.id), dedupe=f"update_account:{row.id}")
    tx.emit(events.ACCOUNT_CHANGED, account_id=row.id)
    return row


def to_folded_pattern(text: str) -> str:
    """Return a pattern like `to_like_pattern` for columns without case and accents."""
    return to_like_pattern(fold(text.strip()))


async def search(
    tx: ReadTx, query: str, viewer_id: int | None, limit: int, offset: int = 0, *, only_followed: bool = False
) -> list[int]:
    """Return ids of accounts whose handle begins with, or whose display name contains, the words.

    Case and accents are ignored.
    """
    bare = query.strip().lstrip("@").lower()
    username, _, domain = bare.partition("@")
    if not username:
        return []
    return await account_queries.search(
        tx,
        only_followed=only_followed,
        pattern=to_like_pattern(username),
        folded=to_folded_pattern(username),
        exact=username,
        domain=to_like_pattern(domain) if domain else "",
        exact_domain=domain,
        viewer_id=-1 if viewer_id is None else viewer_id,
        limit=limit,
        offset=offset,
    )
