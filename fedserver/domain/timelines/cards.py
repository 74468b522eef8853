"""Cards: what is shown of the first page that a post links to.

A page is fetched later, by a job, and once for all posts that link to it. Local articles show themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import msgspec
from msgspec import Struct

from addresses.hosts import parse_origin
from fedserver.domain.accounts import account_views
from fedserver.domain.accounts.account_views import AccountView
from fedserver.domain.kernel import events, jobs
from fedserver.text.hyperlinks import extract_links
from fedserver.text.previews import PagePreview
from storage.engine import ReadTx, Tx
from storage.queries.posts import posts as post_queries
from storage.queries.posts import quotes as quote_queries
from storage.queries.timelines import cards as card_queries
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow
from storage.rows.timelines import CardRow

DAY_MS = 86_400_000
CARD_TTL_MS, FAILED_TTL_MS = 14 * DAY_MS, DAY_MS
LOCAL_FAILED_TTL_MS = 60_000  # a member who posts a link again may have mended its page
# A post of a peer reaches many nodes at once: the delay keeps them from fetching the page in the same moment.
MAX_DELAY_MS = 60_000
MAX_URL = 2_048
_decode_domains = msgspec.json.Decoder(list[str]).decode


class CardView(Struct, frozen=True):
    """A card with the author that the page names, if that account allows the attribution."""

    row: CardRow
    author: AccountView | None


async def enqueue_fetch(tx: Tx, row: PostRow) -> None:
    """Enqueue the fetch of a card for the first link of a new or edited post."""
    if row.kind == "Article":
        return
    if extract_links(row.html):
        wait = 0 if row.local else row.id % MAX_DELAY_MS
        await jobs.enqueue(tx, jobs.FetchCard(row.id), run_at=tx.now + wait, dedupe=f"fetch_card:{row.id}")
    elif row.edited_at is not None:
        await card_queries.detach(tx, row.id)


async def find_link(tx: ReadTx, post_id: int, is_local: Callable[[str], bool]) -> tuple[str, bool] | None:
    """Return the address for a post's card, and whether it must be fetched; None if there is none."""
    row = await post_queries.find(tx, post_id)
    if row is None:
        return None
    quote = await quote_queries.find_by_post(tx, post_id)
    quoted = (quote.quoted_uri, quote.quoted_url) if quote is not None else ()
    for url in extract_links(row.html):
        if not is_local(url) and url not in quoted and len(url) <= MAX_URL:
            known = await card_queries.find_by_url(tx, url)
            return url, known is None or not _is_fresh(known, tx.now, is_local_post=row.local)
    return None


def _is_fresh(row: CardRow, now: int, *, is_local_post: bool) -> bool:
    if not row.kind:
        return row.fetched_at > now - (LOCAL_FAILED_TTL_MS if is_local_post else FAILED_TTL_MS)
    return row.fetched_at > now - CARD_TTL_MS


async def save(tx: Tx, url: str, fetched: PagePreview | None, creator_id: int | None) -> None:
    """Store the preview of an address, also if there is nothing to show (`fetched` is None)."""
    preview, former = fetched or PagePreview(kind=""), await card_queries.find_by_url(tx, url)
    values = {name: getattr(preview, name) for name in CardRow.__struct_fields__ if hasattr(preview, name)}
    if former is not None and former.blurhash and former.image_url == preview.image_url:
        values["blurhash"] = former.blurhash
        if former.kind == preview.kind == "link":
            values |= {"width": former.width, "height": former.height}
    card = CardRow(
        id=tx.new_id(),
        url=url,
        creator_id=creator_id,
        fetched_at=tx.now,
        **values,
    )
    await card_queries.upsert_card(tx, card)


async def set_for_post(tx: Tx, post_id: int, url: str | None) -> None:
    """Attach the card of an address to a post; detach its card if `url` is None or has none."""
    row = await post_queries.find(tx, post_id)
    if row is None:
        return
    card = await card_queries.find_by_url(tx, url) if url is not None else None
    former = (await card_queries.load_by_posts(tx, [post_id])).get(post_id)
    if card is None or not card.kind:
        await card_queries.detach(tx, post_id)
    elif former is None or former.id != card.id:
        await card_queries.attach(tx, post_id, card.id)
        tx.emit(events.POST_EDITED, post_id=post_id)


def to_view(
    row: CardRow | None, authors: dict[int, AccountView], *hidden: Collection[int]
) -> CardView | None:
    """Return a card with the author that it may name, unless it is one of `hidden` from the viewer."""
    if row is None:
        return None
    return CardView(row, _find_author(row, authors, *hidden))


def _find_author(
    row: CardRow, authors: dict[int, AccountView], *hidden: Collection[int]
) -> AccountView | None:
    author = authors.get(row.creator_id) if row.creator_id is not None else None
    if author is None or any(author.account.id in ids for ids in hidden):
        return None
    return author if allows_attribution(author.account, row.url) else None


async def load_views(tx: ReadTx, rows: Sequence[CardRow], viewer_id: int | None = None) -> list[CardView]:
    """Return the views of cards in their order, with at most three statements."""
    ids = [row.creator_id for row in rows if row.creator_id is not None]
    authors = await account_views.load(tx, ids)
    hidden = await account_views.load_hidden(tx, viewer_id, ids)
    return [CardView(row, _find_author(row, authors, hidden)) for row in rows]


def parse_host(url: str) -> str:
    """Return the name of the host of an address, without port; '' if it cannot be parsed."""
    origin = parse_origin(url)
    return origin[1] if origin is not None else ""


def allows_attribution(account: AccountRow, url: str) -> bool:
    """Return True if an account lets pages of this host, or of a domain above it, name it as author."""
    if account.suspended_at is not None or account.deleted_at is not None:
        return False
    host = parse_host(url)
    allowed = _decode_domains(account.attribution_domains)
    return any(host == domain or host.endswith(f".{domain}") for domain in allowed)
