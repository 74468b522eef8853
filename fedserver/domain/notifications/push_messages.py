"""What a push message is about: the notification as its account sees it now, and for whom it is."""

from __future__ import annotations

from msgspec import Struct

from fedserver.domain.auth import members
from fedserver.domain.auth.members import MemberSettings
from fedserver.domain.notifications import notification_views
from fedserver.domain.notifications.notification_views import NotificationView
from storage.engine import ReadTx, Tx
from storage.queries.auth import members as member_queries
from storage.queries.notifications import push_subscriptions as push_subscription_queries
from storage.rows.notifications import PushSubscriptionRow


class PushMessage(Struct, frozen=True):
    """A message for one subscription; `settings` are those of the member who gets it."""

    subscription: PushSubscriptionRow
    view: NotificationView
    settings: MemberSettings | None


async def load(tx: ReadTx, subscription_id: int, notification_id: int) -> PushMessage | None:
    """Return the message for a subscription.

    Returns None if it is not to be sent any more: unsubscribed, dismissed, or hidden by a filter, a block or
    a mute.
    """
    subscription = await push_subscription_queries.find_active(tx, subscription_id)
    if subscription is None:
        return None
    view = await notification_views.find_wanted(tx, notification_id)
    if view is None or view.row.account_id != subscription.account_id:
        return None
    if view.post is not None and any(hit.filter.action == "hide" for hit in view.post.filtered):
        return None
    member = await member_queries.find_by_account(tx, subscription.account_id)
    settings = members.decode_settings(member) if member is not None else None
    return PushMessage(subscription, view, settings)


async def remove_subscription(tx: Tx, subscription_id: int) -> None:
    """Remove a subscription whose client is gone, as its push service says."""
    await push_subscription_queries.delete_by_id(tx, subscription_id)
