"""Boosts: posts that another account shares with its followers. Each is a row of its own among the posts."""

from __future__ import annotations

from msgspec import structs

from fedserver.domain.kernel import events, jobs
from fedserver.domain.kernel.context import NodeContext, check_not_moved
from fedserver.domain.kernel.errors import ForbiddenError
from fedserver.domain.notifications import notifications
from fedserver.domain.timelines import interaction_policies, streams, visibility
from fedserver.domain.timelines.visibility import PUBLIC_VISIBILITIES, narrower
from fedserver.text.locales import gettext
from storage.engine import ReadTx, Tx
from storage.queries.posts import posts as post_queries
from storage.queries.timelines import home_entries as home_entry_queries
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow


def _build_row(
    post: PostRow, actor: AccountRow, identifier: int, uri: str, visibility: str, at: int
) -> PostRow:
    return structs.replace(
        post,
        id=identifier,
        uri=uri,
        url=uri,
        account_id=actor.id,
        local=not actor.domain,
        kind="Announce",
        visibility=visibility,
        title="",
        slug=None,
        summary="",
        source="",
        html="",
        cover_id=None,
        mentions="[]",
        tags="[]",
        emojis="[]",
        in_reply_to_id=None,
        in_reply_to_account_id=None,
        in_reply_to_uri=None,
        thread_id=identifier,
        context_uri="",
        boost_of_id=post.id,
        app_id=None,
        published_at=at,
        edited_at=None,
        replies_count=0,
        boosts_count=0,
        likes_count=0,
        version=1,
        quotes_count=0,
        interaction_policy="",
    )


async def boost(
    tx: Tx, site: NodeContext, actor: AccountRow, post_id: int, visibility: str = "public"
) -> int:
    """Boost a post; the id of the boost, also if there was one. Raises NotFoundError, ForbiddenError."""
    check_not_moved(actor)
    post = await _get_boostable(tx, actor, post_id)
    former = await post_queries.find_boost(tx, actor.id, post.id)
    if former is not None:
        return former.id
    await interaction_policies.check_allowed(tx, post, actor, interaction_policies.ANNOUNCE)
    identifier = tx.new_id()
    uri = site.links.boost(actor.username, identifier)
    row = _build_row(post, actor, identifier, uri, _choose_visibility(post, visibility), tx.now)
    await _record(tx, row, post)
    if row.visibility != "local":
        await jobs.enqueue(tx, jobs.Announce(identifier))
    return identifier


def _choose_visibility(post: PostRow, wanted: str) -> str:
    wanted = wanted if wanted in ("public", "unlisted", "followers") else "public"
    return "local" if post.visibility == "local" else narrower(post.visibility, wanted)


async def _get_boostable(tx: ReadTx, actor: AccountRow, post_id: int) -> PostRow:
    post = await visibility.require(tx, post_id, actor.id)
    own_followers = post.visibility == "followers" and post.account_id == actor.id
    if post.visibility not in (*PUBLIC_VISIBILITIES, "local") and not own_followers:
        raise ForbiddenError(gettext("Posts for followers or for named people cannot be boosted."))
    return post


async def _record(tx: Tx, row: PostRow, post: PostRow) -> bool:
    """Store a boost and show it; False if there was one."""
    while not await post_queries.insert(tx, row):
        if await post_queries.find_boost(tx, row.account_id, post.id) is not None:
            return False
        if await post_queries.find_by_uri(tx, row.uri) is not None:
            return False
        # Another post of that very millisecond has the id: take the next.
        identifier = tx.new_id(row.published_at)
        row = structs.replace(row, id=identifier, thread_id=identifier)
    await post_queries.adjust_count(tx, post.id, "boosts_count", 1)
    if row.local:
        await home_entry_queries.insert_own_boost(tx, row)
    await home_entry_queries.fan_out(tx, row, post.account_id)
    await notifications.notify(tx, "reblog", post.account_id, row.account_id, post.id, post=post)
    tx.emit(events.POST_PUBLISHED, post_id=row.id)
    tx.emit(events.POST_CHANGED, post_id=post.id)
    return True


async def unboost(tx: Tx, actor: AccountRow, post_id: int) -> PostRow:
    """Take a boost back; the post. Raises NotFoundError if the post cannot be seen."""
    post = await visibility.require(tx, post_id, actor.id)
    former = await post_queries.find_boost(tx, actor.id, post.id)
    if former is not None:
        await _remove(tx, former, post)
        if former.visibility != "local":
            audience = jobs.Audience(former.visibility, (post.account_id,))
            await jobs.enqueue(tx, jobs.UndoAnnounce(actor.id, former.uri, post.uri, audience))
    return post


async def _remove(tx: Tx, row: PostRow, post: PostRow) -> None:
    await streams.emit_deletion(tx, row)
    if post.boosts_count > 1:
        await home_entry_queries.restore_boosts(tx, row.id)
    await post_queries.delete_by_id(tx, row.id)
    await post_queries.adjust_count(tx, post.id, "boosts_count", -1)
    await notifications.retract(tx, "reblog", post.account_id, row.account_id, post.id)
    tx.emit(events.POST_CHANGED, post_id=post.id)


async def remove_by_post(tx: Tx, post: PostRow) -> None:
    """Delete the boosts of a post that is deleted, and emit it for those at whose home they were."""
    boosters = dict(await post_queries.list_boosts(tx, post.id))
    for boost_id, holders in (await home_entry_queries.load_recipients(tx, list(boosters))).items():
        events.emit_post_deleted(tx, boost_id, boosters[boost_id], holders)
    await streams.withdraw_boosts(tx, boosters)
    await post_queries.delete_boosts(tx, post.id)


async def receive(tx: Tx, actor: AccountRow, uri: str, post: PostRow, audience: str, at: int) -> None:
    """Record that a peer's account boosted `post`, if it is open to all; a second time changes nothing.

    Nor does the boost of an account that the author blocks: no member could boost the post in its place.
    """
    # guard: boosts of private posts
    if post.visibility not in PUBLIC_VISIBILITIES and post.account_id != actor.id:
        return
    # guard: boosts of accounts that the author blocks
    if not await visibility.can_see(tx, post.id, actor.id):
        return
    # guard: boosts that a local member does not want
    if post.local and not await interaction_policies.is_allowed(
        tx, post, actor, interaction_policies.ANNOUNCE
    ):
        return
    if await post_queries.find_boost(tx, actor.id, post.id) is not None:
        return
    if await post_queries.find_by_uri(tx, uri) is not None:
        # The actor's server used the id for the boost of another post before.
        uri = f"{actor.uri}#boosts/{post.id}"
    row = _build_row(post, actor, tx.new_id(at), uri, narrower(post.visibility, audience), min(at, tx.now))
    await _record(tx, row, post)


async def receive_undo(tx: Tx, actor: AccountRow, uri: str, post_uri: str | None) -> bool:
    """Undo the boost of a peer's account; return False if there is none.

    The post tells more than the URI, which may have been that of other boosts as well.
    """
    boosted = await post_queries.find_by_uri(tx, post_uri) if post_uri is not None else None
    if boosted is not None:
        row = await post_queries.find_boost(tx, actor.id, boosted.id)
    else:
        row = await post_queries.find_by_uri(tx, uri) if uri else None
    if row is None or row.account_id != actor.id or row.boost_of_id is None:
        return False
    post = await post_queries.find(tx, row.boost_of_id)
    if post is not None:
        await _remove(tx, row, post)
    return True
