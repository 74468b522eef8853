"""Cards of links, and which posts show them."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs
from sqlalchemy import Integer, Text, bindparam, case, delete, exists, literal, select, update

from storage.engine import Page, ReadTx, Tx
from storage.rows.timelines import CardRow
from storage.statements import PagedStatement, columns_of, one_of, to_row_or_none, upsert
from storage.tables.accounts import accounts
from storage.tables.posts import posts
from storage.tables.timelines import cards, post_cards

COLUMNS = columns_of(cards, CardRow)
_upsert = upsert(cards)
UPSERT = _upsert.on_conflict_do_update(
    index_elements=["url"],
    set_={name: _upsert.excluded[name] for name in CardRow.__struct_fields__ if name not in ("id", "url")},
)
FIND = select(*COLUMNS).where(cards.c.id == bindparam("id"), cards.c.kind != "")
FIND_BY_URL = select(*COLUMNS).where(cards.c.url == bindparam("url"))
LOAD_BY_POSTS = (
    select(post_cards.c.post_id, *COLUMNS)
    .select_from(post_cards.join(cards, cards.c.id == post_cards.c.card_id))
    .where(one_of(post_cards.c.post_id, "ids"), cards.c.kind != "")
)
_attach = upsert(post_cards)
ATTACH = _attach.on_conflict_do_update(index_elements=["post_id"], set_={"card_id": _attach.excluded.card_id})
DETACH = delete(post_cards).where(post_cards.c.post_id == bindparam("post_id"))
BUMP_POST_VERSION = update(posts).where(posts.c.id == bindparam("b_id")).values(version=posts.c.version + 1)
BUMP_POST_VERSIONS = (
    update(posts)
    .where(posts.c.id.in_(select(post_cards.c.post_id).where(post_cards.c.card_id == bindparam("b_card_id"))))
    .values(version=posts.c.version + 1)
)
# The width and height of a photo or video card are those of the embedded content, not of the picture.
SET_IMAGE_DETAILS = (
    update(cards)
    .where(cards.c.id == bindparam("b_id"))
    .values(
        blurhash=bindparam("b_blurhash", type_=Text()),
        width=case((cards.c.kind == "link", bindparam("b_width", type_=Integer())), else_=cards.c.width),
        height=case((cards.c.kind == "link", bindparam("b_height", type_=Integer())), else_=cards.c.height),
    )
)
PURGE_UNUSED = delete(cards).where(
    cards.c.fetched_at < bindparam("before"),
    ~exists(select(literal(1)).where(post_cards.c.card_id == cards.c.id)),
)
# Only public posts of discoverable accounts can be found by a link.
LIST_POST_IDS = PagedStatement(
    select(posts.c.id)
    .select_from(
        post_cards.join(posts, posts.c.id == post_cards.c.post_id).join(
            accounts, accounts.c.id == posts.c.account_id
        )
    )
    .where(
        post_cards.c.card_id == bindparam("card_id"),
        posts.c.visibility == "public",
        posts.c.state == "published",
        accounts.c.discoverable,
        accounts.c.silenced_at.is_(None),
        accounts.c.suspended_at.is_(None),
    ),
    post_cards.c.post_id,
)


async def upsert_card(tx: Tx, row: CardRow) -> CardRow:
    """Store the card of an address; return it with the id that it has in the table."""
    await tx.run(UPSERT, **structs.asdict(row))
    card = await find_by_url(tx, row.url)
    assert card is not None
    await tx.run(BUMP_POST_VERSIONS, b_card_id=card.id)
    return card


async def find(tx: ReadTx, card_id: int) -> CardRow | None:
    """Return a card that shows something."""
    return to_row_or_none(CardRow, await tx.one(FIND, id=card_id))


async def set_image_details(tx: Tx, card_id: int, width: int, height: int, blurhash: str | None) -> None:
    """Set size (pixels) and blurhash of a card's picture as it is shown from here."""
    await tx.run(SET_IMAGE_DETAILS, b_id=card_id, b_width=width, b_height=height, b_blurhash=blurhash)
    await tx.run(BUMP_POST_VERSIONS, b_card_id=card_id)


async def find_by_url(tx: ReadTx, url: str) -> CardRow | None:
    return to_row_or_none(CardRow, await tx.one(FIND_BY_URL, url=url))


async def load_by_posts(tx: ReadTx, ids: Sequence[int]) -> dict[int, CardRow]:
    """Return cards by the posts that show them."""
    return {row[0]: CardRow(*row[1:]) for row in await tx.all(LOAD_BY_POSTS, ids=list(ids))}


async def attach(tx: Tx, post_id: int, card_id: int) -> None:
    """Show a card with a post, in place of any other."""
    await tx.run(ATTACH, post_id=post_id, card_id=card_id)
    await tx.run(BUMP_POST_VERSION, b_id=post_id)


async def detach(tx: Tx, post_id: int) -> None:
    """Show no card with a post."""
    if await tx.run(DETACH, post_id=post_id):
        await tx.run(BUMP_POST_VERSION, b_id=post_id)


async def list_post_ids(tx: ReadTx, card_id: int, page: Page) -> list[int]:
    """Return ids of public posts that show a card, newest first."""
    return sorted(
        await tx.values(LIST_POST_IDS.for_page(page), card_id=card_id, **page.bind_params()), reverse=True
    )


async def purge_unused(tx: Tx, before: int) -> None:
    """Drop cards that no post shows and that were read before a time (ms UTC)."""
    await tx.run(PURGE_UNUSED, before=before)
