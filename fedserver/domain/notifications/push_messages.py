"""What a push message says: who did what, and the beginning of the post."""

from __future__ import annotations

from msgspec import Struct

from fedserver.domain.notifications import notification_views
from fedserver.domain.notifications.notification_views import NotificationView
from fedserver.text.excerpts import make_excerpt, shorten
from storage.engine import Tx
from storage.queries.notifications import push_subscriptions as push_subscription_queries
from storage.rows.notifications import PushSubscriptionRow

MAX_NAME, MAX_BODY = 100, 140
TITLES = {
    "mention": "{} mentioned you",
    "status": "{} just posted",
    "reblog": "{} boosted your post",
    "follow": "{} follows you",
    "follow_request": "{} asks to follow you",
    "favourite": "{} found your post helpful",
    "poll": "A poll of {} has ended",
    "update": "{} edited a post",
    "quote": "{} quoted your post",
    "quoted_update": "{} edited a post that you quoted",
    "admin.sign_up": "{} signed up",
    "admin.report": "{} sent a report",
}


class PushMessage(Struct, frozen=True):
    """A message for one subscription; `view` is the notification as its account sees it now."""

    subscription: PushSubscriptionRow
    view: NotificationView
    locale: str

    @property
    def title(self) -> str:
        name = shorten(self.view.account.name, MAX_NAME)
        return TITLES.get(self.view.row.kind, "News about {}").format(name)

    @property
    def body(self) -> str:
        """The warning on a post, or how it begins; without a post what its sender says of themselves."""
        if self.view.post is None:
            return make_excerpt(self.view.account.account.note_html, MAX_BODY)
        post = self.view.post.post
        return shorten(post.summary or post.title, MAX_BODY) or make_excerpt(post.html, MAX_BODY)


async def load(tx: Tx, subscription_id: int, notification_id: int) -> PushMessage | None:
    """None if it is not to be sent any more: unsubscribed, dismissed, or not to be seen."""
    found = await push_subscription_queries.find_active(tx, subscription_id)
    if found is None:
        return None
    row, locale = found
    view = await notification_views.find(tx, notification_id)
    if view is None or view.row.account_id != row.account_id:
        return None
    if view.post is not None and any(hit.filter.action == "hide" for hit in view.post.filtered):
        return None
    return PushMessage(row, view, locale or "en")


async def remove_subscription(tx: Tx, subscription_id: int) -> None:
    """The client is gone, its push service says."""
    await push_subscription_queries.delete_by_id(tx, subscription_id)
