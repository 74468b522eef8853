"""Public posts by mail, for people without an account (POST /api/v1/accounts/:id/email_subscriptions).

An account has to allow it, and whoever asks confirms by a link that comes by mail. What is posted within five
minutes goes in one mail, a little later, so that what was deleted at once is not sent. Nobody learns who has
subscribed: whoever asks is told the same.
"""

from __future__ import annotations

from msgspec import structs

from fedserver.domain import members, tasks
from fedserver.domain.secrets import hashed, new_secret
from fedserver.domain.words import NotFound, Site
from fedserver.text import excerpt, shortened, to_text
from storage import AccountRow, EmailSubscriptionRow, PostRow, Tx, first_at, queries

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
    former = await queries.email_subscriptions.of_email(tx, account.id, email)
    if former is not None and former.confirmed_at is not None:
        return account
    subject = hashed(f"subscribes:{email}")
    if await queries.members.attempts(tx, subject, tx.now - DAY) >= MOST_ASKED:
        return account
    await queries.members.add_attempt(tx, subject)
    if former is not None:
        await queries.email_subscriptions.remove(tx, former.id)
    row = EmailSubscriptionRow(tx.new_id(), account.id, email, new_secret(), tx.now, None)
    if await queries.email_subscriptions.add(tx, row):
        await tasks.owe(tx, _question(site, account, row))
    return account


async def _account(tx: Tx, site: Site, account_id: int) -> AccountRow | None:
    account = await queries.accounts.by_id(tx, account_id)
    return account if account is not None and offered(site, account) else None


def _question(site: Site, account: AccountRow, row: EmailSubscriptionRow) -> tasks.SendMail:
    handle = f"@{account.username}@{site.links.domain}"
    text = (
        f"Somebody, hopefully you, wants to get the public posts of {handle} at this address.\n\n"
        f"Please confirm it within a week by opening this page:\n\n{_page(site, row)}\n\n"
        "If you did not ask for it, do nothing: no more mail comes.\n"
    )
    return tasks.SendMail(row.email, f"Posts of {handle} by mail", text)


def _page(site: Site, row: EmailSubscriptionRow) -> str:
    return f"{site.links.base}/subscriptions/{row.token}"


async def find(tx: Tx, token: str) -> tuple[EmailSubscriptionRow, AccountRow]:
    """The subscription of a link, and to whom. Raises NotFound for what ended or is too old."""
    plain = 0 < len(token) <= 200 and token.isascii() and token.isprintable()
    row = await queries.email_subscriptions.by_token(tx, token) if plain else None
    account = await queries.accounts.by_id(tx, row.account_id) if row is not None else None
    if row is None or account is None or _is_over(row, tx.now):
        raise NotFound("This link is too old, or the subscription has ended")
    return row, account


def _is_over(row: EmailSubscriptionRow, now: int) -> bool:
    return row.confirmed_at is None and row.created_at <= now - KEEP_UNCONFIRMED


async def confirm(tx: Tx, token: str) -> AccountRow:
    """The owner of the address wants it. Raises NotFound."""
    row, account = await find(tx, token)
    if row.confirmed_at is None:
        await queries.email_subscriptions.confirm(tx, row.id)
    return account


async def end(tx: Tx, token: str) -> None:
    """No more mail. A subscription that has ended stays so: mail programs may say it twice."""
    if token.isascii() and token.isprintable():
        await queries.email_subscriptions.remove_by_token(tx, token)


# --- what subscribers get


async def owe(tx: Tx, row: PostRow) -> None:
    """A post was published: send it by mail when the five minutes are over in which it falls."""
    if row.visibility != "public" or row.in_reply_to_uri is not None:
        return
    if not await queries.email_subscriptions.is_wanted(tx, row.account_id):
        return
    since = row.published_at - row.published_at % SPAN
    task = tasks.MailPosts(row.account_id, first_at(since), first_at(since + SPAN))
    key = f"mail_posts:{row.account_id}:{since}"
    await tasks.owe(tx, task, run_at=since + SPAN + WAIT, dedupe=key)


async def spread(tx: Tx, site: Site, task: tasks.MailPosts) -> None:
    """Owe each subscriber a mail with these posts, if there are any left; a batch at a time."""
    if await _account(tx, site, task.account_id) is None or not await _posts(tx, task.account_id, task):
        return
    found = await queries.email_subscriptions.confirmed(tx, task.account_id, task.after_id, BATCH)
    for subscription_id in found:
        await tasks.owe(tx, tasks.MailSubscriber(subscription_id, task.since_id, task.until_id))
    if len(found) == BATCH:
        await tasks.owe(tx, structs.replace(task, after_id=found[-1]))


async def _posts(tx: Tx, account_id: int, task: tasks.MailPosts | tasks.MailSubscriber) -> list[PostRow]:
    return await queries.email_subscriptions.posts_between(
        tx, account_id, task.since_id, task.until_id, MOST_POSTS
    )


async def letter(tx: Tx, site: Site, task: tasks.MailSubscriber) -> tasks.SendMail | None:
    """The mail for a subscriber, None if there is nothing to send any more."""
    row = await queries.email_subscriptions.by_id(tx, task.subscription_id)
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
    return tasks.SendMail(
        row.email, f"{name}: {first or 'a new post'}{more}", f"{text}\n\n-- \n{end}", address
    )


def _written(row: PostRow) -> str:
    """A post as plain text; of what has a warning only that."""
    if row.kind == "Article":
        parts = [row.title, row.summary or excerpt(row.html)]
    else:
        parts = [row.summary or shortened(to_text(row.html), LONGEST)]
    return "\n\n".join(each for each in (*parts, row.url) if each)
