"""Web push subscriptions, one for each token or session of a browser, and the node's VAPID keys."""

from __future__ import annotations

from msgspec import structs
from sqlalchemy import Text, and_, bindparam, delete, exists, func, literal, or_, select, update

from storage.engine import ReadTx, Tx
from storage.errors import SealKeyError
from storage.rows.notifications import PushKeyRow, PushSubscriptionRow
from storage.sealing.contexts import describe_browser_push_secret, describe_push_key, describe_push_secret
from storage.statements import columns_of, to_row_or_none, upsert
from storage.tables.accounts import accounts
from storage.tables.auth import members, sessions, tokens
from storage.tables.notifications import push_keys, push_subscriptions
from storage.tables.relationships import follows

COLUMNS = columns_of(push_subscriptions, PushSubscriptionRow)
MAX_PER_ACCOUNT = 100  # of one account: more are left over from old devices
INSERT = upsert(push_subscriptions)
FIND_BY_TOKEN = select(*COLUMNS).where(push_subscriptions.c.token_id == bindparam("token_id"))
FIND_BY_SESSION = select(*COLUMNS).where(push_subscriptions.c.session_id == bindparam("session_id"))
FIND_ACTIVE = (
    select(*COLUMNS)
    .outerjoin(tokens, tokens.c.id == push_subscriptions.c.token_id)
    .outerjoin(sessions, sessions.c.id == push_subscriptions.c.session_id)
    .join(members, members.c.id == func.coalesce(tokens.c.member_id, sessions.c.member_id))
    .join(accounts, accounts.c.id == push_subscriptions.c.account_id)
    .where(
        push_subscriptions.c.id == bindparam("id"),
        tokens.c.revoked_at.is_(None),
        or_(push_subscriptions.c.session_id.is_(None), sessions.c.expires_at > bindparam("now")),
        members.c.disabled_at.is_(None),
        accounts.c.suspended_at.is_(None),
        accounts.c.deleted_at.is_(None),
    )
)
_account_id = push_subscriptions.c.account_id
# Subscriptions that want this kind of notification from this sender, newest first.
LIST_IDS_FOR_NOTIFICATION = (
    select(push_subscriptions.c.id)
    .where(
        _account_id == bindparam("account_id"),
        push_subscriptions.c.alerts.like(literal('%"') + bindparam("kind", type_=Text()) + literal('"%')),
        or_(
            push_subscriptions.c.policy == "all",
            and_(
                push_subscriptions.c.policy == "followed",
                exists(
                    select(literal(1)).where(
                        follows.c.account_id == _account_id, follows.c.target_id == bindparam("from_id")
                    )
                ),
            ),
            and_(
                push_subscriptions.c.policy == "follower",
                exists(
                    select(literal(1)).where(
                        follows.c.account_id == bindparam("from_id"), follows.c.target_id == _account_id
                    )
                ),
            ),
        ),
    )
    .order_by(push_subscriptions.c.id.desc())
    .limit(MAX_PER_ACCOUNT)
)
SET_ALERTS = (
    update(push_subscriptions)
    .where(push_subscriptions.c.id == bindparam("b_id"))
    .values(alerts=bindparam("b_alerts"), policy=bindparam("b_policy"))
)
DELETE = delete(push_subscriptions).where(push_subscriptions.c.id == bindparam("id"))
DELETE_BY_TOKEN = delete(push_subscriptions).where(push_subscriptions.c.token_id == bindparam("token_id"))
DELETE_BY_SESSION = delete(push_subscriptions).where(
    push_subscriptions.c.session_id == bindparam("session_id")
)
FIND_KEY = select(*columns_of(push_keys, PushKeyRow))
INSERT_KEY = upsert(push_keys).on_conflict_do_nothing()


def _describe_secret(row: PushSubscriptionRow) -> str:
    """Return the context in which the secret of a subscription is sealed."""
    if row.session_id is not None:
        return describe_browser_push_secret(row.session_id)
    return describe_push_secret(row.token_id or 0)


async def replace(tx: Tx, row: PushSubscriptionRow) -> None:
    """Save a subscription, replacing the former one of its token or session."""
    sealed = tx.seal(row.auth_secret, _describe_secret(row))
    if row.token_id is not None:
        await delete_by_token(tx, row.token_id)
    if row.session_id is not None:
        await delete_by_session(tx, row.session_id)
    await tx.run(INSERT, **structs.asdict(structs.replace(row, auth_secret=sealed)))


async def find_by_token(tx: ReadTx, token_id: int) -> PushSubscriptionRow | None:
    """Return the subscription of a token; its secret stays as it is stored."""
    return to_row_or_none(PushSubscriptionRow, await tx.one(FIND_BY_TOKEN, token_id=token_id))


async def find_by_session(tx: ReadTx, session_id: int) -> PushSubscriptionRow | None:
    """Return the subscription of a browser's session; its secret stays as it is stored."""
    return to_row_or_none(PushSubscriptionRow, await tx.one(FIND_BY_SESSION, session_id=session_id))


async def find_active(tx: ReadTx, subscription_id: int) -> PushSubscriptionRow | None:
    """Return a subscription whose token or session is valid and whose member may log in; None otherwise.

    Its secret is empty if it was sealed with another key, as is the token, which tells the caller.
    """
    row = to_row_or_none(PushSubscriptionRow, await tx.one(FIND_ACTIVE, id=subscription_id, now=tx.now))
    if row is None:
        return None
    try:
        secret = tx.unseal(row.auth_secret, _describe_secret(row))
    except SealKeyError:
        secret = ""
    return structs.replace(row, auth_secret=secret)


async def list_ids_for_notification(tx: ReadTx, account_id: int, kind: str, from_id: int) -> list[int]:
    """Return the account's subscriptions that want a notification of this kind from the sender."""
    return await tx.values(LIST_IDS_FOR_NOTIFICATION, account_id=account_id, kind=kind, from_id=from_id)


async def set_alerts(tx: Tx, subscription_id: int, alerts: str, policy: str) -> None:
    await tx.run(SET_ALERTS, b_id=subscription_id, b_alerts=alerts, b_policy=policy)


async def delete_by_id(tx: Tx, subscription_id: int) -> None:
    await tx.run(DELETE, id=subscription_id)


async def delete_by_token(tx: Tx, token_id: int) -> None:
    await tx.run(DELETE_BY_TOKEN, token_id=token_id)


async def delete_by_session(tx: Tx, session_id: int) -> None:
    await tx.run(DELETE_BY_SESSION, session_id=session_id)


async def find_key(tx: ReadTx) -> PushKeyRow | None:
    """Return the node's key pair; None before its first start."""
    row = to_row_or_none(PushKeyRow, await tx.one(FIND_KEY))
    if row is None:
        return None
    return structs.replace(row, private=tx.unseal(row.private, describe_push_key(1)))


async def insert_key(tx: Tx, private: str, public: str) -> None:
    """Save the pair, unless there is one."""
    sealed = tx.seal(private, describe_push_key(1))
    await tx.run(INSERT_KEY, id=1, private=sealed, public=public, created_at=tx.now)
