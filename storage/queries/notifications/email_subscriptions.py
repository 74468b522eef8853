"""Who gets the public posts of an account by mail, and which posts these are."""

from __future__ import annotations

from msgspec import structs
from sqlalchemy import bindparam, delete, select, update

from storage.engine import Tx
from storage.rows.notifications import EmailSubscriptionRow
from storage.rows.posts import PostRow
from storage.statements import columns_of, row_or_none, rows, upsert
from storage.tables.accounts import accounts
from storage.tables.notifications import email_subscriptions
from storage.tables.posts import posts

COLUMNS = columns_of(email_subscriptions, EmailSubscriptionRow)
_of_account = email_subscriptions.c.account_id == bindparam("account_id")
_confirmed = email_subscriptions.c.confirmed_at.is_not(None)
_by_token = email_subscriptions.c.token == bindparam("token")
ADD = upsert(email_subscriptions).on_conflict_do_nothing()
OF_EMAIL = select(*COLUMNS).where(_of_account, email_subscriptions.c.email == bindparam("email"))
BY_ID = select(*COLUMNS).where(email_subscriptions.c.id == bindparam("id"))
BY_TOKEN = select(*COLUMNS).where(_by_token)
CONFIRM = (
    update(email_subscriptions)
    .where(email_subscriptions.c.id == bindparam("b_id"))
    .values(confirmed_at=bindparam("b_now"))
)
REMOVE = delete(email_subscriptions).where(email_subscriptions.c.id == bindparam("id"))
REMOVE_BY_TOKEN = delete(email_subscriptions).where(_by_token)
DROP_UNCONFIRMED = delete(email_subscriptions).where(
    email_subscriptions.c.confirmed_at.is_(None), email_subscriptions.c.created_at <= bindparam("until")
)
WANTED = (
    select(email_subscriptions.c.id)
    .join(accounts, accounts.c.id == email_subscriptions.c.account_id)
    .where(_of_account, _confirmed, accounts.c.mails_posts)
    .limit(1)
)
CONFIRMED = (
    select(email_subscriptions.c.id)
    .where(_of_account, _confirmed, email_subscriptions.c.id > bindparam("after_id"))
    .order_by(email_subscriptions.c.id)
    .limit(bindparam("limit"))
)
POSTS = (
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


async def add(tx: Tx, row: EmailSubscriptionRow) -> bool:
    """False if the address is there already."""
    return bool(await tx.run(ADD, **structs.asdict(row)))


async def of_email(tx: Tx, account_id: int, email: str) -> EmailSubscriptionRow | None:
    return row_or_none(EmailSubscriptionRow, await tx.one(OF_EMAIL, account_id=account_id, email=email))


async def by_id(tx: Tx, subscription_id: int) -> EmailSubscriptionRow | None:
    return row_or_none(EmailSubscriptionRow, await tx.one(BY_ID, id=subscription_id))


async def by_token(tx: Tx, token: str) -> EmailSubscriptionRow | None:
    return row_or_none(EmailSubscriptionRow, await tx.one(BY_TOKEN, token=token))


async def confirm(tx: Tx, subscription_id: int) -> None:
    await tx.run(CONFIRM, b_id=subscription_id, b_now=tx.now)


async def remove(tx: Tx, subscription_id: int) -> None:
    await tx.run(REMOVE, id=subscription_id)


async def remove_by_token(tx: Tx, token: str) -> None:
    await tx.run(REMOVE_BY_TOKEN, token=token)


async def drop_unconfirmed(tx: Tx, until: int) -> None:
    """Forget who asked before a moment (ms UTC) and did not confirm."""
    await tx.run(DROP_UNCONFIRMED, until=until)


async def is_wanted(tx: Tx, account_id: int) -> bool:
    """True if an account sends its posts by mail, and somebody wants them."""
    return await tx.value(WANTED, account_id=account_id) is not None


async def confirmed(tx: Tx, account_id: int, after_id: int, limit: int) -> list[int]:
    """Ids of confirmed subscriptions after an id."""
    return await tx.values(CONFIRMED, account_id=account_id, after_id=after_id, limit=limit)


async def posts_between(tx: Tx, account_id: int, since_id: int, until_id: int, limit: int) -> list[PostRow]:
    """What is sent by mail: public posts that answer nobody, from an id up to another."""
    found = await tx.all(POSTS, account_id=account_id, since_id=since_id, until_id=until_id, limit=limit)
    return rows(PostRow, found)
