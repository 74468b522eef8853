"""What is owed to peers, as activities and the inboxes they go to: one function a task.

A function reads rows and renders; it returns None if there is nothing to tell any more.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from msgspec import Struct

from activitypub import activities
from activitypub.addressing import addresses
from activitypub.document import Document
from activitypub.interactions import quote_request
from activitypub.objects import write_vote
from activitypub.reactions import Reaction, with_reaction
from activitypub.terms import PUBLIC
from fedserver.domain.accounts import accounts, keys
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.moderation import reports
from fedserver.domain.peers import relays
from fedserver.domain.timelines import poll_views
from fedserver.federation.outbound import accounts as outgoing_accounts
from fedserver.federation.outbound import posts as outgoing_posts
from storage.engine import Tx
from storage.queries.accounts import accounts as account_queries
from storage.queries.content import media as media_queries
from storage.queries.moderation import reports as report_queries
from storage.queries.peers import partners as partner_queries
from storage.queries.peers import relays as relay_queries
from storage.queries.posts import mentions as mention_queries
from storage.queries.posts import polls as poll_queries
from storage.queries.posts import posts as post_queries
from storage.queries.posts import quotes as quote_queries
from storage.queries.relationships import blocks as block_queries
from storage.queries.relationships import follows as follow_queries
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow


class OutboundActivity(Struct, frozen=True):
    """An activity, who signs it, and the inboxes (each once)."""

    sender: AccountRow
    document: Document
    inboxes: tuple[str, ...]
    synchronizes: bool = False  # receivers are told which followers they have


Renderer = Callable[[Tx, NodeContext, Any], Awaitable[OutboundActivity | None]]


async def _find_account(tx: Tx, account_id: int) -> AccountRow | None:
    return await account_queries.find(tx, account_id)


async def _list_inboxes(
    tx: Tx, sender_id: int, visibility: str, account_ids: Iterable[int]
) -> tuple[str, ...]:
    """Shared inboxes of followers and named accounts; personal ones for what is direct."""
    if visibility == "partners":
        return tuple((await partner_queries.load_inboxes(tx, "local")).values())
    named = [row for row in await account_queries.load_by_ids(tx, list(account_ids)) if row.domain]
    if visibility == "direct":
        found = [row.inbox_uri for row in named]
    else:
        found = await follow_queries.list_inboxes(tx, sender_id)
        found += [row.shared_inbox_uri or row.inbox_uri for row in named]
    return tuple(dict.fromkeys(found))


async def _load_post(tx: Tx, site: NodeContext, post_id: int) -> tuple[PostRow, AccountRow, Document] | None:
    row = await post_queries.find(tx, post_id)
    if row is None or row.state != "published" or row.visibility == "local":
        return None
    author = await _find_account(tx, row.account_id)
    if author is None or author.deleted_at is not None:
        return None
    files = await media_queries.load_by_posts(tx, [row.id])
    polls = await poll_views.load(tx, [row], None)
    quote = await quote_queries.find_by_post(tx, row.id)
    return row, author, outgoing_posts.render_post(site, row, author, files, polls.get(row.id), quote)


async def _list_post_inboxes(tx: Tx, row: PostRow) -> tuple[str, ...]:
    answered = row.in_reply_to_account_id
    if row.visibility == "partners" and answered is not None:
        return await _list_reply_inboxes(tx, answered)
    named = await mention_queries.list_by_post(tx, row.id)
    if answered is not None and row.visibility != "direct":
        named.append(answered)
    found = await _list_inboxes(tx, row.account_id, row.visibility, named)
    return tuple(dict.fromkeys((*found, *await _list_public_inboxes(tx, row.visibility))))


async def _list_reply_inboxes(tx: Tx, answered_id: int) -> tuple[str, ...]:
    """An answer to a post for another node's partners goes to that node only: ours may not have seen it."""
    inboxes = await partner_queries.load_inboxes(tx, "local")
    answered = await _find_account(tx, answered_id)
    if answered is None or not answered.domain:
        return tuple(inboxes.values())
    return (inboxes[answered.domain],) if answered.domain in inboxes else ()


async def _list_public_inboxes(tx: Tx, visibility: str) -> tuple[str, ...]:
    """Who is shown what everybody may read, whether somebody there follows its author or not."""
    if visibility != "public":
        return ()
    partners = await partner_queries.load_inboxes(tx, "posts")
    return (*partners.values(), *await relay_queries.list_inboxes(tx))


async def render_create_post(tx: Tx, site: NodeContext, job: jobs.CreatePost) -> OutboundActivity | None:
    found = await _load_post(tx, site, job.post_id)
    if found is None:
        return None
    row, author, document = found
    await relays.enqueue_boost(tx, row)
    made = activities.create(site.links.create(row.uri), author.uri, document)
    return OutboundActivity(author, made, await _list_post_inboxes(tx, row), row.visibility == "followers")


async def render_update_post(tx: Tx, site: NodeContext, job: jobs.UpdatePost) -> OutboundActivity | None:
    found = await _load_post(tx, site, job.post_id)
    if found is None:
        return None
    row, author, document = found
    moment = job.moment or row.edited_at or row.published_at
    made = activities.update(site.links.update(row.uri, moment), author.uri, document, moment)
    boosters = [booster for _, booster in await post_queries.list_boosts(tx, row.id)]
    quoters = [quoter for _, quoter in await quote_queries.list_quoters(tx, row.id)]
    inboxes = await _list_post_inboxes(tx, row)
    more = await _list_inboxes(tx, -1, "direct", [*boosters, *quoters])
    return OutboundActivity(
        author, made, tuple(dict.fromkeys((*inboxes, *more))), row.visibility == "followers"
    )


async def render_update_poll(tx: Tx, site: NodeContext, job: jobs.UpdatePoll) -> OutboundActivity | None:
    # Votes that come now wait for this transaction and owe the next telling.
    poll = await poll_queries.lock(tx, job.post_id)
    found = await _load_post(tx, site, job.post_id)
    if found is None or poll is None:
        return None
    row, author, document = found
    made = activities.update(site.links.update(row.uri, tx.now), author.uri, document, tx.now)
    voters = await _list_inboxes(tx, -1, row.visibility, await poll_queries.list_remote_voters(tx, row.id))
    return OutboundActivity(author, made, tuple(dict.fromkeys((*await _list_post_inboxes(tx, row), *voters))))


async def render_vote(tx: Tx, site: NodeContext, job: jobs.Vote) -> OutboundActivity | None:
    row = await poll_queries.find_vote(tx, job.vote_id)
    post = await post_queries.find(tx, row.post_id) if row else None
    if row is None or post is None:
        return None
    voter, author = await _find_account(tx, row.account_id), await _find_account(tx, post.account_id)
    options = {each.id: each for each in await poll_queries.list_options(tx, post.id)}
    if voter is None or author is None or not author.domain:
        return None
    name = options[row.option_id].name
    document = write_vote(row.uri, voter.uri, name, post.uri, author.uri)
    made = activities.vote(site.links.create(row.uri), voter.uri, document)
    return OutboundActivity(voter, made, (author.inbox_uri,))


async def render_delete_post(tx: Tx, site: NodeContext, job: jobs.DeletePost) -> OutboundActivity | None:
    author = await _find_account(tx, job.account_id)
    if author is None:
        return None
    named = await account_queries.load_by_ids(tx, list(job.audience.account_ids))
    to = [PUBLIC] if job.audience.visibility in ("public", "unlisted") else [each.uri for each in named]
    made = activities.delete(site.links.delete(job.uri), author.uri, job.uri, to)
    told = job.audience.account_ids
    if job.at and job.audience.visibility != "direct":
        # They followed until they were blocked, and have a copy.
        told = (*told, *await block_queries.list_blocked_since(tx, author.id, job.at))
    inboxes = await _list_inboxes(tx, author.id, job.audience.visibility, told)
    shown = await _list_public_inboxes(tx, job.audience.visibility)
    return OutboundActivity(author, made, tuple(dict.fromkeys((*inboxes, *shown))))


async def render_announce(tx: Tx, site: NodeContext, job: jobs.Announce) -> OutboundActivity | None:
    boost = await post_queries.find(tx, job.boost_id)
    post = await post_queries.find(tx, boost.boost_of_id) if boost and boost.boost_of_id else None
    sender = await _find_account(tx, boost.account_id) if boost else None
    author = await _find_account(tx, post.account_id) if post else None
    if boost is None or post is None or sender is None or author is None:
        return None
    to, cc = addresses(boost.visibility, sender.followers_uri, [author.uri])
    made = activities.announce(boost.uri, sender.uri, post.uri, to, cc, boost.published_at)
    return OutboundActivity(sender, made, await _list_inboxes(tx, sender.id, boost.visibility, [author.id]))


async def render_undo_announce(tx: Tx, site: NodeContext, job: jobs.UndoAnnounce) -> OutboundActivity | None:
    sender = await _find_account(tx, job.account_id)
    if sender is None:
        return None
    named = await account_queries.load_by_ids(tx, list(job.audience.account_ids))
    to, cc = addresses(job.audience.visibility, sender.followers_uri, [each.uri for each in named])
    undone = activities.announce(job.uri, sender.uri, job.post_uri, to, cc, tx.now)
    made = activities.undo(site.links.undo(job.uri), sender.uri, undone)
    inboxes = await _list_inboxes(tx, sender.id, job.audience.visibility, job.audience.account_ids)
    return OutboundActivity(sender, made, inboxes)


async def render_like(tx: Tx, site: NodeContext, job: jobs.Like) -> OutboundActivity | None:
    sender = await _find_account(tx, job.account_id)
    post = await post_queries.find(tx, job.post_id)
    author = await _find_account(tx, post.account_id) if post else None
    if sender is None or post is None or author is None or not author.domain:
        return None
    made = _build_like(job, sender.uri, post.uri, author.uri)
    return OutboundActivity(sender, made, (author.inbox_uri,))


def _build_like(task: jobs.Like | jobs.UndoLike, actor: str, post: str, author: str) -> Document:
    made = activities.like(task.uri, actor, post, author)
    return with_reaction(made, Reaction(task.emoji, task.picture)) if task.emoji else made


async def render_undo_like(tx: Tx, site: NodeContext, job: jobs.UndoLike) -> OutboundActivity | None:
    sender, author = await _find_account(tx, job.account_id), await _find_account(tx, job.author_id)
    if sender is None or author is None or not author.domain:
        return None
    undone = _build_like(job, sender.uri, job.post_uri, author.uri)
    return OutboundActivity(
        sender, activities.undo(site.links.undo(job.uri), sender.uri, undone), (author.inbox_uri,)
    )


async def render_follow(tx: Tx, site: NodeContext, job: jobs.Follow) -> OutboundActivity | None:
    sender, target = await _find_account(tx, job.account_id), await _find_account(tx, job.target_id)
    if sender is None or target is None or not target.domain:
        return None
    return OutboundActivity(sender, activities.follow(job.uri, sender.uri, target.uri), (target.inbox_uri,))


async def render_undo_follow(tx: Tx, site: NodeContext, job: jobs.UndoFollow) -> OutboundActivity | None:
    sender, target = await _find_account(tx, job.account_id), await _find_account(tx, job.target_id)
    if sender is None or target is None or not target.domain:
        return None
    undone = activities.follow(job.uri, sender.uri, target.uri)
    return OutboundActivity(
        sender, activities.undo(site.links.undo(job.uri), sender.uri, undone), (target.inbox_uri,)
    )


async def render_answer_follow(tx: Tx, site: NodeContext, job: jobs.AnswerFollow) -> OutboundActivity | None:
    sender, follower = await _find_account(tx, job.account_id), await _find_account(tx, job.follower_id)
    if sender is None or follower is None or not follower.domain:
        return None
    kind, word = ("Accept", "accepts") if job.accepted else ("Reject", "rejects")
    asked = activities.follow(job.uri, follower.uri, sender.uri)
    uri = site.links.activity(sender.uri, word, tx.new_id())
    return OutboundActivity(
        sender, activities.answer(kind, uri, sender.uri, asked, follower.uri), (follower.inbox_uri,)
    )


async def render_block(tx: Tx, site: NodeContext, job: jobs.Block) -> OutboundActivity | None:
    sender, target = await _find_account(tx, job.account_id), await _find_account(tx, job.target_id)
    if sender is None or target is None or not target.domain:
        return None
    return OutboundActivity(sender, activities.block(job.uri, sender.uri, target.uri), (target.inbox_uri,))


async def render_undo_block(tx: Tx, site: NodeContext, job: jobs.UndoBlock) -> OutboundActivity | None:
    sender, target = await _find_account(tx, job.account_id), await _find_account(tx, job.target_id)
    if sender is None or target is None or not target.domain:
        return None
    undone = activities.block(job.uri, sender.uri, target.uri)
    return OutboundActivity(
        sender, activities.undo(site.links.undo(job.uri), sender.uri, undone), (target.inbox_uri,)
    )


async def render_update_account(
    tx: Tx, site: NodeContext, job: jobs.UpdateAccount
) -> OutboundActivity | None:
    sender = await _find_account(tx, job.account_id)
    if sender is None or sender.deleted_at is not None:
        return None
    key_rows = await keys.list_by_account(tx, sender.id)
    document = outgoing_accounts.render_actor(
        site, sender, key_rows, await accounts.find_moved_to_uri(tx, sender)
    )
    uri = site.links.update(sender.uri, sender.updated_at)
    made = activities.update_actor(uri, document, sender.followers_uri)
    return OutboundActivity(sender, made, await _list_inboxes(tx, sender.id, "public", ()))


async def render_move_account(tx: Tx, site: NodeContext, job: jobs.MoveAccount) -> OutboundActivity | None:
    sender, target = await _find_account(tx, job.account_id), await _find_account(tx, job.target_id)
    if sender is None or target is None or sender.moved_to_id != target.id:
        return None
    made = activities.move(
        site.links.activity(sender.uri, "moves", tx.new_id()), sender.uri, target.uri, sender.followers_uri
    )
    return OutboundActivity(sender, made, await _list_inboxes(tx, sender.id, "public", ()))


async def render_delete_account(
    tx: Tx, site: NodeContext, job: jobs.DeleteAccount
) -> OutboundActivity | None:
    sender = await _find_account(tx, job.account_id)
    if sender is None:
        return None
    made = activities.delete_actor(site.links.delete(sender.uri), sender.uri)
    # Whoever may have a copy of something hears of it, followers or not.
    inboxes = await account_queries.list_inboxes(tx)
    return OutboundActivity(sender, made, tuple(dict.fromkeys(inboxes)))


async def render_pin(tx: Tx, site: NodeContext, job: jobs.UpdatePin) -> OutboundActivity | None:
    sender = await _find_account(tx, job.account_id)
    if sender is None:
        return None
    kind = "Add" if job.added else "Remove"
    uri = site.links.activity(sender.uri, "pins", tx.new_id())
    made = activities.change_collection(kind, uri, sender.uri, job.post_uri, sender.featured_uri)
    return OutboundActivity(sender, made, await _list_inboxes(tx, sender.id, "public", ()))


async def render_flag(tx: Tx, site: NodeContext, job: jobs.Flag) -> OutboundActivity | None:
    """From the node itself, so that who reported stays among us."""
    report = await report_queries.find(tx, job.report_id)
    sender = await accounts.find_instance_account(tx, site)
    target = await _find_account(tx, report.target_id) if report is not None else None
    if report is None or sender is None or target is None or not target.domain:
        return None
    posts = await post_queries.load_by_ids(tx, reports.post_ids(report))
    objects = [target.uri, *(row.uri for row in posts.values() if row.account_id == target.id)]
    uri = site.links.activity(sender.uri, "flags", report.id)
    made = activities.flag(uri, sender.uri, objects, report.comment, target.uri)
    return OutboundActivity(sender, made, (target.inbox_uri,))


async def render_request_quote(tx: Tx, site: NodeContext, job: jobs.RequestQuote) -> OutboundActivity | None:
    found, quote = await _load_post(tx, site, job.post_id), await quote_queries.find_by_post(tx, job.post_id)
    if found is None or quote is None or quote.request_uri is None or quote.quoted_account_id is None:
        return None
    row, sender, document = found
    # guard: partners: a quote of somebody else
    if row.visibility == "partners":
        return None  # whoever is quoted may be no partner, and the request shows the post
    author = await _find_account(tx, quote.quoted_account_id)
    if author is None or not author.domain:
        return None
    made = quote_request(quote.request_uri, sender.uri, quote.quoted_uri, document, [author.uri])
    return OutboundActivity(sender, made, (author.inbox_uri,))


async def render_answer_quote(tx: Tx, site: NodeContext, job: jobs.AnswerQuote) -> OutboundActivity | None:
    sender, asking = await _find_account(tx, job.account_id), await _find_account(tx, job.requester_id)
    if sender is None or asking is None or not asking.domain:
        return None
    granted = job.authorization_uri
    kind, word = ("Accept", "accepts") if granted is not None else ("Reject", "rejects")
    asked = quote_request(job.uri, asking.uri, job.quoted_uri, job.quoting_uri, [sender.uri])
    uri = site.links.activity(sender.uri, word, tx.new_id())
    made = activities.answer(kind, uri, sender.uri, asked, asking.uri, granted)
    return OutboundActivity(sender, made, (asking.inbox_uri,))


async def render_revoke_quote(tx: Tx, site: NodeContext, job: jobs.RevokeQuote) -> OutboundActivity | None:
    sender = await _find_account(tx, job.account_id)
    if sender is None:
        return None
    made = activities.delete_authorization(site.links.delete(job.uri), sender.uri, job.uri, [PUBLIC])
    return OutboundActivity(sender, made, await _list_inboxes(tx, sender.id, "public", [job.quoter_id]))


RENDERERS: dict[type[jobs.Job], Renderer] = {
    jobs.CreatePost: render_create_post,
    jobs.UpdatePost: render_update_post,
    jobs.UpdatePoll: render_update_poll,
    jobs.Vote: render_vote,
    jobs.DeletePost: render_delete_post,
    jobs.Announce: render_announce,
    jobs.UndoAnnounce: render_undo_announce,
    jobs.Like: render_like,
    jobs.UndoLike: render_undo_like,
    jobs.Follow: render_follow,
    jobs.UndoFollow: render_undo_follow,
    jobs.AnswerFollow: render_answer_follow,
    jobs.Block: render_block,
    jobs.UndoBlock: render_undo_block,
    jobs.UpdateAccount: render_update_account,
    jobs.MoveAccount: render_move_account,
    jobs.DeleteAccount: render_delete_account,
    jobs.Flag: render_flag,
    jobs.UpdatePin: render_pin,
    jobs.RequestQuote: render_request_quote,
    jobs.AnswerQuote: render_answer_quote,
    jobs.RevokeQuote: render_revoke_quote,
}
