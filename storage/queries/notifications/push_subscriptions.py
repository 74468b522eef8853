"""Web push: subscriptions, one a token, and the node's own pair of keys."""

from __future__ import annotations

from msgspec import structs
from sqlalchemy import Text, and_, bindparam, delete, exists, literal, or_, select, update

from storage.engine import Tx
from storage.rows.notifications import PushKeyRow, PushSubscriptionRow
from storage.statements import columns_of, row_or_none, upsert
from storage.tables.accounts import accounts
from storage.tables.auth import members, tokens
from storage.tables.notifications import push_keys, push_subscriptions
from storage.tables.relationships import follows

COLUMNS = columns_of(push_subscriptions, PushSubscriptionRow)
MOST = 100  # of an account: whoever has more lost count of old devices
ADD = upsert(push_subscriptions)
OF_TOKEN = select(*COLUMNS).where(push_subscriptions.c.token_id == bindparam("token_id"))
IN_FORCE = (
    select(*COLUMNS, members.c.locale)
    .join(tokens, tokens.c.id == push_subscriptions.c.token_id)
    .join(members, members.c.id == tokens.c.member_id)
    .join(accounts, accounts.c.id == push_subscriptions.c.account_id)
    .where(
        push_subscriptions.c.id == bindparam("id"),
        tokens.c.revoked_at.is_(None),
        members.c.disabled_at.is_(None),
        accounts.c.suspended_at.is_(None),
        accounts.c.deleted_at.is_(None),
    )
)
_mine = push_subscriptions.c.account_id
# Those that ask for this kind of notification by somebody like its sender, the newest first.
WANTING = (
    select(push_subscriptions.c.id)
    .where(
        _mine == bindparam("account_id"),
        push_subscriptions.c.alerts.like(literal('%"') + bindparam("kind", type_=Text()) + literal('"%')),
        or_(
            push_subscriptions.c.policy == "all",
            and_(
                push_subscriptions.c.policy == "followed",
                exists(
                    select(literal(1)).where(
                        follows.c.account_id == _mine, follows.c.target_id == bindparam("from_id")
                    )
                ),
            ),
            and_(
                push_subscriptions.c.policy == "follower",
                exists(
                    select(literal(1)).where(
                        follows.c.account_id == bindparam("from_id"), follows.c.target_id == _mine
                    )
                ),
            ),
        ),
    )
    .order_by(push_subscriptions.c.id.desc())
    .limit(MOST)
)
CHANGE = (
    update(push_subscriptions)
    .where(push_subscriptions.c.id == bindparam("b_id"))
    .values(alerts=bindparam("b_alerts"), policy=bindparam("b_policy"))
)
REMOVE = delete(push_subscriptions).where(push_subscriptions.c.id == bindparam("id"))
REMOVE_OF_TOKEN = delete(push_subscriptions).where(push_subscriptions.c.token_id == bindparam("token_id"))
KEY = select(*columns_of(push_keys, PushKeyRow))
ADD_KEY = upsert(push_keys).on_conflict_do_nothing()


async def add(tx: Tx, row: PushSubscriptionRow) -> None:
    """Add one, in the place of that which its token had."""
    await remove_of_token(tx, row.token_id)
    await tx.run(ADD, **structs.asdict(row))


async def of_token(tx: Tx, token_id: int) -> PushSubscriptionRow | None:
    return row_or_none(PushSubscriptionRow, await tx.one(OF_TOKEN, token_id=token_id))


async def in_force(tx: Tx, subscription_id: int) -> tuple[PushSubscriptionRow, str] | None:
    """One whose token still opens something for a member who is let in, with that member's language."""
    found = await tx.one(IN_FORCE, id=subscription_id)
    if found is None:
        return None
    *record, locale = found
    return PushSubscriptionRow(*record), locale


async def wanting(tx: Tx, account_id: int, kind: str, from_id: int) -> list[int]:
    """The account's subscriptions to be told of a notification of this kind from somebody."""
    return await tx.values(WANTING, account_id=account_id, kind=kind, from_id=from_id)


async def change(tx: Tx, subscription_id: int, alerts: str, policy: str) -> None:
    await tx.run(CHANGE, b_id=subscription_id, b_alerts=alerts, b_policy=policy)


async def remove(tx: Tx, subscription_id: int) -> None:
    await tx.run(REMOVE, id=subscription_id)


async def remove_of_token(tx: Tx, token_id: int) -> None:
    await tx.run(REMOVE_OF_TOKEN, token_id=token_id)


async def key(tx: Tx) -> PushKeyRow | None:
    """The node's pair; None before its first start."""
    return row_or_none(PushKeyRow, await tx.one(KEY))


async def add_key(tx: Tx, private: str, public: str) -> None:
    """Keep the pair, unless there is one."""
    await tx.run(ADD_KEY, id=1, private=private, public=public, created_at=tx.now)
