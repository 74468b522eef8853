"""Subscriptions by e-mail to the public posts of an account."""

from __future__ import annotations

from msgspec import structs
from sqlalchemy import bindparam, delete, select, update

from storage.engine import ReadTx, Tx
from storage.rows.notifications import EmailSubscriptionRow
from storage.rows.posts import PostRow
from storage.statements import columns_of, to_row_or_none, to_rows, upsert
from storage.tables.accounts import accounts
from storage.tables.notifications import email_subscriptions
from storage.tables.posts import posts

COLUMNS = columns_of(email_subscriptions, EmailSubscriptionRow)
_matches_account = email_subscriptions.c.account_id == bindparam("account_id")
_is_confirmed = email_subscriptions.c.confirmed_at.is_not(None)
_matches_token = email_subscriptions.c.token == bindparam("token")
INSERT = upsert(email_subscriptions).on_conflict_do_nothing()
FIND_BY_EMAIL = select(*COLUMNS).where(_matches_account, email_subscriptions.c.email == bindparam("email"))
FIND = select(*COLUMNS).where(email_subscriptions.c.id == bindparam("id"))
FIND_BY_TOKEN = select(*COLUMNS).where(_matches_token)
MARK_CONFIRMED = (
    update(email_subscriptions)
    .where(email_subscriptions.c.id == bindparam("b_id"))
    .values(confirmed_at=bindparam("b_now"))
)
DELETE = delete(email_subscriptions).where(email_subscriptions.c.id == bindparam("id"))
DELETE_BY_TOKEN = delete(email_subscriptions).where(_matches_token)
PURGE_UNCONFIRMED = delete(email_subscriptions).where(
    email_subscriptions.c.confirmed_at.is_(None), email_subscriptions.c.created_at <= bindparam("until")
)
HAS_SUBSCRIBERS = (
    select(email_subscriptions.c.id)
    .join(accounts, accounts.c.id == email_subscriptions.c.account_id)
    .where(_matches_account, _is_confirmed, accounts.c.mails_posts)
    .limit(1)
)
LIST_CONFIRMED_IDS = (
    select(email_subscriptions.c.id)
    .where(_matches_account, _is_confirmed, email_subscriptions.c.id > bindparam("after_id"))
    .order_by(email_subscriptions.c.id)
    .limit(bindparam("limit"))
)
LIST_POSTS = (
    select(*columns_of(posts, PostRow))
    .where(
        posts.c.account_id == bindparam("account_id"),
        posts.c.id >= bindparam("since_id"),
        posts.c.id < bindparam("until_id"),
        posts.c.visibility == "public",
        posts.c.state == "published",
        posts.c.boost_of_id.is_(None),
        posts.c.in_reply_to_uri.is_(None),
    )
    .order_by(posts.c.id)
    .limit(bindparam("limit"))
)


async def insert(tx: Tx, row: EmailSubscriptionRow) -> bool:
    """Add a subscription; return False if the address is subscribed already."""
    return bool(await tx.run(INSERT, **structs.asdict(row)))


async def find_by_email(tx: ReadTx, account_id: int, email: str) -> EmailSubscriptionRow | None:
    return to_row_or_none(
        EmailSubscriptionRow, await tx.one(FIND_BY_EMAIL, account_id=account_id, email=email)
    )


async def find(tx: ReadTx, subscription_id: int) -> EmailSubscriptionRow | None:
    return to_row_or_none(EmailSubscriptionRow, await tx.one(FIND, id=subscription_id))


async def find_by_token(tx: ReadTx, token: str) -> EmailSubscriptionRow | None:
    return to_row_or_none(EmailSubscriptionRow, await tx.one(FIND_BY_TOKEN, token=token))


async def mark_confirmed(tx: Tx, subscription_id: int) -> None:
    await tx.run(MARK_CONFIRMED, b_id=subscription_id, b_now=tx.now)


async def delete_by_id(tx: Tx, subscription_id: int) -> None:
    await tx.run(DELETE, id=subscription_id)


async def delete_by_token(tx: Tx, token: str) -> None:
    await tx.run(DELETE_BY_TOKEN, token=token)


async def purge_unconfirmed(tx: Tx, until: int) -> None:
    """Delete subscriptions not confirmed since a time (ms UTC)."""
    await tx.run(PURGE_UNCONFIRMED, until=until)


async def has_subscribers(tx: ReadTx, account_id: int) -> bool:
    """Return True if the account sends its posts by mail and has a confirmed subscriber."""
    return await tx.value(HAS_SUBSCRIBERS, account_id=account_id) is not None


async def list_confirmed_ids(tx: ReadTx, account_id: int, after_id: int, limit: int) -> list[int]:
    """Return ids of confirmed subscriptions above an id."""
    return await tx.values(LIST_CONFIRMED_IDS, account_id=account_id, after_id=after_id, limit=limit)


async def list_posts(tx: ReadTx, account_id: int, since_id: int, until_id: int, limit: int) -> list[PostRow]:
    """Return the posts to send: public ones that are not replies, above one id and up to another."""
    rows = await tx.all(LIST_POSTS, account_id=account_id, since_id=since_id, until_id=until_id, limit=limit)
    return to_rows(PostRow, rows)
