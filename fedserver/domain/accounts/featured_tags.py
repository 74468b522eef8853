"""Featured hashtags of profiles (docs.joinmastodon.org/methods/featured_tags)."""

from __future__ import annotations

from collections.abc import Sequence

from fedserver.domain.content import tags
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.text.locales import gettext
from storage.engine import ReadTx, Tx, first_id_at
from storage.queries.accounts import accounts as account_queries
from storage.queries.accounts import featured_tags as featured_tag_queries
from storage.rows.accounts import AccountRow, FeaturedTagRow
from storage.rows.content import TagRow

MAX_TAGS = 10  # as with Mastodon
MAX_SUGGESTIONS = 10
HALF_YEAR_MS = 182 * 86_400_000  # older use says little about what a member posts about now


async def list_by_account(tx: ReadTx, account: AccountRow) -> list[FeaturedTagRow]:
    """Return the featured tags of an account; none if it is suspended or deleted."""
    gone = account.suspended_at is not None or account.deleted_at is not None
    return [] if gone else await featured_tag_queries.list_by_account(tx, account.id)


async def add(tx: Tx, actor: AccountRow, name: str) -> FeaturedTagRow:
    """Feature a tag. Raises InvalidError if it is not a tag, is featured already, or is one too many."""
    try:
        row = await tags.get_or_create(tx, name)
    except NotFoundError as error:
        raise InvalidError("tag", "is not a hashtag", "ERR_INVALID") from error
    if await featured_tag_queries.count_by_account(tx, actor.id) >= MAX_TAGS:
        message = gettext("You feature as many hashtags as you can. Please remove one first.")
        raise InvalidError("base", f"You may show {MAX_TAGS} hashtags on your profile", message=message)
    if not await featured_tag_queries.insert(tx, actor.id, row.id, tags.parse_name(name)):
        raise InvalidError("tag", "has already been taken", "ERR_TAKEN")
    await _enqueue_account_update(tx, actor)
    featured = await featured_tag_queries.find(tx, actor.id, row.id)
    assert featured is not None
    return featured


async def remove(tx: Tx, actor: AccountRow, featured_id: int) -> None:
    """Stop featuring a tag, by the id of the featured tag. Raises NotFoundError."""
    if not await featured_tag_queries.delete_by_id(tx, actor.id, featured_id):
        raise NotFoundError
    await _enqueue_account_update(tx, actor)


async def feature(tx: Tx, actor: AccountRow, name: str) -> TagRow:
    """Feature a tag unless it is featured already. Raises NotFoundError, InvalidError."""
    row = await tags.get_or_create(tx, name)
    if not (await featured_tag_queries.load_viewer_facts(tx, actor.id, [row.id]))["features"]:
        await add(tx, actor, name)
    return row


async def unfeature(tx: Tx, actor: AccountRow, name: str) -> TagRow:
    """Stop featuring a tag, if it is featured. Raises NotFoundError if the name is not valid."""
    row = await tags.get(tx, name)
    if await featured_tag_queries.delete_by_tag(tx, actor.id, row.id):
        await _enqueue_account_update(tx, actor)
    return row


async def list_suggestions(tx: ReadTx, actor: AccountRow) -> list[TagRow]:
    """Return tags that `actor` used often in half a year and does not feature."""
    since = first_id_at(tx.now - HALF_YEAR_MS)
    return await featured_tag_queries.list_suggested(tx, actor.id, since, MAX_SUGGESTIONS)


async def receive(tx: Tx, account: AccountRow, name: str, *, added: bool) -> bool:
    """Record that a remote account features a tag or stops doing so; False if nothing changed."""
    try:
        row = await (tags.get_or_create if added else tags.get)(tx, name.removeprefix("#"))
    except NotFoundError:
        return False
    if not added:
        return await featured_tag_queries.delete_by_tag(tx, account.id, row.id)
    if await featured_tag_queries.count_by_account(tx, account.id) >= MAX_TAGS:
        return False
    return await featured_tag_queries.insert(tx, account.id, row.id, tags.parse_name(name.removeprefix("#")))


async def replace_remote(tx: Tx, account: AccountRow, names: Sequence[str]) -> None:
    """Replace all featured tags of a remote account."""
    for former in await featured_tag_queries.list_by_account(tx, account.id):
        await featured_tag_queries.delete_by_id(tx, account.id, former.id)
    for name in names[:MAX_TAGS]:
        await receive(tx, account, name, added=True)


async def _enqueue_account_update(tx: Tx, actor: AccountRow) -> None:
    """Enqueue an update of the actor: peers then fetch its collection of tags again."""
    await account_queries.touch_profile(tx, actor.id)
    await jobs.enqueue(tx, jobs.UpdateAccount(actor.id), dedupe=f"update_account:{actor.id}")
