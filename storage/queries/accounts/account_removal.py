"""Removal of an account's posts, likes and follows, and of what they added to the counts of others.

The number of statements is fixed, whatever the account did.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, bindparam, case, delete, exists, func, literal, or_, select, update

from storage.engine import ReadTx, Tx
from storage.tables.accounts import (
    accounts,
    collection_items,
    collections,
    endorsements,
    featured_tags,
    keys,
    suggestion_dismissals,
)
from storage.tables.audit_log import act_posts
from storage.tables.content import media
from storage.tables.moderation import appeals, moderation_notes
from storage.tables.notifications import (
    announcement_reactions,
    conversation_posts,
    conversations,
    email_subscriptions,
    notification_permissions,
    notification_policies,
    notification_requests,
    notifications,
    push_subscriptions,
)
from storage.tables.portability import archives, imports
from storage.tables.posts import (
    coauthors,
    likes,
    originals,
    pins,
    poll_votes,
    posts,
    quotes,
    reactions,
    scheduled_posts,
    uri_aliases,
)
from storage.tables.relationships import (
    blocks,
    follow_requests,
    follows,
    list_accounts,
    lists,
    mutes,
    tag_follows,
)
from storage.tables.timelines import bookmarks, filters, home_entries, markers

_posts_of_account = select(posts.c.id).where(posts.c.account_id == bindparam("gone_id"))
_reply = posts.alias()
_replies = _reply.c.account_id == bindparam("gone_id")
_quotes = and_(quotes.c.account_id == bindparam("gone_id"), quotes.c.state == "accepted")
_ours = select(accounts.c.id).where(accounts.c.domain == "")


def _subtract(column: Any, by: Any = 1) -> Any:
    return case((column > by, column - by), else_=0)


LIST_FILES = select(media.c.file_key, media.c.preview_key).where(media.c.account_id == bindparam("gone_id"))
SUBTRACT_POST_COUNTS = (
    update(posts)
    .where(posts.c.id.in_(select(likes.c.post_id).where(likes.c.account_id == bindparam("gone_id"))))
    .values(likes_count=_subtract(posts.c.likes_count), version=posts.c.version + 1),
    update(posts)
    .where(posts.c.id.in_(select(_reply.c.boost_of_id).where(_replies, _reply.c.boost_of_id.is_not(None))))
    .values(boosts_count=_subtract(posts.c.boosts_count), version=posts.c.version + 1),
    update(posts)
    .where(
        posts.c.id.in_(select(_reply.c.in_reply_to_id).where(_replies, _reply.c.in_reply_to_id.is_not(None)))
    )
    .values(
        replies_count=_subtract(
            posts.c.replies_count,
            select(func.count())
            .where(_replies, _reply.c.in_reply_to_id == posts.c.id, _reply.c.state == "published")
            .scalar_subquery(),
        ),
        version=posts.c.version + 1,
    ),
    update(posts)
    .where(posts.c.id.in_(select(quotes.c.quoted_id).where(_quotes, quotes.c.quoted_id.is_not(None))))
    .values(
        quotes_count=_subtract(
            posts.c.quotes_count,
            select(func.count()).where(_quotes, quotes.c.quoted_id == posts.c.id).scalar_subquery(),
        ),
        version=posts.c.version + 1,
    ),
)
SUBTRACT_FOLLOW_COUNTS = (
    update(accounts)
    .where(
        accounts.c.id.in_(select(follows.c.target_id).where(follows.c.account_id == bindparam("gone_id"))),
        accounts.c.domain == "",
    )
    .values(followers_count=_subtract(accounts.c.followers_count)),
    update(accounts)
    .where(
        accounts.c.id.in_(select(follows.c.account_id).where(follows.c.target_id == bindparam("gone_id"))),
        accounts.c.domain == "",
    )
    .values(following_count=_subtract(accounts.c.following_count)),
)
# Rows of others that refer to its posts without a foreign key.
DELETE_REFERENCES = (
    delete(originals).where(
        originals.c.uri.in_(select(posts.c.uri).where(posts.c.account_id == bindparam("gone_id")))
    ),
    delete(uri_aliases).where(
        or_(
            and_(uri_aliases.c.kind == "post", uri_aliases.c.target_id.in_(_posts_of_account)),
            and_(uri_aliases.c.kind == "account", uri_aliases.c.target_id == bindparam("gone_id")),
        )
    ),
    delete(notifications).where(notifications.c.post_id.in_(_posts_of_account)),
    delete(posts).where(posts.c.boost_of_id.in_(_posts_of_account)),
    delete(conversation_posts).where(conversation_posts.c.post_id.in_(_posts_of_account)),
    delete(conversations).where(
        conversations.c.last_post_id.in_(_posts_of_account),
        ~exists(select(literal(1)).where(conversation_posts.c.conversation_id == conversations.c.id)),
    ),
    update(conversations)
    .where(conversations.c.last_post_id.in_(_posts_of_account))
    .values(
        last_post_id=select(func.max(conversation_posts.c.post_id))
        .where(conversation_posts.c.conversation_id == conversations.c.id)
        .scalar_subquery()
    ),
)
DELETE_OWNED = (
    delete(posts).where(posts.c.account_id == bindparam("gone_id")),
    *(
        delete(table).where(table.c.account_id == bindparam("gone_id"))
        for table in (
            likes,
            reactions,
            bookmarks,
            coauthors,
            pins,
            scheduled_posts,
            media,
            filters,
            lists,
            markers,
            home_entries,
            blocks,
            mutes,
            collections,
            collection_items,
            suggestion_dismissals,
            poll_votes,
            notification_policies,
            conversations,
            announcement_reactions,
            push_subscriptions,
            tag_follows,
            featured_tags,
            endorsements,
            email_subscriptions,
            imports,
            archives,
            act_posts,
            appeals,
            list_accounts,
        )
    ),
    delete(endorsements).where(endorsements.c.target_id == bindparam("gone_id")),
    *(
        delete(table).where(
            or_(table.c.account_id == bindparam("gone_id"), table.c.from_id == bindparam("gone_id"))
        )
        for table in (notifications, notification_requests)
    ),
    delete(notification_permissions).where(notification_permissions.c.account_id == bindparam("gone_id")),
    delete(follow_requests).where(
        or_(
            follow_requests.c.target_id == bindparam("gone_id"),
            follow_requests.c.account_id == bindparam("gone_id"),
        )
    ),
    # Follows of remote accounts stay until their peers have been notified.
    delete(follows).where(follows.c.account_id == bindparam("gone_id"), follows.c.target_id.in_(_ours)),
    delete(follows).where(follows.c.target_id == bindparam("gone_id"), follows.c.account_id.in_(_ours)),
)
# What others decided about a local account, whose name nobody gets again.
DELETE_DECISIONS = (
    delete(moderation_notes).where(moderation_notes.c.account_id == bindparam("gone_id")),
    delete(notification_permissions).where(notification_permissions.c.from_id == bindparam("gone_id")),
)
DELETE_KEYS = delete(keys).where(keys.c.account_id == bindparam("gone_id"))


async def list_files(tx: ReadTx, account_id: int) -> list[str]:
    """Return the keys of the files of the account's media."""
    rows = await tx.all(LIST_FILES, gone_id=account_id)
    return [key for record in rows for key in record if key]


async def subtract_counts(tx: Tx, account_id: int) -> None:
    """Subtract the account's likes, boosts, follows and votes from the counts of others."""
    for statement in (*SUBTRACT_POST_COUNTS, *SUBTRACT_FOLLOW_COUNTS, *DELETE_REFERENCES):
        await tx.run(statement, gone_id=account_id)


async def delete_owned(tx: Tx, account_id: int) -> None:
    """Delete everything that an account created; call `subtract_counts` first.

    What others decided about it stays.
    """
    for statement in DELETE_OWNED:
        await tx.run(statement, gone_id=account_id)


async def delete_decisions(tx: Tx, account_id: int) -> None:
    """Delete what others decided about a local account."""
    for statement in DELETE_DECISIONS:
        await tx.run(statement, gone_id=account_id)


async def delete_keys(tx: Tx, account_id: int) -> None:
    await tx.run(DELETE_KEYS, gone_id=account_id)
