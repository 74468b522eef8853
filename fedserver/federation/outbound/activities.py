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
from fedserver.domain.kernel.context import Site
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


class Outgoing(Struct, frozen=True):
    """An activity, who signs it, and the inboxes (each once)."""

    sender: AccountRow
    document: Document
    inboxes: tuple[str, ...]
    synchronizes: bool = False  # receivers are told which followers they have


Render = Callable[[Tx, Site, Any], Awaitable[Outgoing | None]]


async def _account(tx: Tx, account_id: int) -> AccountRow | None:
    return await account_queries.by_id(tx, account_id)


async def _inboxes(tx: Tx, sender_id: int, visibility: str, account_ids: Iterable[int]) -> tuple[str, ...]:
    """Shared inboxes of followers and named accounts; personal ones for what is direct."""
    if visibility == "partners":
        return tuple((await partner_queries.inboxes(tx, "local")).values())
    named = [row for row in await account_queries.by_ids(tx, list(account_ids)) if row.domain]
    if visibility == "direct":
        found = [row.inbox_uri for row in named]
    else:
        found = await follow_queries.inboxes(tx, sender_id)
        found += [row.shared_inbox_uri or row.inbox_uri for row in named]
    return tuple(dict.fromkeys(found))


async def _load_post(tx: Tx, site: Site, post_id: int) -> tuple[PostRow, AccountRow, Document] | None:
    row = await post_queries.by_id(tx, post_id)
    if row is None or row.state != "published" or row.visibility == "local":
        return None
    author = await _account(tx, row.account_id)
    if author is None or author.deleted_at is not None:
        return None
    files = await media_queries.of_posts(tx, [row.id])
    polls = await poll_views.load(tx, [row], None)
    quote = await quote_queries.of_post(tx, row.id)
    return row, author, outgoing_posts.post(site, row, author, files, polls.get(row.id), quote)


async def _post_inboxes(tx: Tx, row: PostRow) -> tuple[str, ...]:
    answered = row.in_reply_to_account_id
    if row.visibility == "partners" and answered is not None:
        return await _answered_partner(tx, answered)
    named = await mention_queries.of_post(tx, row.id)
    if answered is not None and row.visibility != "direct":
        named.append(answered)
    found = await _inboxes(tx, row.account_id, row.visibility, named)
    return tuple(dict.fromkeys((*found, *await _shown_to(tx, row.visibility))))


async def _answered_partner(tx: Tx, answered_id: int) -> tuple[str, ...]:
    """An answer to a post for another node's partners goes to that node only: ours may not have seen it."""
    inboxes = await partner_queries.inboxes(tx, "local")
    answered = await _account(tx, answered_id)
    if answered is None or not answered.domain:
        return tuple(inboxes.values())
    return (inboxes[answered.domain],) if answered.domain in inboxes else ()


async def _shown_to(tx: Tx, visibility: str) -> tuple[str, ...]:
    """Who is shown what everybody may read, whether somebody there follows its author or not."""
    if visibility != "public":
        return ()
    partners = await partner_queries.inboxes(tx, "posts")
    return (*partners.values(), *await relay_queries.inboxes(tx))


async def create_post(tx: Tx, site: Site, task: jobs.CreatePost) -> Outgoing | None:
    found = await _load_post(tx, site, task.post_id)
    if found is None:
        return None
    row, author, document = found
    await relays.owe(tx, row)
    made = activities.create(site.links.create(row.uri), author.uri, document)
    return Outgoing(author, made, await _post_inboxes(tx, row), row.visibility == "followers")


async def update_post(tx: Tx, site: Site, task: jobs.UpdatePost) -> Outgoing | None:
    found = await _load_post(tx, site, task.post_id)
    if found is None:
        return None
    row, author, document = found
    moment = task.moment or row.edited_at or row.published_at
    made = activities.update(site.links.update(row.uri, moment), author.uri, document, moment)
    boosters = [booster for _, booster in await post_queries.boosts_of(tx, row.id)]
    quoters = [quoter for _, quoter in await quote_queries.quoters(tx, row.id)]
    inboxes = await _post_inboxes(tx, row)
    more = await _inboxes(tx, -1, "direct", [*boosters, *quoters])
    return Outgoing(author, made, tuple(dict.fromkeys((*inboxes, *more))), row.visibility == "followers")


async def update_poll(tx: Tx, site: Site, task: jobs.UpdatePoll) -> Outgoing | None:
    # Votes that come now wait for this transaction and owe the next telling.
    poll = await poll_queries.lock(tx, task.post_id)
    found = await _load_post(tx, site, task.post_id)
    if found is None or poll is None:
        return None
    row, author, document = found
    made = activities.update(site.links.update(row.uri, tx.now), author.uri, document, tx.now)
    voters = await _inboxes(tx, -1, row.visibility, await poll_queries.their_voters(tx, row.id))
    return Outgoing(author, made, tuple(dict.fromkeys((*await _post_inboxes(tx, row), *voters))))


async def vote(tx: Tx, site: Site, task: jobs.Vote) -> Outgoing | None:
    row = await poll_queries.vote(tx, task.vote_id)
    post = await post_queries.by_id(tx, row.post_id) if row else None
    if row is None or post is None:
        return None
    voter, author = await _account(tx, row.account_id), await _account(tx, post.account_id)
    options = {each.id: each for each in await poll_queries.options(tx, post.id)}
    if voter is None or author is None or not author.domain:
        return None
    name = options[row.option_id].name
    document = write_vote(row.uri, voter.uri, name, post.uri, author.uri)
    made = activities.vote(site.links.create(row.uri), voter.uri, document)
    return Outgoing(voter, made, (author.inbox_uri,))


async def delete_post(tx: Tx, site: Site, task: jobs.DeletePost) -> Outgoing | None:
    author = await _account(tx, task.account_id)
    if author is None:
        return None
    named = await account_queries.by_ids(tx, list(task.audience.account_ids))
    to = [PUBLIC] if task.audience.visibility in ("public", "unlisted") else [each.uri for each in named]
    made = activities.delete(site.links.delete(task.uri), author.uri, task.uri, to)
    told = task.audience.account_ids
    if task.at and task.audience.visibility != "direct":
        # They followed until they were blocked, and have a copy.
        told = (*told, *await block_queries.since(tx, author.id, task.at))
    inboxes = await _inboxes(tx, author.id, task.audience.visibility, told)
    shown = await _shown_to(tx, task.audience.visibility)
    return Outgoing(author, made, tuple(dict.fromkeys((*inboxes, *shown))))


async def announce(tx: Tx, site: Site, task: jobs.Announce) -> Outgoing | None:
    boost = await post_queries.by_id(tx, task.boost_id)
    post = await post_queries.by_id(tx, boost.boost_of_id) if boost and boost.boost_of_id else None
    sender = await _account(tx, boost.account_id) if boost else None
    author = await _account(tx, post.account_id) if post else None
    if boost is None or post is None or sender is None or author is None:
        return None
    to, cc = addresses(boost.visibility, sender.followers_uri, [author.uri])
    made = activities.announce(boost.uri, sender.uri, post.uri, to, cc, boost.published_at)
    return Outgoing(sender, made, await _inboxes(tx, sender.id, boost.visibility, [author.id]))


async def undo_announce(tx: Tx, site: Site, task: jobs.UndoAnnounce) -> Outgoing | None:
    sender = await _account(tx, task.account_id)
    if sender is None:
        return None
    named = await account_queries.by_ids(tx, list(task.audience.account_ids))
    to, cc = addresses(task.audience.visibility, sender.followers_uri, [each.uri for each in named])
    undone = activities.announce(task.uri, sender.uri, task.post_uri, to, cc, tx.now)
    made = activities.undo(site.links.undo(task.uri), sender.uri, undone)
    inboxes = await _inboxes(tx, sender.id, task.audience.visibility, task.audience.account_ids)
    return Outgoing(sender, made, inboxes)


async def like(tx: Tx, site: Site, task: jobs.Like) -> Outgoing | None:
    sender = await _account(tx, task.account_id)
    post = await post_queries.by_id(tx, task.post_id)
    author = await _account(tx, post.account_id) if post else None
    if sender is None or post is None or author is None or not author.domain:
        return None
    made = _liked(task, sender.uri, post.uri, author.uri)
    return Outgoing(sender, made, (author.inbox_uri,))


def _liked(task: jobs.Like | jobs.UndoLike, actor: str, post: str, author: str) -> Document:
    made = activities.like(task.uri, actor, post, author)
    return with_reaction(made, Reaction(task.emoji, task.picture)) if task.emoji else made


async def undo_like(tx: Tx, site: Site, task: jobs.UndoLike) -> Outgoing | None:
    sender, author = await _account(tx, task.account_id), await _account(tx, task.author_id)
    if sender is None or author is None or not author.domain:
        return None
    undone = _liked(task, sender.uri, task.post_uri, author.uri)
    return Outgoing(
        sender, activities.undo(site.links.undo(task.uri), sender.uri, undone), (author.inbox_uri,)
    )


async def follow(tx: Tx, site: Site, task: jobs.Follow) -> Outgoing | None:
    sender, target = await _account(tx, task.account_id), await _account(tx, task.target_id)
    if sender is None or target is None or not target.domain:
        return None
    return Outgoing(sender, activities.follow(task.uri, sender.uri, target.uri), (target.inbox_uri,))


async def undo_follow(tx: Tx, site: Site, task: jobs.UndoFollow) -> Outgoing | None:
    sender, target = await _account(tx, task.account_id), await _account(tx, task.target_id)
    if sender is None or target is None or not target.domain:
        return None
    undone = activities.follow(task.uri, sender.uri, target.uri)
    return Outgoing(
        sender, activities.undo(site.links.undo(task.uri), sender.uri, undone), (target.inbox_uri,)
    )


async def answer_follow(tx: Tx, site: Site, task: jobs.AnswerFollow) -> Outgoing | None:
    sender, follower = await _account(tx, task.account_id), await _account(tx, task.follower_id)
    if sender is None or follower is None or not follower.domain:
        return None
    kind, word = ("Accept", "accepts") if task.accepted else ("Reject", "rejects")
    asked = activities.follow(task.uri, follower.uri, sender.uri)
    uri = site.links.act(sender.uri, word, tx.new_id())
    return Outgoing(
        sender, activities.answer(kind, uri, sender.uri, asked, follower.uri), (follower.inbox_uri,)
    )


async def block(tx: Tx, site: Site, task: jobs.Block) -> Outgoing | None:
    sender, target = await _account(tx, task.account_id), await _account(tx, task.target_id)
    if sender is None or target is None or not target.domain:
        return None
    return Outgoing(sender, activities.block(task.uri, sender.uri, target.uri), (target.inbox_uri,))


async def undo_block(tx: Tx, site: Site, task: jobs.UndoBlock) -> Outgoing | None:
    sender, target = await _account(tx, task.account_id), await _account(tx, task.target_id)
    if sender is None or target is None or not target.domain:
        return None
    undone = activities.block(task.uri, sender.uri, target.uri)
    return Outgoing(
        sender, activities.undo(site.links.undo(task.uri), sender.uri, undone), (target.inbox_uri,)
    )


async def update_account(tx: Tx, site: Site, task: jobs.UpdateAccount) -> Outgoing | None:
    sender = await _account(tx, task.account_id)
    if sender is None or sender.deleted_at is not None:
        return None
    key_rows = await keys.of_account(tx, sender.id)
    document = outgoing_accounts.actor(site, sender, key_rows, await accounts.new_uri(tx, sender))
    uri = site.links.update(sender.uri, sender.updated_at)
    made = activities.update_actor(uri, document, sender.followers_uri)
    return Outgoing(sender, made, await _inboxes(tx, sender.id, "public", ()))


async def move_account(tx: Tx, site: Site, task: jobs.MoveAccount) -> Outgoing | None:
    sender, target = await _account(tx, task.account_id), await _account(tx, task.target_id)
    if sender is None or target is None or sender.moved_to_id != target.id:
        return None
    made = activities.move(
        site.links.act(sender.uri, "moves", tx.new_id()), sender.uri, target.uri, sender.followers_uri
    )
    return Outgoing(sender, made, await _inboxes(tx, sender.id, "public", ()))


async def delete_account(tx: Tx, site: Site, task: jobs.DeleteAccount) -> Outgoing | None:
    sender = await _account(tx, task.account_id)
    if sender is None:
        return None
    made = activities.delete_actor(site.links.delete(sender.uri), sender.uri)
    # Whoever may have a copy of something hears of it, followers or not.
    inboxes = await account_queries.inboxes(tx)
    return Outgoing(sender, made, tuple(dict.fromkeys(inboxes)))


async def pin(tx: Tx, site: Site, task: jobs.Pin) -> Outgoing | None:
    sender = await _account(tx, task.account_id)
    if sender is None:
        return None
    kind = "Add" if task.added else "Remove"
    uri = site.links.act(sender.uri, "pins", tx.new_id())
    made = activities.change_collection(kind, uri, sender.uri, task.post_uri, sender.featured_uri)
    return Outgoing(sender, made, await _inboxes(tx, sender.id, "public", ()))


async def flag(tx: Tx, site: Site, task: jobs.Flag) -> Outgoing | None:
    """From the node itself, so that who reported stays among us."""
    report = await report_queries.by_id(tx, task.report_id)
    sender = await accounts.instance_account(tx, site)
    target = await _account(tx, report.target_id) if report is not None else None
    if report is None or sender is None or target is None or not target.domain:
        return None
    posts = await post_queries.by_ids(tx, reports.post_ids(report))
    objects = [target.uri, *(row.uri for row in posts.values() if row.account_id == target.id)]
    uri = site.links.act(sender.uri, "flags", report.id)
    made = activities.flag(uri, sender.uri, objects, report.comment, target.uri)
    return Outgoing(sender, made, (target.inbox_uri,))


async def request_quote(tx: Tx, site: Site, task: jobs.RequestQuote) -> Outgoing | None:
    found, quote = await _load_post(tx, site, task.post_id), await quote_queries.of_post(tx, task.post_id)
    if found is None or quote is None or quote.request_uri is None or quote.quoted_account_id is None:
        return None
    row, sender, document = found
    # guard: partners: a quote of somebody else
    if row.visibility == "partners":
        return None  # whoever is quoted may be no partner, and the request shows the post
    author = await _account(tx, quote.quoted_account_id)
    if author is None or not author.domain:
        return None
    made = quote_request(quote.request_uri, sender.uri, quote.quoted_uri, document, [author.uri])
    return Outgoing(sender, made, (author.inbox_uri,))


async def answer_quote(tx: Tx, site: Site, task: jobs.AnswerQuote) -> Outgoing | None:
    sender, asking = await _account(tx, task.account_id), await _account(tx, task.requester_id)
    if sender is None or asking is None or not asking.domain:
        return None
    granted = task.authorization_uri
    kind, word = ("Accept", "accepts") if granted is not None else ("Reject", "rejects")
    asked = quote_request(task.uri, asking.uri, task.quoted_uri, task.quoting_uri, [sender.uri])
    uri = site.links.act(sender.uri, word, tx.new_id())
    made = activities.answer(kind, uri, sender.uri, asked, asking.uri, granted)
    return Outgoing(sender, made, (asking.inbox_uri,))


async def revoke_quote(tx: Tx, site: Site, task: jobs.RevokeQuote) -> Outgoing | None:
    sender = await _account(tx, task.account_id)
    if sender is None:
        return None
    made = activities.delete_authorization(site.links.delete(task.uri), sender.uri, task.uri, [PUBLIC])
    return Outgoing(sender, made, await _inboxes(tx, sender.id, "public", [task.quoter_id]))


RENDER: dict[type[jobs.Task], Render] = {
    jobs.CreatePost: create_post,
    jobs.UpdatePost: update_post,
    jobs.UpdatePoll: update_poll,
    jobs.Vote: vote,
    jobs.DeletePost: delete_post,
    jobs.Announce: announce,
    jobs.UndoAnnounce: undo_announce,
    jobs.Like: like,
    jobs.UndoLike: undo_like,
    jobs.Follow: follow,
    jobs.UndoFollow: undo_follow,
    jobs.AnswerFollow: answer_follow,
    jobs.Block: block,
    jobs.UndoBlock: undo_block,
    jobs.UpdateAccount: update_account,
    jobs.MoveAccount: move_account,
    jobs.DeleteAccount: delete_account,
    jobs.Flag: flag,
    jobs.Pin: pin,
    jobs.RequestQuote: request_quote,
    jobs.AnswerQuote: answer_quote,
    jobs.RevokeQuote: revoke_quote,
}
