"""Changes of our accounts: a new profile, a move, the end, and what is pinned to the profile."""

from __future__ import annotations

from activitypub import activities
from fedserver.domain.accounts import accounts, keys
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.federation.outbound.activity import OutboundActivity, list_follower_inboxes
from fedserver.federation.outbound.actors import render_actor
from storage.engine import ReadTx, Tx
from storage.queries.accounts import accounts as account_queries


async def render_update(tx: ReadTx, site: NodeContext, job: jobs.UpdateAccount) -> OutboundActivity | None:
    """Return the Update of an actor for its followers."""
    sender = await account_queries.find(tx, job.account_id)
    if sender is None or sender.deleted_at is not None:
        return None
    key_rows = await keys.list_by_account(tx, sender.id)
    document = render_actor(site, sender, key_rows, await accounts.find_moved_to_uri(tx, sender))
    uri = site.links.update(sender.uri, sender.updated_at)
    activity = activities.update_actor(uri, document, sender.followers_uri)
    return OutboundActivity(sender, activity, await list_follower_inboxes(tx, sender.id))


async def render_move(tx: Tx, site: NodeContext, job: jobs.MoveAccount) -> OutboundActivity | None:
    """Return the Move of an account (FEP-7628) for its followers, who are to follow the other one."""
    sender = await account_queries.find(tx, job.account_id)
    target = await account_queries.find(tx, job.target_id)
    if sender is None or target is None or sender.moved_to_id != target.id:
        return None
    uri = site.links.activity(sender.uri, "moves", tx.new_id())
    activity = activities.move(uri, sender.uri, target.uri, sender.followers_uri)
    return OutboundActivity(sender, activity, await list_follower_inboxes(tx, sender.id))


async def render_delete(tx: ReadTx, site: NodeContext, job: jobs.DeleteAccount) -> OutboundActivity | None:
    """Return the Delete of an actor, for every server we know."""
    sender = await account_queries.find(tx, job.account_id)
    if sender is None:
        return None
    activity = activities.delete_actor(site.links.delete(sender.uri), sender.uri)
    # Every server may have a copy of something, also those without followers.
    inboxes = await account_queries.list_inboxes(tx)
    return OutboundActivity(sender, activity, tuple(dict.fromkeys(inboxes)))


async def render_pin(tx: Tx, site: NodeContext, job: jobs.UpdatePin) -> OutboundActivity | None:
    """Return the Add or Remove of a pinned post for the followers of its author."""
    sender = await account_queries.find(tx, job.account_id)
    if sender is None:
        return None
    kind = "Add" if job.added else "Remove"
    uri = site.links.activity(sender.uri, "pins", tx.new_id())
    activity = activities.change_collection(kind, uri, sender.uri, job.post_uri, sender.featured_uri)
    return OutboundActivity(sender, activity, await list_follower_inboxes(tx, sender.id))
