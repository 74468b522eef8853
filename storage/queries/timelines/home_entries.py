"""The entries of home timelines, written when a post arrives: one for each reader."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Text, and_, bindparam, delete, exists, func, literal, or_, select, union_all
from sqlalchemy.sql.elements import ColumnElement

from storage.engine import ReadTx, Tx
from storage.queries.accounts.hidden import covers
from storage.rows.posts import PostRow
from storage.statements import equals_any, one_of, upsert
from storage.tables.accounts import accounts
from storage.tables.content import post_tags
from storage.tables.posts import mentions, posts
from storage.tables.relationships import (
    blocks,
    domain_mutes,
    follows,
    list_accounts,
    lists,
    mutes,
    tag_follows,
)
from storage.tables.timelines import home_entries

# A post is not shown again, by itself or by a boost, within this many entries (as with Mastodon).
REPEAT_DISTANCE = 40
INSERT = upsert(home_entries).on_conflict_do_nothing()
_post_id, _original_id = (bindparam(name, type_=posts.c.id.type) for name in ("post_id", "original_id"))
_reader = accounts.alias()
_other = follows.alias()
_is_mute_active = or_(mutes.c.expires_at.is_(None), mutes.c.expires_at > bindparam("now"))


_shown, _ranked, _boost = home_entries.alias("shown"), home_entries.alias("ranked"), posts.alias("boost")


def _oldest_recent_id(account: ColumnElement[int]) -> ColumnElement[int]:
    """Return the post of the last entry within the distance in an account's home timeline, 0 for none."""
    entry = (
        select(_ranked.c.post_id)
        .where(_ranked.c.account_id == account)
        .order_by(_ranked.c.post_id.desc())
        .limit(1)
        .offset(REPEAT_DISTANCE - 1)
        .scalar_subquery()
    )
    return func.coalesce(entry, 0)


def _select_recent_readers(shown_ids: Any) -> Any:
    """Select the accounts that have one of these posts among the latest entries of their home timeline."""
    return select(_shown.c.account_id).where(
        _shown.c.post_id.in_(shown_ids), _shown.c.post_id >= _oldest_recent_id(_shown.c.account_id)
    )


# Accounts that have a boost of the post: it came before the post itself.
_readers_of_boosts = _select_recent_readers(select(_boost.c.id).where(_boost.c.boost_of_id == _post_id))
# Accounts that have the boosted post, or another boost of it.
_readers_of_original = _select_recent_readers(
    union_all(select(_boost.c.id).where(_boost.c.boost_of_id == _original_id), select(_original_id))
)


def _select_hiding(post_id: ColumnElement[int]) -> list[Any]:
    """Select the accounts that block or mute an account that a post mentions."""
    return [
        select(table.c.account_id)
        .select_from(mentions.join(table, table.c.target_id == mentions.c.account_id))
        .where(mentions.c.post_id == post_id, *conditions)
        for table, conditions in ((blocks, ()), (mutes, (_is_mute_active,)))
    ]


def _is_on_exclusive_list(reader: ColumnElement[int], author: ColumnElement[int]) -> ColumnElement[bool]:
    """Return the condition that the author is on an exclusive list of the reader."""
    return exists(
        select(literal(1))
        .select_from(lists.join(list_accounts, list_accounts.c.list_id == lists.c.id))
        .where(lists.c.exclusive, lists.c.account_id == reader, list_accounts.c.account_id == author)
    )


def _select_readers(*more: ColumnElement[bool]) -> Any:
    """Select the local followers of `author_id` whose home timelines a post may be added to."""
    return (
        select(follows.c.account_id, bindparam("post_id", type_=posts.c.id.type), follows.c.target_id)
        .select_from(follows.join(_reader, _reader.c.id == follows.c.account_id))
        .where(
            follows.c.target_id == bindparam("author_id"),
            _reader.c.domain == "",
            or_(
                follows.c.languages == "[]",
                follows.c.languages.like(literal('%"') + bindparam("language", type_=Text()) + literal('"%')),
            ),
            ~exists(
                select(literal(1)).where(
                    mutes.c.account_id == follows.c.account_id,
                    mutes.c.target_id == follows.c.target_id,
                    _is_mute_active,
                )
            ),
            ~_is_on_exclusive_list(follows.c.account_id, follows.c.target_id),
            *more,
        )
    )


def _insert_for_readers(
    *more: ColumnElement[bool], shown_by: Any = _readers_of_boosts, written_id: ColumnElement[int] = _post_id
) -> Any:
    """Insert entries for followers, except who has it or hides anyone that the post `written_id` names."""
    readers = _select_readers(
        follows.c.account_id.not_in(shown_by),
        *(follows.c.account_id.not_in(hiding) for hiding in _select_hiding(written_id)),
        *more,
    )
    return (
        upsert(home_entries)
        .from_select(["account_id", "post_id", "author_id"], readers)
        .on_conflict_do_nothing()
    )


INSERT_OWN_BOOST = (
    upsert(home_entries)
    .from_select(
        ["account_id", "post_id", "author_id"],
        select(accounts.c.id, _post_id, accounts.c.id).where(
            accounts.c.id == bindparam("account_id"), accounts.c.id.not_in(_readers_of_original)
        ),
    )
    .on_conflict_do_nothing()
)
FAN_OUT_POST = _insert_for_readers()
# A reply is shown to followers who also follow, or are, the account that is replied to.
FAN_OUT_REPLY = _insert_for_readers(
    or_(
        follows.c.account_id == bindparam("answered_id"),
        exists(
            select(literal(1)).where(
                _other.c.account_id == follows.c.account_id, _other.c.target_id == bindparam("answered_id")
            )
        ),
    )
)
FAN_OUT_DIRECT = _insert_for_readers(
    exists(
        select(literal(1)).where(
            mentions.c.post_id == bindparam("post_id"), mentions.c.account_id == follows.c.account_id
        )
    )
)
FAN_OUT_BOOST = _insert_for_readers(
    follows.c.shows_boosts,
    ~exists(
        select(literal(1)).where(
            mutes.c.account_id == follows.c.account_id,
            mutes.c.target_id == bindparam("boosted_author_id"),
            _is_mute_active,
        )
    ),
    ~exists(
        select(literal(1)).where(
            blocks.c.account_id == follows.c.account_id, blocks.c.target_id == bindparam("boosted_author_id")
        )
    ),
    shown_by=_readers_of_original,
    written_id=_original_id,
)
removed, _other_boost = home_entries.alias("removed"), posts.alias("other_boost")


def build_restoration(*conditions: ColumnElement[bool]) -> Any:
    """Insert, for entries that are removed now, the first boost of the same post that each kept out.

    `conditions` say which of `removed` they are. Needs the parameter `now`.
    """
    readers, original_id = removed.c.account_id, func.coalesce(_boost.c.boost_of_id, _boost.c.id)
    first = (
        select(readers.label("account_id"), func.min(_other_boost.c.id).label("post_id"))
        .select_from(
            removed.join(_boost, _boost.c.id == removed.c.post_id)
            .join(_other_boost, _other_boost.c.boost_of_id == original_id)
            .join(
                follows,
                and_(follows.c.account_id == readers, follows.c.target_id == _other_boost.c.account_id),
            )
        )
        .where(
            *conditions,
            _other_boost.c.id != _boost.c.id,
            _other_boost.c.state == "published",
            _other_boost.c.id >= _oldest_recent_id(readers),
            follows.c.shows_boosts,
            or_(
                follows.c.languages == "[]",
                follows.c.languages.like(literal('%"') + _other_boost.c.language + literal('"%')),
            ),
            ~exists(
                select(literal(1)).where(
                    mutes.c.account_id == readers,
                    mutes.c.target_id == _other_boost.c.account_id,
                    _is_mute_active,
                )
            ),
            ~_is_on_exclusive_list(readers, _other_boost.c.account_id),
            ~exists(
                select(literal(1)).where(
                    _shown.c.account_id == readers, _shown.c.post_id == _other_boost.c.id
                )
            ),
        )
        .group_by(readers, original_id)
        .subquery()
    )
    return (
        upsert(home_entries)
        .from_select(
            ["account_id", "post_id", "author_id"],
            select(first.c.account_id, first.c.post_id, posts.c.account_id).join(
                posts, posts.c.id == first.c.post_id
            ),
        )
        .on_conflict_do_nothing()
    )


RESTORE_AFTER_BOOST = build_restoration(removed.c.post_id == _post_id)
RESTORE_AFTER_AUTHOR = build_restoration(
    removed.c.account_id == bindparam("account_id"), removed.c.author_id == bindparam("author_id")
)
# By its posts, as no index begins with the author of an entry.
RESTORE_AFTER_ACCOUNT = build_restoration(
    removed.c.post_id.in_(
        select(posts.c.id).where(
            posts.c.account_id == bindparam("author_id"), posts.c.boost_of_id.is_not(None)
        )
    ),
    _other_boost.c.account_id != bindparam("author_id"),
)
RESTORE_AFTER_LIST = build_restoration(
    removed.c.account_id == bindparam("account_id"),
    removed.c.author_id != bindparam("account_id"),
    removed.c.author_id.in_(
        select(list_accounts.c.account_id).where(list_accounts.c.list_id == bindparam("list_id"))
    ),
)
LIST_RECIPIENTS = select(home_entries.c.account_id).where(home_entries.c.post_id == bindparam("post_id"))
LOAD_RECIPIENTS = select(home_entries.c.post_id, home_entries.c.account_id).where(
    one_of(home_entries.c.post_id, "ids")
)
LIST_RECIPIENTS_AMONG = LIST_RECIPIENTS.where(one_of(home_entries.c.account_id, "ids"))


# The reader has a boost of the post already.
_is_boost_shown = exists(
    select(literal(1))
    .select_from(_shown.join(_boost, _boost.c.id == _shown.c.post_id))
    .where(
        _shown.c.account_id == bindparam("account_id"),
        _boost.c.boost_of_id == posts.c.id,
        _shown.c.post_id >= _oldest_recent_id(bindparam("account_id", type_=posts.c.id.type)),
    )
)
BACKFILL_AUTHOR = (
    upsert(home_entries)
    .from_select(
        ["account_id", "post_id", "author_id"],
        select(bindparam("account_id", type_=posts.c.id.type), posts.c.id, posts.c.account_id)
        .where(
            posts.c.account_id == bindparam("author_id"),
            posts.c.state == "published",
            posts.c.boost_of_id.is_(None),
            posts.c.in_reply_to_uri.is_(None),
            equals_any(posts.c.visibility, "public", "unlisted", "followers", "local", "partners"),
            ~_is_on_exclusive_list(bindparam("account_id"), bindparam("author_id")),
            ~_is_boost_shown,
        )
        .order_by(posts.c.id.desc())
        .limit(20),
    )
    .on_conflict_do_nothing()
)
DELETE_BY_AUTHOR = delete(home_entries).where(
    home_entries.c.account_id == bindparam("account_id"), home_entries.c.author_id == bindparam("author_id")
)

_author = accounts.alias()


def _can_receive(reader: ColumnElement[int]) -> ColumnElement[bool]:
    """Return the condition that the reader may be shown posts of `_author` without following them."""
    between = or_(
        and_(blocks.c.account_id == reader, blocks.c.target_id == _author.c.id),
        and_(blocks.c.target_id == reader, blocks.c.account_id == _author.c.id),
    )
    muted = and_(mutes.c.account_id == reader, mutes.c.target_id == _author.c.id, _is_mute_active)
    return and_(
        _author.c.id != reader,
        _author.c.silenced_at.is_(None),
        _author.c.suspended_at.is_(None),
        ~exists(select(literal(1)).where(muted)),
        ~exists(select(literal(1)).where(between)),
        ~exists(select(literal(1)).where(domain_mutes.c.account_id == reader, covers(_author))),
        ~_is_on_exclusive_list(reader, _author.c.id),
    )


FAN_OUT_TAGGED = (
    upsert(home_entries)
    .from_select(
        ["account_id", "post_id", "author_id"],
        select(tag_follows.c.account_id, post_tags.c.post_id, _author.c.id)
        .select_from(
            tag_follows.join(post_tags, post_tags.c.tag_id == tag_follows.c.tag_id).join(
                _author, _author.c.id == bindparam("author_id")
            )
        )
        .where(
            post_tags.c.post_id == bindparam("post_id"),
            _can_receive(tag_follows.c.account_id),
            tag_follows.c.account_id.not_in(_readers_of_boosts),
            *(tag_follows.c.account_id.not_in(hiding) for hiding in _select_hiding(_post_id)),
        ),
    )
    .on_conflict_do_nothing()
)
BACKFILL_TAG = (
    upsert(home_entries)
    .from_select(
        ["account_id", "post_id", "author_id"],
        select(bindparam("account_id", type_=posts.c.id.type), posts.c.id, posts.c.account_id)
        .select_from(
            post_tags.join(posts, posts.c.id == post_tags.c.post_id).join(
                _author, _author.c.id == posts.c.account_id
            )
        )
        .where(
            post_tags.c.tag_id == bindparam("tag_id"),
            posts.c.visibility == "public",
            posts.c.state == "published",
            posts.c.boost_of_id.is_(None),
            _can_receive(bindparam("account_id", type_=posts.c.id.type)),
            ~_is_boost_shown,
        )
        .order_by(post_tags.c.post_id.desc())
        .limit(20),
    )
    .on_conflict_do_nothing()
)
_tagged = select(post_tags.c.post_id).where(post_tags.c.tag_id == bindparam("tag_id"))
_followed = select(follows.c.target_id).where(follows.c.account_id == bindparam("account_id"))
# Entries that only this tag added: neither the author nor another tag of the post is followed.
DELETE_BY_TAG = delete(home_entries).where(
    home_entries.c.account_id == bindparam("account_id"),
    home_entries.c.author_id != bindparam("account_id"),
    home_entries.c.post_id.in_(_tagged),
    home_entries.c.author_id.not_in(_followed),
    ~exists(
        select(literal(1))
        .select_from(tag_follows.join(post_tags, post_tags.c.tag_id == tag_follows.c.tag_id))
        .where(
            tag_follows.c.account_id == bindparam("account_id"),
            post_tags.c.post_id == home_entries.c.post_id,
        )
    ),
)


async def insert(tx: Tx, account_id: int, post_id: int, author_id: int) -> None:
    """Add a post to the home timeline of one account."""
    await tx.run(INSERT, account_id=account_id, post_id=post_id, author_id=author_id)


async def insert_own_boost(tx: Tx, boost: PostRow) -> None:
    """Add a boost to the home timeline of the account that made it, if the post does not stand there yet."""
    await tx.run(
        INSERT_OWN_BOOST, account_id=boost.account_id, post_id=boost.id, original_id=boost.boost_of_id
    )


async def fan_out(tx: Tx, post: PostRow, boosted_author_id: int | None = None) -> int:
    """Add a post or a boost to the home timelines of local followers; return how many.

    A boost is not shown to whom the post, or another boost of it, was shown within the last entries.
    """
    params: dict[str, Any] = {
        "post_id": post.id,
        "author_id": post.account_id,
        "language": post.language or "",
        "now": tx.now,
    }
    answered_id = post.in_reply_to_account_id
    if boosted_author_id is not None:
        return await tx.run(
            FAN_OUT_BOOST, **params, boosted_author_id=boosted_author_id, original_id=post.boost_of_id
        )
    if post.visibility == "direct":
        return await tx.run(FAN_OUT_DIRECT, **params)
    if post.in_reply_to_uri is not None and answered_id != post.account_id:
        return await tx.run(FAN_OUT_REPLY, **params, answered_id=answered_id or -1)
    return await tx.run(FAN_OUT_POST, **params)


async def list_recipients(tx: ReadTx, post_id: int, account_ids: Sequence[int] | None = None) -> list[int]:
    """Return the accounts, all or some of `account_ids`, that have a post on their home timeline."""
    if account_ids is None:
        return await tx.values(LIST_RECIPIENTS, post_id=post_id)
    return await tx.values(LIST_RECIPIENTS_AMONG, post_id=post_id, ids=list(account_ids))


async def load_recipients(tx: ReadTx, post_ids: Sequence[int]) -> dict[int, list[int]]:
    """Return for each post the accounts that have it on their home timeline; others are left out."""
    readers_by_post: dict[int, list[int]] = {}
    if post_ids:
        for post_id, account_id in await tx.all(LOAD_RECIPIENTS, ids=list(post_ids)):
            readers_by_post.setdefault(post_id, []).append(account_id)
    return readers_by_post


async def backfill_author(tx: Tx, account_id: int, author_id: int) -> None:
    """Add an author's latest posts to the home timeline of a new follower."""
    await tx.run(BACKFILL_AUTHOR, account_id=account_id, author_id=author_id)


async def fan_out_tagged(tx: Tx, post_id: int, author_id: int) -> int:
    """Add a post to the home timelines of those who follow one of its tags; return how many."""
    return await tx.run(FAN_OUT_TAGGED, post_id=post_id, author_id=author_id, now=tx.now)


async def backfill_tag(tx: Tx, account_id: int, tag_id: int) -> None:
    """Add the latest posts with a tag to the home timeline of a new follower."""
    await tx.run(BACKFILL_TAG, account_id=account_id, tag_id=tag_id, now=tx.now)


async def delete_by_tag(tx: Tx, account_id: int, tag_id: int) -> None:
    """Remove the entries from a home timeline that only this tag added."""
    await tx.run(DELETE_BY_TAG, account_id=account_id, tag_id=tag_id)


async def restore_boosts(tx: Tx, boost_id: int) -> None:
    """Show another boost of the same post where this one, which is about to be deleted, stood for it."""
    await tx.run(RESTORE_AFTER_BOOST, post_id=boost_id, now=tx.now)


async def restore_after_account(tx: Tx, author_id: int) -> None:
    """Show other boosts where those of an account, which is about to be deleted, stood for them."""
    await tx.run(RESTORE_AFTER_ACCOUNT, author_id=author_id, now=tx.now)


async def restore_after_list(tx: Tx, account_id: int, list_id: int) -> None:
    """Show other boosts where entries stand that leave an account's home as a list becomes exclusive."""
    await tx.run(RESTORE_AFTER_LIST, account_id=account_id, list_id=list_id, now=tx.now)


async def delete_by_author(tx: Tx, account_id: int, author_id: int) -> None:
    """Remove the entries of an author from a home timeline; other boosts take the place of theirs."""
    await tx.run(RESTORE_AFTER_AUTHOR, account_id=account_id, author_id=author_id, now=tx.now)
    await tx.run(DELETE_BY_AUTHOR, account_id=account_id, author_id=author_id)
