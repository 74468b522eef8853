"""Accounts: find, insert, update, count, search, delete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Integer,
    Text,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)

from addresses.handles import normalize_pair
from storage.engine import ReadTx, Tx
from storage.queries.accounts.hosts import IS_ON_DOMAIN, bind_domain
from storage.rows.accounts import AccountRow
from storage.statements import columns_of, one_of, to_row_or_none, to_rows, upsert
from storage.tables.accounts import accounts
from storage.tables.auth import member_accounts, members
from storage.tables.relationships import blocks, follows

COLUMNS = columns_of(accounts, AccountRow)
FIND = select(*COLUMNS).where(accounts.c.id == bindparam("id"))
LOAD_BY_IDS = select(*COLUMNS).where(one_of(accounts.c.id, "ids"))
# A deleted account of a peer that is kept for what was decided about it counts as unknown.
_is_no_tombstone = or_(accounts.c.domain == "", accounts.c.deleted_at.is_(None))
LIST_IDS_ON_DOMAIN = select(accounts.c.id).where(one_of(accounts.c.id, "ids"), IS_ON_DOMAIN)
_MAX_WITH_INBOX = 10
LIST_BY_INBOX = (
    select(*COLUMNS)
    .where(
        accounts.c.domain == bindparam("host"),
        accounts.c.inbox_uri == bindparam("inbox_uri"),
        accounts.c.deleted_at.is_(None),
    )
    .limit(_MAX_WITH_INBOX)
)
LIST_BY_INBOX_ON_OTHER_HOST = (
    select(*COLUMNS)
    .where(
        accounts.c.other_hosts != "",
        accounts.c.other_hosts.like(bindparam("within")),
        accounts.c.inbox_uri == bindparam("inbox_uri"),
        accounts.c.deleted_at.is_(None),
    )
    .limit(_MAX_WITH_INBOX)
)
FIND_BY_URI = select(*COLUMNS).where(accounts.c.uri == bindparam("uri"), _is_no_tombstone)
LOAD_BY_URIS = select(*COLUMNS).where(one_of(accounts.c.uri, "uris"), _is_no_tombstone)
_has_handle = and_(
    accounts.c.username_lower == bindparam("username"), accounts.c.domain == bindparam("domain")
)
FIND_BY_HANDLE = select(*COLUMNS).where(_has_handle, _is_no_tombstone)
LIST_BY_ADDRESS = select(*COLUMNS).where(or_(accounts.c.uri == bindparam("uri"), _has_handle))
FIND_LOCAL_URI = select(accounts.c.uri).where(accounts.c.domain == "").limit(1)
FIND_STAMP = select(accounts.c.id, accounts.c.version).where(accounts.c.id == bindparam("id"))
FIND_STAMP_BY_HANDLE = select(accounts.c.id, accounts.c.version).where(_has_handle, _is_no_tombstone)
LOAD_BY_HANDLES = select(*COLUMNS).where(
    one_of(accounts.c.username_lower, "usernames"), one_of(accounts.c.domain, "domains"), _is_no_tombstone
)

_role = (
    select(members.c.role)
    .select_from(member_accounts.join(members, members.c.id == member_accounts.c.member_id))
    .where(
        member_accounts.c.account_id == accounts.c.id, member_accounts.c.main, members.c.disabled_at.is_(None)
    )
    .limit(1)
    .scalar_subquery()
)
LOAD_WITH_ROLES = select(*COLUMNS, _role).where(one_of(accounts.c.id, "ids"))

TOUCH = update(accounts).where(accounts.c.id == bindparam("b_id")).values(version=accounts.c.version + 1)
TOUCH_PROFILE = (
    update(accounts).where(accounts.c.id == bindparam("b_id")).values(updated_at=bindparam("b_now"))
)
MARK_FEATURED_FETCHED = (
    update(accounts)
    .where(
        accounts.c.id == bindparam("b_id"),
        func.coalesce(accounts.c.featured_at, 0) <= bindparam("b_until"),
    )
    .values(featured_at=bindparam("b_now"))
)
SET_FIELDS = update(accounts).where(accounts.c.id == bindparam("b_id")).values(fields=bindparam("b_fields"))
INSERT = upsert(accounts).on_conflict_do_nothing()
LOCAL_COLUMNS = (
    "kind",
    "display_name",
    "name_folded",
    "note_source",
    "note_html",
    "avatar_key",
    "avatar_alt",
    "header_key",
    "header_alt",
    "fields",
    "emojis",
    "also_known_as",
    "locked",
    "discoverable",
    "indexable",
    "hides_collections",
    "attribution_domains",
    "shows_featured",
    "shows_media",
    "shows_media_replies",
    "mails_posts",
    "updated_at",
)
UPDATE_LOCAL = (
    update(accounts)
    .where(accounts.c.id == bindparam("b_id"), accounts.c.domain == "", accounts.c.deleted_at.is_(None))
    .values({name: bindparam(name) for name in LOCAL_COLUMNS})
)
REMOTE_COLUMNS = (
    "username",
    "username_lower",
    "domain",
    "kind",
    "display_name",
    "name_folded",
    "note_html",
    "url",
    "inbox_uri",
    "shared_inbox_uri",
    "outbox_uri",
    "followers_uri",
    "following_uri",
    "featured_uri",
    "avatar_url",
    "avatar_alt",
    "header_url",
    "header_alt",
    "fields",
    "emojis",
    "also_known_as",
    "attribution_domains",
    "moved_to_id",
    "locked",
    "discoverable",
    "indexable",
    "memorial",
    "updated_at",
    "fetched_at",
    "deleted_at",
    "identity_proofs",
    "other_hosts",
)
UPDATE_REMOTE = (
    update(accounts)
    .where(accounts.c.id == bindparam("b_id"), accounts.c.domain != "")
    .values({name: bindparam(name) for name in REMOTE_COLUMNS})
)
# The host gave the name to another account: the former one keeps its URI and loses the handle.
RELEASE_HANDLE = (
    update(accounts)
    .where(
        accounts.c.username_lower == bindparam("b_username"),
        accounts.c.domain == bindparam("b_domain"),
        accounts.c.domain != "",
        accounts.c.uri != bindparam("b_uri"),
    )
    .values(username_lower=accounts.c.username_lower + ":" + accounts.c.id.cast(Text))
)
ADD_HOSTS = (
    update(accounts)
    .where(accounts.c.id == bindparam("b_id"), accounts.c.domain != "")
    .values(other_hosts=accounts.c.other_hosts + bindparam("b_hosts", type_=Text()))
)
SET_COUNTS = (
    update(accounts)
    .where(accounts.c.id == bindparam("b_id"), accounts.c.domain != "")
    .values(
        followers_count=bindparam("followers"),
        following_count=bindparam("following"),
        posts_count=bindparam("posts"),
    )
)


def _adjust_count(name: str) -> Any:
    column = accounts.c[name]
    changed = column + bindparam("change", type_=Integer())
    return case((changed > 0, changed), else_=0)


ADJUST_FOLLOWERS = (
    update(accounts)
    .where(accounts.c.id == bindparam("b_id"))
    .values(followers_count=_adjust_count("followers_count"))
)
ADJUST_FOLLOWING = (
    update(accounts)
    .where(accounts.c.id == bindparam("b_id"))
    .values(following_count=_adjust_count("following_count"))
)
ADJUST_POSTS = (
    update(accounts)
    .where(accounts.c.id == bindparam("b_id"))
    .values(
        posts_count=_adjust_count("posts_count"),
        last_post_at=case(
            (bindparam("change", type_=Integer()) > 0, bindparam("at")), else_=accounts.c.last_post_at
        ),
    )
)
SET_MOVED = (
    update(accounts)
    .where(accounts.c.id == bindparam("b_id"))
    .values(moved_to_id=bindparam("b_moved_to_id"), moved_at=bindparam("b_at"), updated_at=bindparam("b_now"))
)
SET_IDENTITY_PROOFS = (
    update(accounts)
    .where(accounts.c.id == bindparam("b_id"))
    .values(identity_proofs=bindparam("b_proofs"), updated_at=bindparam("b_now"))
)
SET_LIMITS = (
    update(accounts)
    .where(accounts.c.id == bindparam("b_id"))
    .values(suspended_at=bindparam("suspended_at"), silenced_at=bindparam("silenced_at"))
)
SET_LIMIT = {
    name: update(accounts).where(accounts.c.id == bindparam("b_id")).values({name: bindparam("b_at")})
    for name in ("sensitized_at", "silenced_at", "suspended_at")
}
SET_DELETED = (
    update(accounts)
    .where(accounts.c.id == bindparam("b_id"), accounts.c.domain == "", accounts.c.deleted_at.is_(None))
    .values(
        deleted_at=bindparam("at"),
        display_name="",
        name_folded="",
        note_source="",
        note_html="",
        avatar_key="",
        avatar_alt="",
        header_key="",
        header_alt="",
        fields="[]",
        emojis="[]",
        discoverable=False,
        indexable=False,
        locked=True,
        posts_count=0,
    )
)
LIST_INBOXES = (
    select(func.coalesce(func.nullif(accounts.c.shared_inbox_uri, ""), accounts.c.inbox_uri))
    .where(accounts.c.domain != "", accounts.c.deleted_at.is_(None))
    .distinct()
)
SET_REMOTE_DELETED = (
    update(accounts)
    .where(accounts.c.id == bindparam("b_id"), accounts.c.domain != "")
    .values(
        deleted_at=bindparam("at"),
        fetched_at=None,
        featured_at=None,
        last_post_at=None,
        **dict.fromkeys(("display_name", "name_folded", "note_html", "url"), ""),
        **dict.fromkeys(("avatar_url", "avatar_alt", "header_url", "header_alt"), ""),
        **dict.fromkeys(
            ("fields", "emojis", "also_known_as", "attribution_domains", "identity_proofs"), "[]"
        ),
        **dict.fromkeys(("discoverable", "indexable"), False),
        **dict.fromkeys(("followers_count", "following_count", "posts_count"), 0),
    )
)
DELETE_REMOTE = delete(accounts).where(accounts.c.id == bindparam("id"), accounts.c.domain != "")

_follow = follows.alias()
_followed = exists(
    select(literal(1)).where(
        _follow.c.account_id == bindparam("viewer_id"), _follow.c.target_id == accounts.c.id
    )
)
_blocked = exists(
    select(literal(1)).where(
        or_(
            and_(blocks.c.account_id == bindparam("viewer_id"), blocks.c.target_id == accounts.c.id),
            and_(blocks.c.target_id == bindparam("viewer_id"), blocks.c.account_id == accounts.c.id),
        )
    )
)
_visible = and_(
    accounts.c.suspended_at.is_(None), accounts.c.deleted_at.is_(None), accounts.c.kind != "Application"
)
_like, _folded = bindparam("pattern", type_=Text()), bindparam("folded", type_=Text())
# A full handle also finds hidden accounts, so that they can be unblocked.
_exact = and_(accounts.c.username_lower == bindparam("exact"), accounts.c.domain == bindparam("exact_domain"))
_search = (
    select(accounts.c.id)
    .where(
        _visible,
        or_(
            accounts.c.username_lower.like(_like, escape="\\"),
            accounts.c.username_lower.like(_folded, escape="\\"),
            accounts.c.name_folded.like(literal("%") + _folded, escape="\\"),
        ),
        accounts.c.username_lower.not_like("%:%"),
        or_(
            bindparam("domain", type_=Text()) == "", accounts.c.domain.like(bindparam("domain"), escape="\\")
        ),
        or_(~_blocked, _exact),
    )
    .order_by(
        case((accounts.c.username_lower == bindparam("exact"), 0), else_=1),
        case((_followed, 0), else_=1),
        case((accounts.c.domain == "", 0), else_=1),
        accounts.c.followers_count.desc(),
        accounts.c.id,
    )
    .limit(bindparam("limit"))
    .offset(bindparam("offset"))
)
SEARCH = _search
SEARCH_FOLLOWED = _search.where(_followed)


async def find(tx: ReadTx, account_id: int) -> AccountRow | None:
    return to_row_or_none(AccountRow, await tx.one(FIND, id=account_id))


async def load_by_ids(tx: ReadTx, ids: Sequence[int]) -> list[AccountRow]:
    return to_rows(AccountRow, await tx.all(LOAD_BY_IDS, ids=list(ids)))


async def find_by_uri(tx: ReadTx, uri: str) -> AccountRow | None:
    return to_row_or_none(AccountRow, await tx.one(FIND_BY_URI, uri=uri))


async def list_by_address(tx: ReadTx, uri: str, username_lower: str, domain: str) -> list[AccountRow]:
    """Return the account with a URI and the one with a handle, also deleted ones: none, one or two."""
    records = await tx.all(LIST_BY_ADDRESS, uri=uri, username=username_lower, domain=domain)
    return to_rows(AccountRow, records)


async def load_by_uris(tx: ReadTx, uris: Sequence[str]) -> list[AccountRow]:
    return to_rows(AccountRow, await tx.all(LOAD_BY_URIS, uris=list(uris)))


async def find_by_handle(tx: ReadTx, username: str, domain: str) -> AccountRow | None:
    """Return an account by its handle, in whatever spelling; `domain` is '' for an account of this node."""
    pair = normalize_pair(username, domain)
    if pair is None:
        return None
    return to_row_or_none(AccountRow, await tx.one(FIND_BY_HANDLE, username=pair[0], domain=pair[1]))


async def find_local_uri(tx: ReadTx) -> str | None:
    """Return the uri of any account of this node, None if there is none."""
    uri: str | None = await tx.value(FIND_LOCAL_URI)
    return uri


async def find_stamp(tx: ReadTx, account_id: int) -> tuple[int, int] | None:
    """Return id and version of an account."""
    row = await tx.one(FIND_STAMP, id=account_id)
    return None if row is None else (row[0], row[1])


async def find_stamp_by_handle(tx: ReadTx, username: str, domain: str) -> tuple[int, int] | None:
    """Return id and version of an account by its handle, in whatever spelling."""
    pair = normalize_pair(username, domain)
    if pair is None:
        return None
    row = await tx.one(FIND_STAMP_BY_HANDLE, username=pair[0], domain=pair[1])
    return None if row is None else (row[0], row[1])


async def load_by_handles(tx: ReadTx, usernames: Sequence[str], domains: Sequence[str]) -> list[AccountRow]:
    """Return accounts with any of the names on any of the domains: a superset of the pairs asked for."""
    return to_rows(
        AccountRow, await tx.all(LOAD_BY_HANDLES, usernames=list(usernames), domains=list(domains))
    )


async def load_with_roles(tx: ReadTx, ids: Sequence[int]) -> list[tuple[AccountRow, str | None]]:
    """Return accounts, each with the role of the member whose main account it is."""
    rows = await tx.all(LOAD_WITH_ROLES, ids=list(ids))
    return [(AccountRow(*tuple(record)[:-1]), record[-1]) for record in rows]


async def touch(tx: Tx, account_id: int) -> None:
    """Raise the version of an account after a change of something shown with it."""
    await tx.run(TOUCH, b_id=account_id)


async def touch_profile(tx: Tx, account_id: int) -> None:
    """Raise the version and update time of an account after a change of something peers fetch with it."""
    await tx.run(TOUCH_PROFILE, b_id=account_id, b_now=tx.now)


async def mark_featured_fetched(tx: Tx, account_id: int, until: int) -> bool:
    """Mark the featured posts of an account as fetched now; False if they were after `until` (ms UTC)."""
    return bool(await tx.run(MARK_FEATURED_FETCHED, b_id=account_id, b_until=until, b_now=tx.now))


async def set_fields(tx: Tx, account_id: int, fields: str) -> None:
    """Write the profile fields (JSON) of any account."""
    await tx.run(SET_FIELDS, b_id=account_id, b_fields=fields)


def encode_hosts(hosts: Sequence[str]) -> str:
    """Return hosts as `other_hosts` stores them, in blanks, so that a statement finds a whole one."""
    return "".join(f" {host}" for host in hosts) + " " if hosts else ""


async def insert(tx: Tx, row: AccountRow, name_folded: str, *, other_hosts: str = "") -> bool:
    """Add an account; return False if its URI or handle is taken. `name_folded` is its name for search."""
    values = {name: getattr(row, name) for name in row.__struct_fields__}
    values |= {"username_lower": row.username.lower(), "name_folded": name_folded, "other_hosts": other_hosts}
    return bool(await tx.run(INSERT, **values))


async def update_local(tx: Tx, account_id: int, values: Mapping[str, Any]) -> bool:
    """Write LOCAL_COLUMNS of a local account."""
    return bool(await tx.run(UPDATE_LOCAL, b_id=account_id, **values))


async def update_remote(tx: Tx, account_id: int, values: Mapping[str, Any]) -> bool:
    """Write REMOTE_COLUMNS of a remote account."""
    return bool(await tx.run(UPDATE_REMOTE, b_id=account_id, **values))


async def release_handle(tx: Tx, username_lower: str, domain: str, uri: str) -> None:
    """Take the handle from any other remote account that has it."""
    await tx.run(RELEASE_HANDLE, b_username=username_lower, b_domain=domain, b_uri=uri)


async def add_hosts(tx: Tx, account_id: int, hosts: Sequence[str]) -> None:
    """Add hosts to those that a remote account is on besides its domain."""
    await tx.run(ADD_HOSTS, b_id=account_id, b_hosts=encode_hosts(hosts))


async def set_counts(tx: Tx, account_id: int, *, followers: int, following: int, posts: int) -> None:
    await tx.run(SET_COUNTS, b_id=account_id, followers=followers, following=following, posts=posts)


async def adjust_follow_counts(tx: Tx, follower_id: int, target_id: int, change: int) -> None:
    """Add `change` (+1 or -1) to the counts of follower and followed account."""
    await tx.run(ADJUST_FOLLOWING, b_id=follower_id, change=change)
    await tx.run(ADJUST_FOLLOWERS, b_id=target_id, change=change)


async def adjust_post_count(tx: Tx, account_id: int, change: int, at: int) -> None:
    """Add `change` (+1 or -1) to the number of posts; `at` is when a post was published (ms UTC)."""
    await tx.run(ADJUST_POSTS, b_id=account_id, change=change, at=at)


async def set_moved(tx: Tx, account_id: int, moved_to_id: int | None, at: int | None) -> None:
    """Write where an account moved to (None: nowhere), and when it last moved (ms UTC)."""
    await tx.run(SET_MOVED, b_id=account_id, b_moved_to_id=moved_to_id, b_at=at, b_now=tx.now)


async def set_identity_proofs(tx: Tx, account_id: int, proofs: str) -> None:
    """Write the linked keys of an account (JSON)."""
    await tx.run(SET_IDENTITY_PROOFS, b_id=account_id, b_proofs=proofs, b_now=tx.now)


async def set_limits(tx: Tx, account_id: int, *, suspended_at: int | None, silenced_at: int | None) -> None:
    await tx.run(SET_LIMITS, b_id=account_id, suspended_at=suspended_at, silenced_at=silenced_at)


async def set_limit(tx: Tx, account_id: int, name: str, at: int | None) -> None:
    """Set `sensitized_at`, `silenced_at` or `suspended_at` (ms UTC), or clear it (None)."""
    await tx.run(SET_LIMIT[name], b_id=account_id, b_at=at)


async def set_deleted(tx: Tx, account_id: int, at: int) -> bool:
    """Mark a local account as deleted and clear its profile; its handle stays taken."""
    return bool(await tx.run(SET_DELETED, b_id=account_id, at=at))


async def set_remote_deleted(tx: Tx, account_id: int, at: int) -> None:
    """Mark a remote account as deleted and clear its profile; its addresses and limits stay."""
    await tx.run(SET_REMOTE_DELETED, b_id=account_id, at=at)


async def delete_remote(tx: Tx, account_id: int) -> bool:
    """Delete a remote account and everything that it owns."""
    return bool(await tx.run(DELETE_REMOTE, id=account_id))


async def search(tx: ReadTx, *, only_followed: bool, **params: Any) -> list[int]:
    """Return ids; `params` are pattern, exact, domain, exact_domain, viewer_id, limit, offset."""
    return await tx.values(SEARCH_FOLLOWED if only_followed else SEARCH, **params)


async def list_ids_on_domain(tx: ReadTx, ids: Sequence[int], domain: str) -> list[int]:
    """Return which of these accounts are on a domain, by any host."""
    return await tx.values(LIST_IDS_ON_DOMAIN, ids=list(ids), **bind_domain(domain))


async def list_by_inbox(tx: ReadTx, host: str, inbox_uri: str) -> list[AccountRow]:
    """Return accounts whose actors are on `host` and have this inbox of their own, at most a few."""
    rows = await tx.all(LIST_BY_INBOX, host=host, inbox_uri=inbox_uri)
    # A handle on another host than the actor is rare, and costs more to look for.
    rows = rows or await tx.all(LIST_BY_INBOX_ON_OTHER_HOST, within=f"% {host} %", inbox_uri=inbox_uri)
    return to_rows(AccountRow, rows)


async def list_inboxes(tx: ReadTx) -> list[str]:
    """Return the inboxes of all nodes with known accounts, each once."""
    return await tx.values(LIST_INBOXES)
