"""Public posts by mail, for people without an account (POST /api/v1/accounts/:id/email_subscriptions).

An account has to allow it, and whoever asks confirms by a link that comes by mail. What is posted within five
minutes goes in one mail, a little later, so that what was deleted at once is not sent. Nobody learns who has
subscribed: whoever asks is told the same.
"""

from __future__ import annotations

from msgspec import structs

from fedserver.domain.auth import members
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import Site
from fedserver.domain.kernel.errors import NotFound
from fedserver.domain.kernel.secrets import hashed, new_secret
from fedserver.text.excerpts import excerpt, shortened
from fedserver.text.sanitize import to_text
from storage.engine import Tx
from storage.ids import first_at
from storage.queries.accounts import accounts as account_queries
from storage.queries.auth import members as member_queries
from storage.queries.notifications import email_subscriptions as email_subscription_queries
from storage.rows.accounts import AccountRow
from storage.rows.notifications import EmailSubscriptionRow
from storage.rows.posts import PostRow

MINUTE = 60_000
DAY = 86_400_000
SPAN, WAIT = 5 * MINUTE, MINUTE
KEEP_UNCONFIRMED = 7 * DAY
MOST_ASKED = 5  # mails a day that ask one address, whatever it is asked for
MOST_POSTS, BATCH = 20, 200
LONGEST = 5_000


def offered(site: Site, account: AccountRow) -> bool:
    """True if one may subscribe to an account by mail."""
    gone = (account.suspended_at, account.deleted_at, account.moved_to_id)
    here = bool(site.config.mail.host) and not account.domain
    return here and account.mails_posts and all(each is None for each in gone)


async def ask(tx: Tx, site: Site, account_id: int, email: str) -> AccountRow:
    """Send the link that confirms; earlier ones stop working. Raises NotFound, Invalid."""
    account = await _account(tx, site, account_id)
    if account is None:
        raise NotFound
    email = members.check_email(email).lower()
    former = await email_subscription_queries.of_email(tx, account.id, email)
    if former is not None and former.confirmed_at is not None:
        return account
    subject = hashed(f"subscribes:{email}")
    if await member_queries.attempts(tx, subject, tx.now - DAY) >= MOST_ASKED:
        return account
    await member_queries.add_attempt(tx, subject)
    if former is not None:
        await email_subscription_queries.remove(tx, former.id)
    row = EmailSubscriptionRow(tx.new_id(), account.id, email, new_secret(), tx.now, None)
    if await email_subscription_queries.add(tx, row):
        await jobs.owe(tx, _question(site, account, row))
    return account


async def _account(tx: Tx, site: Site, account_id: int) -> AccountRow | None:
    account = await account_queries.by_id(tx, account_id)
    return account if account is not None and offered(site, account) else None


def _question(site: Site, account: AccountRow, row: EmailSubscriptionRow) -> jobs.SendMail:
    handle = f"@{account.username}@{site.links.domain}"
    text = (
        f"Somebody, hopefully you, wants to get the public posts of {handle} at this address.\n\n"
        f"Please confirm it within a week by opening this page:\n\n{_page(site, row)}\n\n"
        "If you did not ask for it, do nothing: no more mail comes.\n"
    )
    return jobs.SendMail(row.email, f"Posts of {handle} by mail", text)


def _page(site: Site, row: EmailSubscriptionRow) -> str:
    return f"{site.links.base}/subscriptions/{row.token}"


async def find(tx: Tx, token: str) -> tuple[EmailSubscriptionRow, AccountRow]:
    """The subscription of a link, and to whom. Raises NotFound for what ended or is too old."""
    plain = 0 < len(token) <= 200 and token.isascii() and token.isprintable()
    row = await email_subscription_queries.by_token(tx, token) if plain else None
    account = await account_queries.by_id(tx, row.account_id) if row is not None else None
    if row is None or account is None or _is_over(row, tx.now):
        raise NotFound("This link is too old, or the subscription has ended")
    return row, account


def _is_over(row: EmailSubscriptionRow, now: int) -> bool:
    return row.confirmed_at is None and row.created_at <= now - KEEP_UNCONFIRMED


async def confirm(tx: Tx, token: str) -> AccountRow:
    """The owner of the address wants it. Raises NotFound."""
    row, account = await find(tx, token)
    if row.confirmed_at is None:
        await email_subscription_queries.confirm(tx, row.id)
    return account


async def end(tx: Tx, token: str) -> None:
    """No more mail. A subscription that has ended stays so: mail programs may say it twice."""
    if token.isascii() and token.isprintable():
        await email_subscription_queries.remove_by_token(tx, token)


# --- what subscribers get


async def owe(tx: Tx, row: PostRow) -> None:
    """A post was published: send it by mail when the five minutes are over in which it falls."""
    if row.visibility != "public" or row.in_reply_to_uri is not None:
        return
    if not await email_subscription_queries.is_wanted(tx, row.account_id):
        return
    since = row.published_at - row.published_at % SPAN
    task = jobs.MailPosts(row.account_id, first_at(since), first_at(since + SPAN))
    key = f"mail_posts:{row.account_id}:{since}"
    await jobs.owe(tx, task, run_at=since + SPAN + WAIT, dedupe=key)


async def spread(tx: Tx, site: Site, task: jobs.MailPosts) -> None:
    """Owe each subscriber a mail with these posts, if there are any left; a batch at a time."""
    if await _account(tx, site, task.account_id) is None or not await _posts(tx, task.account_id, task):
        return
    found = await email_subscription_queries.confirmed(tx, task.account_id, task.after_id, BATCH)
    for subscription_id in found:
        await jobs.owe(tx, jobs.MailSubscriber(subscription_id, task.since_id, task.until_id))
    if len(found) == BATCH:
        await jobs.owe(tx, structs.replace(task, after_id=found[-1]))


async def _posts(tx: Tx, account_id: int, task: jobs.MailPosts | jobs.MailSubscriber) -> list[PostRow]:
    return await email_subscription_queries.posts_between(
        tx, account_id, task.since_id, task.until_id, MOST_POSTS
    )


async def letter(tx: Tx, site: Site, task: jobs.MailSubscriber) -> jobs.SendMail | None:
    """The mail for a subscriber, None if there is nothing to send any more."""
    row = await email_subscription_queries.by_id(tx, task.subscription_id)
    account = await _account(tx, site, row.account_id) if row is not None else None
    if row is None or account is None:
        return None
    posts = await _posts(tx, account.id, task)
    if not posts:
        return None
    name = account.display_name or account.username
    first = posts[0].title or (posts[0].summary if posts[0].sensitive else "") or excerpt(posts[0].html, 60)
    first = shortened(" ".join(first.split()), 100)
    more = f" (and {len(posts) - 1} more)" if len(posts) > 1 else ""
    address = f"{_page(site, row)}/end"
    end = (
        f"You asked for the posts of @{account.username}@{site.links.domain} by mail. To end it: {address}\n"
    )
    text = "\n\n* * *\n\n".join(_written(each) for each in posts)
    return jobs.SendMail(
        row.email, f"{name}: {first or 'a new post'}{more}", f"{text}\n\n-- \n{end}", address
    )


def _written(row: PostRow) -> str:
    """A post as plain text; of what has a warning only that."""
    if row.kind == "Article":
        parts = [row.title, row.summary or excerpt(row.html)]
    else:
        parts = [row.summary or shortened(to_text(row.html), LONGEST)]
    return "\n\n".join(each for each in (*parts, row.url) if each)
