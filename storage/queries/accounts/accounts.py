"""Accounts: find, add, change, count, search, remove."""

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

from storage.engine import Tx
from storage.rows.accounts import AccountRow
from storage.statements import columns_of, one_of, row_or_none, rows, upsert
from storage.tables.accounts import accounts
from storage.tables.auth import member_accounts, members
from storage.tables.relationships import blocks, follows

COLUMNS = columns_of(accounts, AccountRow)
BY_ID = select(*COLUMNS).where(accounts.c.id == bindparam("id"))
BY_IDS = select(*COLUMNS).where(one_of(accounts.c.id, "ids"))
BY_URI = select(*COLUMNS).where(accounts.c.uri == bindparam("uri"))
BY_URIS = select(*COLUMNS).where(one_of(accounts.c.uri, "uris"))
BY_HANDLE = select(*COLUMNS).where(
    accounts.c.username_lower == bindparam("username"), accounts.c.domain == bindparam("domain")
)
STAMP = select(accounts.c.id, accounts.c.version).where(accounts.c.id == bindparam("id"))
STAMP_BY_HANDLE = select(accounts.c.id, accounts.c.version).where(
    accounts.c.username_lower == bindparam("username"), accounts.c.domain == bindparam("domain")
)
BY_HANDLES = select(*COLUMNS).where(
    one_of(accounts.c.username_lower, "usernames"), one_of(accounts.c.domain, "domains")
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
WITH_ROLES = select(*COLUMNS, _role).where(one_of(accounts.c.id, "ids"))

TOUCH = update(accounts).where(accounts.c.id == bindparam("b_id")).values(version=accounts.c.version + 1)
TOUCH_PROFILE = (
    update(accounts).where(accounts.c.id == bindparam("b_id")).values(updated_at=bindparam("b_now"))
)
SET_FEATURED = (
    update(accounts)
    .where(
        accounts.c.id == bindparam("b_id"),
        func.coalesce(accounts.c.featured_at, 0) <= bindparam("b_until"),
    )
    .values(featured_at=bindparam("b_now"))
)
SET_FIELDS = update(accounts).where(accounts.c.id == bindparam("b_id")).values(fields=bindparam("b_fields"))
ADD = upsert(accounts).on_conflict_do_nothing()
CHANGEABLE = (
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
CHANGE = (
    update(accounts)
    .where(accounts.c.id == bindparam("b_id"), accounts.c.domain == "", accounts.c.deleted_at.is_(None))
    .values({name: bindparam(name) for name in CHANGEABLE})
)
LEARNABLE = (
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
)
LEARN = (
    update(accounts)
    .where(accounts.c.id == bindparam("b_id"), accounts.c.domain != "")
    .values({name: bindparam(name) for name in LEARNABLE})
)
# Another account of that host bore the name before: it keeps its URI and loses the handle.
RENAME_OTHERS = (
    update(accounts)
    .where(
        accounts.c.username_lower == bindparam("b_username"),
        accounts.c.domain == bindparam("b_domain"),
        accounts.c.domain != "",
        accounts.c.uri != bindparam("b_uri"),
    )
    .values(username_lower=accounts.c.username_lower + ":" + accounts.c.id.cast(Text))
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


def _counted(name: str) -> Any:
    column = accounts.c[name]
    changed = column + bindparam("change", type_=Integer())
    return case((changed > 0, changed), else_=0)


COUNT_FOLLOWERS = (
    update(accounts)
    .where(accounts.c.id == bindparam("b_id"))
    .values(followers_count=_counted("followers_count"))
)
COUNT_FOLLOWING = (
    update(accounts)
    .where(accounts.c.id == bindparam("b_id"))
    .values(following_count=_counted("following_count"))
)
COUNT_POSTS = (
    update(accounts)
    .where(accounts.c.id == bindparam("b_id"))
    .values(
        posts_count=_counted("posts_count"),
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
SET_SUSPENDED = (
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
INBOXES = (
    select(func.coalesce(func.nullif(accounts.c.shared_inbox_uri, ""), accounts.c.inbox_uri))
    .where(accounts.c.domain != "", accounts.c.deleted_at.is_(None))
    .distinct()
)
REMOVE = delete(accounts).where(accounts.c.id == bindparam("id"), accounts.c.domain != "")

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
_seen = and_(
    accounts.c.suspended_at.is_(None), accounts.c.deleted_at.is_(None), accounts.c.kind != "Application"
)
_like, _folded = bindparam("pattern", type_=Text()), bindparam("folded", type_=Text())
# Whoever names somebody in full finds them, also to unblock them.
_exact = and_(accounts.c.username_lower == bindparam("exact"), accounts.c.domain == bindparam("exact_domain"))
_found = (
    select(accounts.c.id)
    .where(
        _seen,
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
SEARCH = _found
SEARCH_FOLLOWED = _found.where(_followed)
LOCAL_COUNT = select(func.count()).where(_seen, accounts.c.domain == "")


async def by_id(tx: Tx, account_id: int) -> AccountRow | None:
    return row_or_none(AccountRow, await tx.one(BY_ID, id=account_id))


async def by_ids(tx: Tx, ids: Sequence[int]) -> list[AccountRow]:
    return rows(AccountRow, await tx.all(BY_IDS, ids=list(ids)))


async def by_uri(tx: Tx, uri: str) -> AccountRow | None:
    return row_or_none(AccountRow, await tx.one(BY_URI, uri=uri))


async def by_uris(tx: Tx, uris: Sequence[str]) -> list[AccountRow]:
    return rows(AccountRow, await tx.all(BY_URIS, uris=list(uris)))


async def by_handle(tx: Tx, username_lower: str, domain: str) -> AccountRow | None:
    return row_or_none(AccountRow, await tx.one(BY_HANDLE, username=username_lower, domain=domain))


async def stamp(tx: Tx, account_id: int) -> tuple[int, int] | None:
    """The id and version of an account."""
    found = await tx.one(STAMP, id=account_id)
    return None if found is None else (found[0], found[1])


async def stamp_by_handle(tx: Tx, username_lower: str, domain: str) -> tuple[int, int] | None:
    """The id and version of an account."""
    found = await tx.one(STAMP_BY_HANDLE, username=username_lower, domain=domain)
    return None if found is None else (found[0], found[1])


async def by_handles(tx: Tx, usernames: Sequence[str], domains: Sequence[str]) -> list[AccountRow]:
    """Every account with one of the names on one of the domains: more than the pairs asked for."""
    return rows(AccountRow, await tx.all(BY_HANDLES, usernames=list(usernames), domains=list(domains)))


async def with_roles(tx: Tx, ids: Sequence[int]) -> list[tuple[AccountRow, str | None]]:
    """Accounts, each with the role of the member whose main account it is."""
    found = await tx.all(WITH_ROLES, ids=list(ids))
    return [(AccountRow(*tuple(record)[:-1]), record[-1]) for record in found]


async def touch(tx: Tx, account_id: int) -> None:
    """Something that is shown with the account changed elsewhere."""
    await tx.run(TOUCH, b_id=account_id)


async def touch_profile(tx: Tx, account_id: int) -> None:
    """Something that peers read with the actor changed elsewhere, now."""
    await tx.run(TOUCH_PROFILE, b_id=account_id, b_now=tx.now)


async def set_featured(tx: Tx, account_id: int, until: int) -> bool:
    """What an account features is read now; False if that was done after `until` (ms UTC)."""
    return bool(await tx.run(SET_FEATURED, b_id=account_id, b_until=until, b_now=tx.now))


async def set_fields(tx: Tx, account_id: int, fields: str) -> None:
    """Write the JSON of the fields of a profile, whoever's it is."""
    await tx.run(SET_FIELDS, b_id=account_id, b_fields=fields)


async def add(tx: Tx, row: AccountRow, name_folded: str) -> bool:
    """Add an account, with its name as search compares it; False if its URI or its handle is taken."""
    values = {name: getattr(row, name) for name in row.__struct_fields__}
    return bool(await tx.run(ADD, username_lower=row.username.lower(), name_folded=name_folded, **values))


async def change(tx: Tx, account_id: int, values: Mapping[str, Any]) -> bool:
    """Write the CHANGEABLE columns of an account of ours."""
    return bool(await tx.run(CHANGE, b_id=account_id, **values))


async def learn(tx: Tx, account_id: int, values: Mapping[str, Any]) -> bool:
    """Write the LEARNABLE columns of a remote account."""
    return bool(await tx.run(LEARN, b_id=account_id, **values))


async def rename_others(tx: Tx, username_lower: str, domain: str, uri: str) -> None:
    """Take the handle from any other remote account that has it."""
    await tx.run(RENAME_OTHERS, b_username=username_lower, b_domain=domain, b_uri=uri)


async def set_counts(tx: Tx, account_id: int, *, followers: int, following: int, posts: int) -> None:
    await tx.run(SET_COUNTS, b_id=account_id, followers=followers, following=following, posts=posts)


async def count_follow(tx: Tx, follower_id: int, target_id: int, change: int) -> None:
    """A follow began (+1) or ended (-1)."""
    await tx.run(COUNT_FOLLOWING, b_id=follower_id, change=change)
    await tx.run(COUNT_FOLLOWERS, b_id=target_id, change=change)


async def count_post(tx: Tx, account_id: int, change: int, at: int) -> None:
    """A post was published (+1) at `at`, or deleted (-1)."""
    await tx.run(COUNT_POSTS, b_id=account_id, change=change, at=at)


async def set_moved(tx: Tx, account_id: int, moved_to_id: int | None, at: int | None) -> None:
    """Where an account moved to, None if it is here again; and when (ms UTC) it last moved."""
    await tx.run(SET_MOVED, b_id=account_id, b_moved_to_id=moved_to_id, b_at=at, b_now=tx.now)


async def set_identity_proofs(tx: Tx, account_id: int, proofs: str) -> None:
    """The keys that are linked to an account, JSON."""
    await tx.run(SET_IDENTITY_PROOFS, b_id=account_id, b_proofs=proofs, b_now=tx.now)


async def set_limits(tx: Tx, account_id: int, *, suspended_at: int | None, silenced_at: int | None) -> None:
    await tx.run(SET_SUSPENDED, b_id=account_id, suspended_at=suspended_at, silenced_at=silenced_at)


async def set_limit(tx: Tx, account_id: int, name: str, at: int | None) -> None:
    """Since when an account is `sensitized_at`, `silenced_at` or `suspended_at`; None: it is not."""
    await tx.run(SET_LIMIT[name], b_id=account_id, b_at=at)


async def set_deleted(tx: Tx, account_id: int, at: int) -> bool:
    """Mark an account of ours as deleted and forget its profile; the handle stays taken."""
    return bool(await tx.run(SET_DELETED, b_id=account_id, at=at))


async def remove(tx: Tx, account_id: int) -> bool:
    """Remove a remote account and everything that it owns."""
    return bool(await tx.run(REMOVE, id=account_id))


async def search(tx: Tx, *, followed: bool, **params: Any) -> list[int]:
    """Ids; `params` are pattern, exact, domain, exact_domain, viewer_id, limit, offset."""
    return await tx.values(SEARCH_FOLLOWED if followed else SEARCH, **params)


async def inboxes(tx: Tx) -> list[str]:
    """The inboxes of every node that we know an account of, each once."""
    return await tx.values(INBOXES)


async def local_count(tx: Tx) -> int:
    return int(await tx.value(LOCAL_COUNT))
