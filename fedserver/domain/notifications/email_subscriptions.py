"""Public posts by mail, for people without an account (POST /api/v1/accounts/:id/email_subscriptions).

An account has to allow it, and whoever asks confirms by a link that comes by mail. What is posted within five
minutes goes in one mail, a little later, so that what was deleted at once is not sent. Nobody learns who has
subscribed: whoever asks is told the same.
"""

from __future__ import annotations

from msgspec import structs

from fedserver.domain.auth import members
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.kernel.secrets import hash_secret, new_secret
from fedserver.text.excerpts import make_excerpt, shorten
from fedserver.text.sanitize import to_text
from storage.engine import Tx
from storage.ids import first_id_at
from storage.queries.accounts import accounts as account_queries
from storage.queries.auth import members as member_queries
from storage.queries.notifications import email_subscriptions as email_subscription_queries
from storage.rows.accounts import AccountRow
from storage.rows.notifications import EmailSubscriptionRow
from storage.rows.posts import PostRow

MINUTE_MS = 60_000
DAY_MS = 86_400_000
BATCH_WINDOW_MS, SEND_DELAY_MS = 5 * MINUTE_MS, MINUTE_MS
UNCONFIRMED_TTL_MS = 7 * DAY_MS
MAX_CONFIRMATION_MAILS = 5  # mails a day that ask one address, whatever it is asked for
MAX_POSTS, BATCH_SIZE = 20, 200
MAX_POST_TEXT = 5_000


def is_available(site: NodeContext, account: AccountRow) -> bool:
    """True if one may subscribe to an account by mail."""
    gone = (account.suspended_at, account.deleted_at, account.moved_to_id)
    here = bool(site.config.mail.host) and not account.domain
    return here and account.mails_posts and all(each is None for each in gone)


async def subscribe(tx: Tx, site: NodeContext, account_id: int, email: str) -> AccountRow:
    """Send the link that confirms; earlier ones stop working. Raises NotFound, Invalid."""
    account = await _find_account(tx, site, account_id)
    if account is None:
        raise NotFoundError
    email = members.check_email(email).lower()
    former = await email_subscription_queries.find_by_email(tx, account.id, email)
    if former is not None and former.confirmed_at is not None:
        return account
    subject = hash_secret(f"subscribes:{email}")
    if await member_queries.count_attempts(tx, subject, tx.now - DAY_MS) >= MAX_CONFIRMATION_MAILS:
        return account
    await member_queries.insert_attempt(tx, subject)
    if former is not None:
        await email_subscription_queries.delete_by_id(tx, former.id)
    row = EmailSubscriptionRow(tx.new_id(), account.id, email, new_secret(), tx.now, None)
    if await email_subscription_queries.insert(tx, row):
        await jobs.enqueue(tx, _confirmation_mail(site, account, row))
    return account


async def _find_account(tx: Tx, site: NodeContext, account_id: int) -> AccountRow | None:
    account = await account_queries.find(tx, account_id)
    return account if account is not None and is_available(site, account) else None


def _confirmation_mail(site: NodeContext, account: AccountRow, row: EmailSubscriptionRow) -> jobs.SendMail:
    handle = f"@{account.username}@{site.links.domain}"
    text = (
        f"Somebody, hopefully you, wants to get the public posts of {handle} at this address.\n\n"
        f"Please confirm it within a week by opening this page:\n\n{_page_url(site, row)}\n\n"
        "If you did not ask for it, do nothing: no more mail comes.\n"
    )
    return jobs.SendMail(row.email, f"Posts of {handle} by mail", text)


def _page_url(site: NodeContext, row: EmailSubscriptionRow) -> str:
    return f"{site.links.base}/subscriptions/{row.token}"


async def get(tx: Tx, token: str) -> tuple[EmailSubscriptionRow, AccountRow]:
    """The subscription of a link, and to whom. Raises NotFound for what ended or is too old."""
    plain = 0 < len(token) <= 200 and token.isascii() and token.isprintable()
    row = await email_subscription_queries.find_by_token(tx, token) if plain else None
    account = await account_queries.find(tx, row.account_id) if row is not None else None
    if row is None or account is None or _is_expired(row, tx.now):
        raise NotFoundError("This link is too old, or the subscription has ended")
    return row, account


def _is_expired(row: EmailSubscriptionRow, now: int) -> bool:
    return row.confirmed_at is None and row.created_at <= now - UNCONFIRMED_TTL_MS


async def confirm(tx: Tx, token: str) -> AccountRow:
    """The owner of the address wants it. Raises NotFound."""
    row, account = await get(tx, token)
    if row.confirmed_at is None:
        await email_subscription_queries.mark_confirmed(tx, row.id)
    return account


async def unsubscribe(tx: Tx, token: str) -> None:
    """No more mail. A subscription that has ended stays so: mail programs may say it twice."""
    if token.isascii() and token.isprintable():
        await email_subscription_queries.delete_by_token(tx, token)


# --- what subscribers get


async def enqueue_mails(tx: Tx, row: PostRow) -> None:
    """A post was published: send it by mail when the five minutes are over in which it falls."""
    if row.visibility != "public" or row.in_reply_to_uri is not None:
        return
    if not await email_subscription_queries.has_subscribers(tx, row.account_id):
        return
    since = row.published_at - row.published_at % BATCH_WINDOW_MS
    task = jobs.EnqueuePostMails(row.account_id, first_id_at(since), first_id_at(since + BATCH_WINDOW_MS))
    key = f"mail_posts:{row.account_id}:{since}"
    await jobs.enqueue(tx, task, run_at=since + BATCH_WINDOW_MS + SEND_DELAY_MS, dedupe=key)


async def enqueue_subscriber_mails(tx: Tx, site: NodeContext, job: jobs.EnqueuePostMails) -> None:
    """Owe each subscriber a mail with these posts, if there are any left; a batch at a time."""
    if await _find_account(tx, site, job.account_id) is None or not await _list_posts(
        tx, job.account_id, job
    ):
        return
    found = await email_subscription_queries.list_confirmed_ids(tx, job.account_id, job.after_id, BATCH_SIZE)
    for subscription_id in found:
        await jobs.enqueue(tx, jobs.SendPostMail(subscription_id, job.since_id, job.until_id))
    if len(found) == BATCH_SIZE:
        await jobs.enqueue(tx, structs.replace(job, after_id=found[-1]))


async def _list_posts(
    tx: Tx, account_id: int, job: jobs.EnqueuePostMails | jobs.SendPostMail
) -> list[PostRow]:
    return await email_subscription_queries.list_posts(tx, account_id, job.since_id, job.until_id, MAX_POSTS)


async def render_mail(tx: Tx, site: NodeContext, job: jobs.SendPostMail) -> jobs.SendMail | None:
    """The mail for a subscriber, None if there is nothing to send any more."""
    row = await email_subscription_queries.find(tx, job.subscription_id)
    account = await _find_account(tx, site, row.account_id) if row is not None else None
    if row is None or account is None:
        return None
    posts = await _list_posts(tx, account.id, job)
    if not posts:
        return None
    name = account.display_name or account.username
    first = (
        posts[0].title or (posts[0].summary if posts[0].sensitive else "") or make_excerpt(posts[0].html, 60)
    )
    first = shorten(" ".join(first.split()), 100)
    more = f" (and {len(posts) - 1} more)" if len(posts) > 1 else ""
    address = f"{_page_url(site, row)}/end"
    end = (
        f"You asked for the posts of @{account.username}@{site.links.domain} by mail. To end it: {address}\n"
    )
    text = "\n\n* * *\n\n".join(_render_post(each) for each in posts)
    return jobs.SendMail(
        row.email, f"{name}: {first or 'a new post'}{more}", f"{text}\n\n-- \n{end}", address
    )


def _render_post(row: PostRow) -> str:
    """A post as plain text; of what has a warning only that."""
    if row.kind == "Article":
        parts = [row.title, row.summary or make_excerpt(row.html)]
    else:
        parts = [row.summary or shorten(to_text(row.html), MAX_POST_TEXT)]
    return "\n\n".join(each for each in (*parts, row.url) if each)
