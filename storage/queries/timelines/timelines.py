"""Timelines: pages of ids. Who may see what is decided once more when the posts are loaded.

Home is materialized: an entry a post and reader, written when the post arrives.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Text, and_, bindparam, exists, literal, or_, select
from sqlalchemy.sql.elements import ColumnElement

from storage.engine import Tx
from storage.paging import Page
from storage.queries.accounts.hidden import not_hidden
from storage.statements import Paged, among, one_of
from storage.tables.accounts import accounts
from storage.tables.content import media, post_tags
from storage.tables.posts import mentions, pins, posts
from storage.tables.relationships import follows, list_accounts, lists
from storage.tables.timelines import home_entries

HOME = Paged(
    select(home_entries.c.post_id).where(home_entries.c.account_id == bindparam("account_id")),
    home_entries.c.post_id,
)

_original = and_(posts.c.state == "published", posts.c.boost_of_id.is_(None))
_one_media = exists(select(literal(1)).where(media.c.post_id == posts.c.id))
_author = accounts.alias()
_unlimited = exists(
    select(literal(1)).where(
        _author.c.id == posts.c.account_id, _author.c.silenced_at.is_(None), _author.c.suspended_at.is_(None)
    )
)


def _not_hidden(viewer: str) -> ColumnElement[bool]:
    return not_hidden(posts.c.account_id, viewer)


_public = and_(
    # The words of the partial index, so that it is used.
    posts.c.visibility == "public",
    posts.c.state == "published",
    posts.c.boost_of_id.is_(None),
)
_top_level = or_(posts.c.in_reply_to_uri.is_(None), posts.c.in_reply_to_account_id == posts.c.account_id)
PUBLIC: dict[tuple[str, bool], Paged] = {}
for _where, _condition in (
    ("all", _public),
    ("local", and_(posts.c.local, _original, among(posts.c.visibility, "public", "local", "partners"))),
    ("local_open", and_(posts.c.local, _original, posts.c.visibility == "public")),
    ("remote", and_(_public, ~posts.c.local)),
):
    for _only_media in (False, True):
        _wanted = [_condition, _top_level, _unlimited, _not_hidden("viewer_id")]
        if _only_media:
            _wanted.append(_one_media)
        PUBLIC[_where, _only_media] = Paged(select(posts.c.id).where(*_wanted), posts.c.id)

PARTNERS = Paged(
    select(posts.c.id).where(
        ~posts.c.local,
        _original,
        among(posts.c.visibility, "public", "partners"),
        _top_level,
        exists(
            select(literal(1)).where(
                _author.c.id == posts.c.account_id,
                one_of(_author.c.domain, "domains"),
                _author.c.silenced_at.is_(None),
                _author.c.suspended_at.is_(None),
            )
        ),
        _not_hidden("viewer_id"),
    ),
    posts.c.id,
)
TAG = {
    only_local: Paged(
        select(posts.c.id)
        .select_from(post_tags.join(posts, posts.c.id == post_tags.c.post_id))
        .where(
            post_tags.c.tag_id == bindparam("tag_id"),
            posts.c.visibility == "public",
            posts.c.state == "published",
            _unlimited,
            _not_hidden("viewer_id"),
            *([posts.c.local] if only_local else []),
        ),
        post_tags.c.post_id,
    )
    for only_local in (False, True)
}

_follow = exists(
    select(literal(1)).where(
        follows.c.account_id == bindparam("viewer_id"), follows.c.target_id == posts.c.account_id
    )
)
_mentioned = exists(
    select(literal(1)).where(
        mentions.c.post_id == posts.c.id, mentions.c.account_id == bindparam("viewer_id")
    )
)
# A stranger is viewer -1: nothing is followed by or mentions it, and `local` asks for a real one.
_visible_of_account = or_(
    among(posts.c.visibility, "public", "unlisted"),
    posts.c.account_id == bindparam("viewer_id"),
    and_(among(posts.c.visibility, "local", "partners"), bindparam("viewer_id") > 0),
    and_(posts.c.visibility == "followers", _follow),
    _mentioned,
)
_visible_of_account = and_(
    _visible_of_account,
    or_(posts.c.visibility != "direct", posts.c.account_id == bindparam("viewer_id"), _mentioned),
)
OF_ACCOUNT: dict[tuple[bool, bool, bool], Paged] = {}
for _no_replies in (False, True):
    for _no_boosts in (False, True):
        for _only_media in (False, True):
            _wanted = [
                posts.c.account_id == bindparam("account_id"),
                posts.c.state == "published",
                _visible_of_account,
            ]
            if _no_replies:
                _wanted.append(_top_level)
            if _no_boosts:
                _wanted.append(posts.c.boost_of_id.is_(None))
            if _only_media:
                _wanted.append(_one_media)
            OF_ACCOUNT[_no_replies, _no_boosts, _only_media] = Paged(
                select(posts.c.id).where(*_wanted), posts.c.id
            )
TAGGED_OF_ACCOUNT = Paged(
    select(posts.c.id)
    .select_from(post_tags.join(posts, posts.c.id == post_tags.c.post_id))
    .where(
        posts.c.account_id == bindparam("account_id"),
        post_tags.c.tag_id == bindparam("tag_id"),
        posts.c.state == "published",
        _visible_of_account,
    ),
    posts.c.id,
)
PINNED = (
    select(posts.c.id)
    .select_from(pins.join(posts, posts.c.id == pins.c.post_id))
    .where(pins.c.account_id == bindparam("account_id"), _visible_of_account)
    .order_by(pins.c.id.desc())
    .limit(20)
)


def _on_list(list_id: ColumnElement[int], owner_id: ColumnElement[int], policy: Any) -> ColumnElement[bool]:
    """What a list shows of the posts of its accounts, with the replies that its policy lets in."""
    return and_(
        posts.c.state == "published",
        among(posts.c.visibility, "public", "unlisted", "followers", "local", "partners"),
        or_(
            posts.c.in_reply_to_uri.is_(None),
            posts.c.in_reply_to_account_id == posts.c.account_id,
            and_(
                policy == "followed",
                exists(
                    select(literal(1)).where(
                        follows.c.account_id == owner_id,
                        follows.c.target_id == posts.c.in_reply_to_account_id,
                    )
                ),
            ),
            and_(
                policy == "list",
                posts.c.in_reply_to_account_id.in_(
                    select(_answered.c.account_id).where(_answered.c.list_id == list_id)
                ),
            ),
        ),
    )


_answered = list_accounts.alias()
LIST = Paged(
    select(posts.c.id).where(
        posts.c.account_id.in_(
            select(list_accounts.c.account_id).where(list_accounts.c.list_id == bindparam("list_id"))
        ),
        _on_list(bindparam("list_id"), bindparam("viewer_id"), bindparam("replies_policy", type_=Text())),
    ),
    posts.c.id,
)
LISTS_WITH = (
    select(lists.c.id, lists.c.account_id)
    .select_from(lists.join(list_accounts, list_accounts.c.list_id == lists.c.id))
    .join(posts, posts.c.account_id == list_accounts.c.account_id)
    .where(
        posts.c.id == bindparam("post_id"),
        one_of(lists.c.id, "list_ids"),
        _on_list(lists.c.id, lists.c.account_id, lists.c.replies_policy),
    )
)


async def _page(tx: Tx, paged: Paged, page: Page, **params: Any) -> list[int]:
    return sorted(await tx.values(paged.towards(page), now=tx.now, **params, **page.params()), reverse=True)


async def home(tx: Tx, account_id: int, page: Page) -> list[int]:
    return await _page(tx, HOME, page, account_id=account_id)


async def public(tx: Tx, where: str, viewer_id: int, page: Page, *, only_media: bool) -> list[int]:
    """`where` is all, local, local_open or remote; a stranger is viewer -1."""
    return await _page(tx, PUBLIC[where, only_media], page, viewer_id=viewer_id)


async def partners(tx: Tx, domains: Sequence[str], viewer_id: int, page: Page) -> list[int]:
    """What accounts of these nodes wrote for everybody, or for partners."""
    return await _page(tx, PARTNERS, page, domains=list(domains), viewer_id=viewer_id)


async def tag(tx: Tx, tag_id: int, viewer_id: int, page: Page, *, only_local: bool) -> list[int]:
    return await _page(tx, TAG[only_local], page, tag_id=tag_id, viewer_id=viewer_id)


async def of_account(
    tx: Tx, account_id: int, viewer_id: int, page: Page, *, flags: tuple[bool, bool, bool]
) -> list[int]:
    """`flags` are: no replies, no boosts, only media."""
    return await _page(tx, OF_ACCOUNT[flags], page, account_id=account_id, viewer_id=viewer_id)


async def tagged_of_account(tx: Tx, account_id: int, tag_id: int, viewer_id: int, page: Page) -> list[int]:
    return await _page(tx, TAGGED_OF_ACCOUNT, page, account_id=account_id, tag_id=tag_id, viewer_id=viewer_id)


async def pinned(tx: Tx, account_id: int, viewer_id: int) -> list[int]:
    return await tx.values(PINNED, account_id=account_id, viewer_id=viewer_id)


async def of_list(tx: Tx, list_id: int, viewer_id: int, replies_policy: str, page: Page) -> list[int]:
    return await _page(tx, LIST, page, list_id=list_id, viewer_id=viewer_id, replies_policy=replies_policy)


async def lists_with(tx: Tx, post_id: int, list_ids: Sequence[int]) -> list[tuple[int, int]]:
    """Those of the lists that show a post, each with its owner."""
    found = await tx.all(LISTS_WITH, post_id=post_id, list_ids=list(list_ids))
    return [(row[0], row[1]) for row in found]
