"""Notification policies, and how a sender relates to a recipient."""

from __future__ import annotations

from msgspec import structs
from sqlalchemy import BigInteger, and_, bindparam, delete, exists, literal, or_, select, union_all
from sqlalchemy.sql.elements import ColumnElement

from storage.engine import ReadTx, Tx
from storage.queries.accounts.hidden import covers
from storage.rows.notifications import NotificationPolicyRow, SenderRelation
from storage.statements import columns_of, to_row_or_none, upsert
from storage.tables.accounts import accounts
from storage.tables.notifications import notification_permissions, notification_policies
from storage.tables.posts import mentions, posts
from storage.tables.relationships import blocks, domain_mutes, follows, mutes, thread_mutes

POLICY_FIELDS = tuple(NotificationPolicyRow.__struct_fields__[1:])
FIND = select(*columns_of(notification_policies, NotificationPolicyRow)).where(
    notification_policies.c.account_id == bindparam("account_id")
)
_upsert = upsert(notification_policies)
UPSERT = _upsert.on_conflict_do_update(
    index_elements=["account_id"], set_={name: _upsert.excluded[name] for name in POLICY_FIELDS}
)
INSERT_PERMISSION = upsert(notification_permissions).on_conflict_do_nothing()
DELETE_PERMISSION = delete(notification_permissions).where(
    notification_permissions.c.account_id == bindparam("account_id"),
    notification_permissions.c.from_id == bindparam("from_id"),
)
_recipient = accounts.alias()
_sender = accounts.alias()
_account = bindparam("account_id", type_=BigInteger())
_from = bindparam("from_id", type_=BigInteger())
_thread = bindparam("thread_id", type_=BigInteger())


def _exists(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists(select(literal(1)).where(*conditions))


# There is no row if one of these holds: a block in either direction, a mute, a muted domain, a muted thread.
_silencing_conditions = (
    _exists(
        or_(
            and_(blocks.c.account_id == _account, blocks.c.target_id == _from),
            and_(blocks.c.target_id == _account, blocks.c.account_id == _from),
        )
    ),
    _exists(
        mutes.c.account_id == _account,
        mutes.c.target_id == _from,
        mutes.c.hides_notifications,
        or_(mutes.c.expires_at.is_(None), mutes.c.expires_at > bindparam("now")),
    ),
    _exists(thread_mutes.c.account_id == _account, thread_mutes.c.thread_id == _thread),
    _exists(domain_mutes.c.account_id == _account, covers(_sender)),
)
# A mention is not wanted either if the post answers, or mentions, another account that the recipient hides.
_mention = bindparam("mention_id", type_=BigInteger())
_named_ids = union_all(
    select(mentions.c.account_id).where(mentions.c.post_id == _mention),
    select(posts.c.in_reply_to_account_id).where(
        posts.c.id == _mention, posts.c.in_reply_to_account_id.is_not(None)
    ),
)
_names_hidden_account = (
    _exists(blocks.c.account_id == _account, blocks.c.target_id.in_(_named_ids)),
    _exists(
        mutes.c.account_id == _account,
        mutes.c.target_id.in_(_named_ids),
        mutes.c.hides_notifications,
        or_(mutes.c.expires_at.is_(None), mutes.c.expires_at > bindparam("now")),
    ),
)
FIND_SENDER_RELATION = (
    select(
        *(notification_policies.c[name] for name in POLICY_FIELDS),
        _exists(follows.c.account_id == _account, follows.c.target_id == _from),
        _exists(follows.c.account_id == _from, follows.c.target_id == _account),
        _exists(
            notification_permissions.c.account_id == _account,
            notification_permissions.c.from_id == _from,
        ),
        _exists(
            posts.c.thread_id == _thread,
            posts.c.account_id == _account,
            posts.c.visibility == "direct",
            mentions.c.post_id == posts.c.id,
            mentions.c.account_id == _from,
        ),
        _sender.c.silenced_at.is_not(None),
        _sender.c.created_at,
    )
    .select_from(
        _recipient.join(_sender, _sender.c.id == _from).outerjoin(
            notification_policies, notification_policies.c.account_id == _recipient.c.id
        )
    )
    .where(
        _recipient.c.id == _account,
        _recipient.c.domain == "",
        _recipient.c.suspended_at.is_(None),
        _recipient.c.deleted_at.is_(None),
        _sender.c.suspended_at.is_(None),
        *(~condition for condition in (*_silencing_conditions, *_names_hidden_account)),
    )
)


async def find(tx: ReadTx, account_id: int) -> NotificationPolicyRow | None:
    return to_row_or_none(NotificationPolicyRow, await tx.one(FIND, account_id=account_id))


async def upsert_policy(tx: Tx, row: NotificationPolicyRow) -> None:
    await tx.run(UPSERT, **structs.asdict(row))


async def insert_permission(tx: Tx, account_id: int, from_id: int) -> None:
    """Permit all notifications of a sender, whatever the policy says."""
    await tx.run(INSERT_PERMISSION, account_id=account_id, from_id=from_id)


async def delete_permission(tx: Tx, account_id: int, from_id: int) -> None:
    """Delete a permission; nothing happens if there is none."""
    await tx.run(DELETE_PERMISSION, account_id=account_id, from_id=from_id)


async def find_sender_relation(
    tx: ReadTx, account_id: int, from_id: int, thread_id: int, mention_id: int | None
) -> SenderRelation | None:
    """Return how a sender relates to a local recipient, whom the post `mention_id` mentions, if any.

    None if the recipient is not to be notified at all.
    """
    row = await tx.one(
        FIND_SENDER_RELATION,
        account_id=account_id,
        from_id=from_id,
        thread_id=thread_id,
        mention_id=mention_id if mention_id is not None else -1,
        now=tx.now,
    )
    return to_row_or_none(SenderRelation, row)
