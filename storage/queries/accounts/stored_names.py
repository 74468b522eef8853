"""The names of remote accounts as they are stored, read and corrected in batches."""

from __future__ import annotations

from msgspec import structs
from sqlalchemy import Text, bindparam, literal, select, update

from storage.engine import ReadTx, Tx
from storage.rows.accounts import AccountRow
from storage.statements import columns_of, to_rows
from storage.tables.accounts import accounts
from storage.tables.posts import mentions, posts

HAS_REMOTE = select(literal(1)).where(accounts.c.domain != "").limit(1)
LIST_REMOTE = (
    select(*columns_of(accounts, AccountRow))
    .where(accounts.c.id > bindparam("after_id"), accounts.c.domain != "", accounts.c.deleted_at.is_(None))
    .order_by(accounts.c.id)
    .limit(bindparam("limit"))
)
NAMES = ("username", "domain", "display_name", "name_folded", "fields")
UPDATE_NAMES = (
    update(accounts)
    .where(accounts.c.id == bindparam("b_id"), accounts.c.domain != "")
    .values({name: bindparam(f"b_{name}") for name in NAMES})
)
# One that lost its handle to another account keeps the form that it has since.
UPDATE_HANDLE = (
    update(accounts)
    .where(
        accounts.c.id == bindparam("b_id"), ~accounts.c.username_lower.like("%:" + accounts.c.id.cast(Text))
    )
    .values(username_lower=bindparam("b_username_lower"))
)
IS_HANDLE_TAKEN = select(literal(1)).where(
    accounts.c.username_lower == bindparam("username_lower"),
    accounts.c.domain == bindparam("domain"),
    accounts.c.id != bindparam("id"),
)
LIST_MENTIONS = (
    select(posts.c.id, posts.c.mentions)
    .select_from(mentions.join(posts, posts.c.id == mentions.c.post_id))
    .where(mentions.c.account_id == bindparam("account_id"))
    .order_by(posts.c.id)
)
UPDATE_MENTIONS = (
    update(posts).where(posts.c.id == bindparam("b_id")).values(mentions=bindparam("b_mentions"))
)


async def has_remote(tx: ReadTx) -> bool:
    """Return True if there is an account of a peer."""
    return await tx.value(HAS_REMOTE) is not None


async def list_remote(tx: ReadTx, after_id: int, limit: int) -> list[AccountRow]:
    """Return the next accounts of peers that are not deleted, oldest first."""
    return to_rows(AccountRow, await tx.all(LIST_REMOTE, after_id=after_id, limit=limit))


async def is_handle_taken(tx: ReadTx, row: AccountRow) -> bool:
    """Return True if another account has the handle."""
    names = {"username_lower": row.username.lower(), "domain": row.domain}
    return await tx.value(IS_HANDLE_TAKEN, id=row.id, **names) is not None


async def update_names(tx: Tx, row: AccountRow, name_folded: str) -> None:
    """Write the names and fields of a remote account; `name_folded` is the form that search compares."""
    values = {**structs.asdict(row), "name_folded": name_folded}
    await tx.run(UPDATE_NAMES, b_id=row.id, **{f"b_{name}": values[name] for name in NAMES})
    await tx.run(UPDATE_HANDLE, b_id=row.id, b_username_lower=row.username.lower())


async def load_mentions(tx: ReadTx, account_id: int) -> dict[int, str]:
    """Return what posts store about those whom they mention, as JSON, of posts that mention an account."""
    return {int(row[0]): str(row[1]) for row in await tx.all(LIST_MENTIONS, account_id=account_id)}


async def update_mentions(tx: Tx, mentions_by_post: dict[int, str]) -> None:
    """Write whom posts mention, as JSON; their versions grow."""
    await tx.run_many(
        UPDATE_MENTIONS, [{"b_id": post_id, "b_mentions": text} for post_id, text in mentions_by_post.items()]
    )
