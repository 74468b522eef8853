"""Mails with posts, to people without an account who subscribed, and with notifications, to members."""

from __future__ import annotations

from fedserver.domain.kernel import mails
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.notifications.email_subscriptions import SubscriberMail
from fedserver.domain.notifications.notification_mails import NotificationMail
from fedserver.jobs.mails.mail_text import MailText, join_paragraphs
from fedserver.jobs.mails.titles import render_title
from fedserver.text.excerpts import make_excerpt, shorten
from fedserver.text.locales import gettext, ngettext
from fedserver.text.sanitize import to_text
from storage.rows.posts import PostRow

MAX_SUBJECT_EXCERPT = 60  # of a post without a title: about what mail programs show
MAX_SUBJECT = 100
MAX_POST_TEXT = 5_000  # the page of a longer post is linked anyway


def render_confirm_subscription(site: NodeContext, content: mails.ConfirmSubscription) -> MailText:
    """Return the mail with the link that confirms a subscription."""
    return MailText(
        gettext("Posts of %(handle)s by mail", handle=content.handle),
        join_paragraphs(
            gettext(
                "Someone, hopefully you, wants to get the public posts of %(handle)s at this address.",
                handle=content.handle,
            ),
            gettext("Please confirm it within a week by opening this page:"),
            f"{site.links.base}/subscriptions/{content.token}",
            gettext("If you did not ask for this, you can ignore this mail: no more will come."),
        ),
    )


def render_posts(mail: SubscriberMail) -> MailText:
    """Return the mail with new posts of an account."""
    account, posts = mail.account, mail.posts
    name = account.display_name or account.username
    title = _summarize(posts[0]) or gettext("a new post")
    if len(posts) > 1:
        count = len(posts) - 1
        subject = ngettext(
            "%(name)s: %(title)s (and %(num)s more)",
            "%(name)s: %(title)s (and %(num)s more)",
            count,
            name=name,
            title=title,
        )
    else:
        subject = gettext("%(name)s: %(title)s", name=name, title=title)
    footer = gettext(
        "You asked for the posts of %(handle)s by mail. To stop them, open this page: %(url)s",
        handle=mail.handle,
        url=mail.unsubscribe_url,
    )
    text = "\n\n* * *\n\n".join(_render_post(post) for post in posts)
    return MailText(subject, f"{text}\n\n-- \n{footer}\n")


def _summarize(post: PostRow) -> str:
    """Return what a post is about in a line; of a post with a content warning only that."""
    warning = post.summary if post.sensitive else ""
    text = post.title or warning or make_excerpt(post.html, MAX_SUBJECT_EXCERPT)
    return shorten(" ".join(text.split()), MAX_SUBJECT)


def _render_post(post: PostRow) -> str:
    """Return a post as plain text; of a post with a content warning only that."""
    if post.kind == "Article":
        parts = [post.title, post.summary or make_excerpt(post.html)]
    else:
        parts = [post.summary or shorten(to_text(post.html), MAX_POST_TEXT)]
    return "\n\n".join(part for part in (*parts, post.url) if part)


def render_notifications(site: NodeContext, mail: NotificationMail) -> MailText:
    """Return the mail with what a member has not read."""
    titles = [render_title(mailed.kind, mailed.name) for mailed in mail.notifications]
    subject = titles[0]
    if len(titles) > 1:
        subject = ngettext(
            "%(num)s new notification on %(community)s",
            "%(num)s new notifications on %(community)s",
            len(titles),
            community=site.config.community.title,
        )
    page, settings = f"{site.links.base}/notifications", f"{site.links.base}/settings/notifications"
    more = gettext("There are more. Read all of them here: %(url)s", url=page)
    return MailText(
        shorten(subject, MAX_SUBJECT),
        join_paragraphs(
            *(
                "\n".join(filter(None, (title, mailed.text, mailed.path and site.links.base + mailed.path)))
                for title, mailed in zip(titles, mail.notifications, strict=True)
            ),
            more if mail.has_more else gettext("All your notifications: %(url)s", url=page),
            gettext("You chose to get these mails. Change that here: %(url)s", url=settings),
        ),
    )
