"""Notifications by mail, for members who chose it: what they have not read ten minutes later, in one mail.

Which kinds a member wants is part of their notification policy, which is loaded for each notification anyway.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from fedserver.domain.accounts import accounts
from fedserver.domain.auth import members
from fedserver.domain.kernel import jobs
from fedserver.domain.notifications import notification_policies, notification_views
from fedserver.domain.notifications.notification_views import NotificationView
from fedserver.domain.timelines import markers
from fedserver.text.excerpts import make_excerpt, shorten
from storage.engine import Page, ReadTx

MAX_TEXT = 200  # characters of a post
MAX_IN_MAIL = 20  # the page of notifications has the others


class MailedNotification(Struct, frozen=True):
    """A notification in a mail; `text` is '' where there is none, or none that belongs in a mail.

    `path` is the page on this node of the post that it is about, '' without one.
    """

    kind: str
    name: str
    text: str
    path: str


class NotificationMail(Struct, frozen=True):
    """Notifications that a member has not read, the newest first; `has_more`: there are others."""

    email: str
    locale: str
    notifications: Sequence[MailedNotification]
    has_more: bool


async def load(tx: ReadTx, job: jobs.SendNotificationMail) -> NotificationMail | None:
    """Return the mail of a job; None if everything is read, or mails are no longer wanted or possible."""
    account = await accounts.get(tx, job.account_id)
    member = await members.find_by_account(tx, account.id)
    kinds = await notification_policies.load_mail_kinds(tx, account)
    is_gone = account.deleted_at is not None or account.suspended_at is not None
    if member is None or member.disabled_at is not None or is_gone or not kinds:
        return None
    read = await markers.load_last_read(tx, account, "notifications")
    page = Page(limit=MAX_IN_MAIL, since_id=max(read, job.since_id - 1))
    views, cursors = await notification_views.list_by_account(tx, account, page, kinds=kinds)
    if not views:
        return None
    locale = members.decode_settings(member).locale
    mailed = [
        MailedNotification(view.row.kind, view.account.name, _find_text(view), _find_path(view))
        for view in views
    ]
    return NotificationMail(member.email, locale, mailed, len(cursors) >= MAX_IN_MAIL)


def _find_text(view: NotificationView) -> str:
    """Return the warning or beginning of a post, '' for a private or filtered one: mail is read anywhere."""
    if view.post is None or view.post.post.visibility == "direct" or view.post.filtered:
        return ""
    post = view.post.post
    return shorten(post.summary or post.title, MAX_TEXT) or make_excerpt(post.html, MAX_TEXT)


def _find_path(view: NotificationView) -> str:
    """Return the page of a post, also of one of a peer; its own server knows nothing of the member."""
    return f"/@{view.post.account.handle}/{view.post.post.id}" if view.post is not None else ""
