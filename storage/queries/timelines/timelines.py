"""Timelines: pages of ids. Permissions are checked again when the posts are loaded.

Home is materialized: one entry for each post and reader, written when the post arrives.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Integer, Text, and_, bindparam, case, exists, func, literal, or_, select
from sqlalchemy.sql.elements import ColumnElement

from storage.engine import Page, ReadTx
from storage.queries.accounts.hidden import is_not_hidden
from storage.queries.timelines.home_entries import REPEAT_DISTANCE
from storage.statements import PagedStatement, equals_any, one_of
from storage.tables.accounts import accounts
from storage.tables.content import media, post_tags
from storage.tables.posts import mentions, pins, posts
from storage.tables.relationships import follows, list_accounts, lists
from storage.tables.timelines import home_entries

LIST_HOME = PagedStatement(
    select(home_entries.c.post_id).where(home_entries.c.account_id == bindparam("account_id")),
    home_entries.c.post_id,
)

_original = and_(posts.c.state == "published", posts.c.boost_of_id.is_(None))
_has_media = exists(select(literal(1)).where(media.c.post_id == posts.c.id))
_author = accounts.alias()
_is_author_unlimited = exists(
    select(literal(1)).where(
        _author.c.id == posts.c.account_id, _author.c.silenced_at.is_(None), _author.c.suspended_at.is_(None)
    )
)


def _is_not_hidden(viewer: str) -> ColumnElement[bool]:
    return is_not_hidden(posts.c.account_id, viewer)


_public = and_(
    # The same conditions as those of the partial index, so that it is used.
    posts.c.visibility == "public",
    posts.c.state == "published",
    posts.c.boost_of_id.is_(None),
)
_top_level = or_(posts.c.in_reply_to_uri.is_(None), posts.c.in_reply_to_account_id == posts.c.account_id)
LIST_PUBLIC: dict[tuple[str, bool], PagedStatement] = {}
for _scope, _condition in (
    ("all", _public),
    ("local", and_(posts.c.local, _original, equals_any(posts.c.visibility, "public", "local", "partners"))),
    ("local_open", and_(posts.c.local, _original, posts.c.visibility == "public")),
    ("remote", and_(_public, ~posts.c.local)),
):
    for _only_media in (False, True):
        _conditions = [_condition, _top_level, _is_author_unlimited, _is_not_hidden("viewer_id")]
        if _only_media:
            _conditions.append(_has_media)
        LIST_PUBLIC[_scope, _only_media] = PagedStatement(select(posts.c.id).where(*_conditions), posts.c.id)

LIST_BY_DOMAINS = PagedStatement(
    select(posts.c.id).where(
        ~posts.c.local,
        _original,
        equals_any(posts.c.visibility, "public", "partners"),
        _top_level,
        exists(
            select(literal(1)).where(
                _author.c.id == posts.c.account_id,
                one_of(_author.c.domain, "domains"),
                _author.c.silenced_at.is_(None),
                _author.c.suspended_at.is_(None),
            )
        ),
        _is_not_hidden("viewer_id"),
    ),
    posts.c.id,
)
_own_tags, _all_tags, _none_tags = post_tags.alias(), post_tags.alias(), post_tags.alias()
_has_all_tags = (
    select(func.count())
    .select_from(_all_tags)
    .where(_all_tags.c.post_id == posts.c.id, one_of(_all_tags.c.tag_id, "all_ids"))
    .scalar_subquery()
) == bindparam("all_count", type_=Integer())
_has_no_tags = ~exists(
    select(literal(1)).where(_none_tags.c.post_id == posts.c.id, one_of(_none_tags.c.tag_id, "none_ids"))
)
# One term, as SQLite sorts the page when there are too many for it to follow the order of an index.
_has_wanted_tags = case((and_(_has_all_tags, _has_no_tags), 1), else_=0) == 1
# By scope, only posts with media, and with conditions about further tags.
# `IS NOT` keeps SQLite from the indexes of local posts and of those of peers, by which it would sort.
LIST_BY_TAG: dict[tuple[str, bool, bool], PagedStatement] = {}
for _scope, _scope_conditions in (
    ("all", []),
    ("local", [posts.c.local.is_not(False)]),
    ("remote", [posts.c.local.is_not(True)]),
):
    for _only_media in (False, True):
        for _has_tag_conditions in (False, True):
            _conditions = [
                _own_tags.c.tag_id == bindparam("tag_id"),
                posts.c.visibility == "public",
                posts.c.state == "published",
                _is_author_unlimited,
                _is_not_hidden("viewer_id"),
                *_scope_conditions,
                *([_has_media] if _only_media else []),
                *([_has_wanted_tags] if _has_tag_conditions else []),
            ]
            LIST_BY_TAG[_scope, _only_media, _has_tag_conditions] = PagedStatement(
                select(posts.c.id)
                .select_from(_own_tags.join(posts, posts.c.id == _own_tags.c.post_id))
                .where(*_conditions),
                _own_tags.c.post_id,
            )

_is_followed = exists(
    select(literal(1)).where(
        follows.c.account_id == bindparam("viewer_id"), follows.c.target_id == posts.c.account_id
    )
)
_is_mentioned = exists(
    select(literal(1)).where(
        mentions.c.post_id == posts.c.id, mentions.c.account_id == bindparam("viewer_id")
    )
)
# A viewer who is not logged in is -1, an id that follows nothing, is mentioned nowhere and is no member's.
_is_visible_on_profile = or_(
    equals_any(posts.c.visibility, "public", "unlisted"),
    posts.c.account_id == bindparam("viewer_id"),
    and_(equals_any(posts.c.visibility, "local", "partners"), bindparam("viewer_id") > 0),
    and_(posts.c.visibility == "followers", _is_followed),
    _is_mentioned,
)
_is_visible_on_profile = and_(
    _is_visible_on_profile,
    or_(posts.c.visibility != "direct", posts.c.account_id == bindparam("viewer_id"), _is_mentioned),
)
LIST_BY_ACCOUNT: dict[tuple[bool, bool, bool], PagedStatement] = {}
LIST_BY_ACCOUNT_AND_TAG: dict[tuple[bool, bool, bool], PagedStatement] = {}
for _no_replies in (False, True):
    for _no_boosts in (False, True):
        for _only_media in (False, True):
            _conditions = [
                posts.c.account_id == bindparam("account_id"),
                posts.c.state == "published",
                _is_visible_on_profile,
            ]
            if _no_replies:
                _conditions.append(_top_level)
            if _no_boosts:
                _conditions.append(posts.c.boost_of_id.is_(None))
            if _only_media:
                _conditions.append(_has_media)
            LIST_BY_ACCOUNT[_no_replies, _no_boosts, _only_media] = PagedStatement(
                select(posts.c.id).where(*_conditions), posts.c.id
            )
            LIST_BY_ACCOUNT_AND_TAG[_no_replies, _no_boosts, _only_media] = PagedStatement(
                select(posts.c.id)
                .select_from(post_tags.join(posts, posts.c.id == post_tags.c.post_id))
                .where(post_tags.c.tag_id == bindparam("tag_id"), *_conditions),
                posts.c.id,
            )
LIST_PINNED = (
    select(posts.c.id)
    .select_from(pins.join(posts, posts.c.id == pins.c.post_id))
    .where(pins.c.account_id == bindparam("account_id"), _is_visible_on_profile)
    .order_by(pins.c.id.desc())
    .limit(20)
)


_replied_to, _listed_author = list_accounts.alias("replied_to"), list_accounts.alias("listed_author")
_shown, _ranked = posts.alias("shown"), posts.alias("ranked")


def _belongs_on_list(
    list_id: ColumnElement[int], owner_id: ColumnElement[int], policy: Any, post: Any = posts
) -> ColumnElement[bool]:
    """Return the condition for what a list shows of its accounts, with the replies of its policy."""
    follows_author = (
        select(literal(1))
        .where(follows.c.account_id == owner_id, follows.c.target_id == post.c.in_reply_to_account_id)
        .correlate_except(follows)
    )
    members = (
        select(_replied_to.c.account_id).where(_replied_to.c.list_id == list_id).correlate_except(_replied_to)
    )
    return and_(
        post.c.state == "published",
        equals_any(post.c.visibility, "public", "unlisted", "followers", "local", "partners"),
        or_(
            post.c.in_reply_to_uri.is_(None),
            post.c.in_reply_to_account_id == post.c.account_id,
            and_(policy == "followed", exists(follows_author)),
            and_(policy == "list", post.c.in_reply_to_account_id.in_(members)),
        ),
    )


def _is_new_on_list(
    list_id: ColumnElement[int], owner_id: ColumnElement[int], policy: Any
) -> ColumnElement[bool]:
    """Return the condition that a boost does not repeat one of the entries just below it on a list.

    That is the boosted post, or another boost of it.
    """
    authors = (
        select(_listed_author.c.account_id)
        .where(_listed_author.c.list_id == list_id)
        .correlate_except(_listed_author)
    )
    oldest_recent = (
        select(_ranked.c.id)
        .where(
            _ranked.c.account_id.in_(authors),
            _ranked.c.id < posts.c.id,
            _belongs_on_list(list_id, owner_id, policy, _ranked),
        )
        .order_by(_ranked.c.id.desc())
        .limit(1)
        .offset(REPEAT_DISTANCE - 1)
        .correlate_except(_ranked)
        .scalar_subquery()
    )
    repeated = (
        select(literal(1))
        .where(
            or_(_shown.c.id == posts.c.boost_of_id, _shown.c.boost_of_id == posts.c.boost_of_id),
            _shown.c.id < posts.c.id,
            _shown.c.account_id.in_(authors),
            _belongs_on_list(list_id, owner_id, policy, _shown),
            _shown.c.id >= func.coalesce(oldest_recent, 0),
        )
        .correlate_except(_shown)
    )
    return or_(posts.c.boost_of_id.is_(None), ~exists(repeated))


_list_params: Any = (bindparam("list_id"), bindparam("viewer_id"), bindparam("replies_policy", type_=Text()))
LIST_BY_LIST = PagedStatement(
    select(posts.c.id).where(
        posts.c.account_id.in_(
            select(list_accounts.c.account_id).where(list_accounts.c.list_id == bindparam("list_id"))
        ),
        _belongs_on_list(*_list_params),
        _is_new_on_list(*_list_params),
    ),
    posts.c.id,
)
LIST_LISTS_WITH_POST = (
    select(lists.c.id, lists.c.account_id)
    .select_from(lists.join(list_accounts, list_accounts.c.list_id == lists.c.id))
    .join(posts, posts.c.account_id == list_accounts.c.account_id)
    .where(
        posts.c.id == bindparam("post_id"),
        one_of(lists.c.id, "list_ids"),
        _belongs_on_list(lists.c.id, lists.c.account_id, lists.c.replies_policy),
        _is_new_on_list(lists.c.id, lists.c.account_id, lists.c.replies_policy),
    )
)


async def _load_page(tx: ReadTx, paged: PagedStatement, page: Page, **params: Any) -> list[int]:
    return sorted(
        await tx.values(paged.for_page(page), now=tx.now, **params, **page.bind_params()), reverse=True
    )


async def list_home(tx: ReadTx, account_id: int, page: Page) -> list[int]:
    return await _load_page(tx, LIST_HOME, page, account_id=account_id)


async def list_public(tx: ReadTx, scope: str, viewer_id: int, page: Page, *, only_media: bool) -> list[int]:
    """Return ids of public posts of a scope: all, local, local_open or remote.

    `viewer_id` is -1 for a viewer who is not logged in.
    """
    return await _load_page(tx, LIST_PUBLIC[scope, only_media], page, viewer_id=viewer_id)


async def list_by_domains(tx: ReadTx, domains: Sequence[str], viewer_id: int, page: Page) -> list[int]:
    """Return ids of posts by accounts of these nodes, public or for partners."""
    return await _load_page(tx, LIST_BY_DOMAINS, page, domains=list(domains), viewer_id=viewer_id)


async def list_by_tag(
    tx: ReadTx,
    tag_id: int,
    viewer_id: int,
    page: Page,
    *,
    scope: str = "all",
    only_media: bool = False,
    all_ids: Sequence[int] = (),
    none_ids: Sequence[int] = (),
) -> list[int]:
    """Return ids of public posts with a tag, with all of `all_ids` and with none of `none_ids`.

    The scope is all, local or remote.
    """
    if not all_ids and not none_ids:
        statement = LIST_BY_TAG[scope, only_media, False]
        return await _load_page(tx, statement, page, tag_id=tag_id, viewer_id=viewer_id)
    return await _load_page(
        tx,
        LIST_BY_TAG[scope, only_media, True],
        page,
        tag_id=tag_id,
        viewer_id=viewer_id,
        all_ids=list(all_ids),
        all_count=len(all_ids),
        none_ids=list(none_ids),
    )


async def list_by_account(
    tx: ReadTx, account_id: int, viewer_id: int, page: Page, *, flags: tuple[bool, bool, bool]
) -> list[int]:
    """Return ids of an account's posts; `flags` are: no replies, no boosts, only media."""
    return await _load_page(tx, LIST_BY_ACCOUNT[flags], page, account_id=account_id, viewer_id=viewer_id)


async def list_by_account_and_tag(
    tx: ReadTx, account_id: int, tag_id: int, viewer_id: int, page: Page, *, flags: tuple[bool, bool, bool]
) -> list[int]:
    """Return ids of an account's posts with a tag; the flags are those of `list_by_account`."""
    statement = LIST_BY_ACCOUNT_AND_TAG[flags]
    return await _load_page(tx, statement, page, account_id=account_id, tag_id=tag_id, viewer_id=viewer_id)


async def list_pinned(tx: ReadTx, account_id: int, viewer_id: int) -> list[int]:
    return await tx.values(LIST_PINNED, account_id=account_id, viewer_id=viewer_id)


async def list_by_list(
    tx: ReadTx, list_id: int, viewer_id: int, replies_policy: str, page: Page
) -> list[int]:
    return await _load_page(
        tx, LIST_BY_LIST, page, list_id=list_id, viewer_id=viewer_id, replies_policy=replies_policy
    )


async def list_lists_with_post(tx: ReadTx, post_id: int, list_ids: Sequence[int]) -> list[tuple[int, int]]:
    """Return those of the lists that show a post, each with its owner."""
    rows = await tx.all(LIST_LISTS_WITH_POST, post_id=post_id, list_ids=list(list_ids))
    return [(row[0], row[1]) for row in rows]
