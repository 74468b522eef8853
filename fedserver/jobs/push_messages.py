"""One push message: what it says, in the language of its member, encrypted and handed to the push service."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from fedserver.domain.kernel import jobs
from fedserver.domain.notifications import push_messages, push_subscriptions
from fedserver.domain.notifications.notification_views import NotificationView
from fedserver.domain.notifications.push_messages import PushMessage
from fedserver.integrations.web_push import Vapid, build_push_message, parse_recipient
from fedserver.jobs.backoff import TEMPORARY_CLIENT_ERRORS, may_concern_host, parse_retry_after
from fedserver.jobs.mails.titles import render_title
from fedserver.net.client import Response
from fedserver.runtime.services import Services
from fedserver.text.excerpts import make_excerpt, shorten
from fedserver.text.locales import locale_of, use_locale

MAX_NAME, MAX_BODY = 100, 140  # what a lock screen shows
MAX_ICON_URL = 1_000  # a push service takes 4096 bytes in all
TIMEOUT_S = 10.0
GONE_STATUSES = (404, 410)  # RFC 8030 §7.3: the subscription has expired or was removed
encode = msgspec.json.Encoder().encode


class PushPayload(Struct, frozen=True):
    """The JSON that apps for Mastodon expect in a message; they read the id as a number."""

    access_token: str
    preferred_locale: str
    notification_id: int
    notification_type: str
    icon: str
    title: str
    body: str


class BrowserPushPayload(Struct, frozen=True):
    """The JSON that the service worker of our pages expects; `url` is the path that a click opens."""

    locale: str
    icon: str
    title: str
    body: str
    url: str
    tag: str


# Where a click leads for what is not about a post.
PATHS_BY_KIND = {
    "follow_request": "/follow-requests",
    "admin.sign_up": "/admin/sign-ups",
    "admin.report": "/admin/reports",
    "moderation_warning": "/settings/decisions",
}


class PushOutcome(Struct, frozen=True):
    """The outcome of an attempt: `done`, `gone` (the client is), `drop`, or `again` after `wait_ms`."""

    status: str
    reason: str = ""
    wait_ms: int = 0


async def send(services: Services, job: jobs.SendPush, vapid: Vapid) -> PushOutcome:
    """Send the message of a job. Raises NetError if the push service cannot be asked."""
    async with services.db.read() as tx:
        message = await push_messages.load(tx, job.subscription_id, job.notification_id)
        now = tx.now
    if message is None:
        return PushOutcome("done")
    subscription = message.subscription
    token = push_subscriptions.decrypt_token(subscription, services.secret_box)
    if token is None:
        # Apps look for their subscription when they start, and subscribe again.
        return PushOutcome("gone", "its token is sealed with another key")
    recipient = parse_recipient(
        subscription.endpoint,
        subscription.public_key,
        subscription.auth_secret,
        standard=subscription.standard,
    )
    is_browser = subscription.session_id is not None
    payload = encode(
        _build_browser_payload(services, message) if is_browser else _build_payload(services, message, token)
    )
    body, headers = build_push_message(payload, recipient, vapid, now)
    response = await services.client.post(recipient.endpoint, body, headers, seconds=TIMEOUT_S)
    return _classify(response, services.db.clock())


def _build_payload(services: Services, message: PushMessage, token: str) -> PushPayload:
    view, locale = message.view, locale_of(message.settings, services.site.config)
    return PushPayload(
        access_token=token,
        preferred_locale=locale,
        notification_id=view.row.id,
        notification_type=view.row.kind,
        icon=_find_icon(services, view),
        title=_render_title(view, locale),
        body=_render_body(view),
    )


def _build_browser_payload(services: Services, message: PushMessage) -> BrowserPushPayload:
    view, locale = message.view, locale_of(message.settings, services.site.config)
    return BrowserPushPayload(
        locale=locale,
        icon=_find_icon(services, view),
        title=_render_title(view, locale),
        body=_render_body(view),
        url=find_path(view),
        tag=str(view.row.id),
    )


def find_path(view: NotificationView) -> str:
    """Return the path of the page on this node that a notification is about."""
    if view.row.kind in PATHS_BY_KIND:
        return PATHS_BY_KIND[view.row.kind]
    if view.post is not None:
        return f"/@{view.post.account.handle}/{view.post.post.id}"
    return f"/@{view.account.handle}" if view.row.kind == "follow" else "/notifications"


def _find_icon(services: Services, view: NotificationView) -> str:
    links, sender = services.site.links, view.account.account
    remote = links.remote_media(sender.id, "avatar", sender.avatar_url)
    icon = links.with_grant(links.media(sender.avatar_key) if sender.avatar_key else remote)
    return icon if 0 < len(icon) < MAX_ICON_URL else links.static("avatar.png")


def _render_title(view: NotificationView, locale: str) -> str:
    with use_locale(locale):
        return render_title(view.row.kind, shorten(view.account.name, MAX_NAME))


def _render_body(view: NotificationView) -> str:
    """Return the warning or beginning of the post; without a post, the beginning of the sender's profile."""
    if view.post is None:
        return make_excerpt(view.account.account.note_html, MAX_BODY)
    post = view.post.post
    return shorten(post.summary or post.title, MAX_BODY) or make_excerpt(post.html, MAX_BODY)


def _classify(response: Response, now: int) -> PushOutcome:
    status = response.status
    if status < 300:
        return PushOutcome("done")
    if status in GONE_STATUSES:
        return PushOutcome("gone", str(status))
    if status in TEMPORARY_CLIENT_ERRORS or may_concern_host(status):
        wait_ms = parse_retry_after(response.headers.get("retry-after", ""), now)
        return PushOutcome("again", str(status), wait_ms)
    return PushOutcome("drop", f"{status} {response.body[:200].decode('utf-8', 'replace')}")
