"""Public posts by mail, for people without an account (POST /api/v1/accounts/:id/email_subscriptions).

An account has to allow it, and the owner of the address confirms by a link that comes by mail. Posts of the
same five minutes go in one mail, a minute later, so that a post that was deleted at once is not sent. The
answer is the same whether an address is subscribed or not, so that nobody learns who subscribed.
"""

from __future__ import annotations

from msgspec import Struct, structs

from fedserver.domain.auth import attempts, members
from fedserver.domain.auth.attempts import AttemptLimit
from fedserver.domain.kernel import jobs, mails
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.kernel.secrets import new_secret
from fedserver.text.locales import current_locale, gettext
from storage.engine import ReadTx, Tx, first_id_at
from storage.queries.accounts import accounts as account_queries
from storage.queries.notifications import email_subscriptions as email_subscription_queries
from storage.rows.accounts import AccountRow
from storage.rows.notifications import EmailSubscriptionRow
from storage.rows.posts import PostRow

MINUTE_MS = 60_000
DAY_MS = 86_400_000
BATCH_WINDOW_MS, SEND_DELAY_MS = 5 * MINUTE_MS, MINUTE_MS
UNCONFIRMED_TTL_MS = 7 * DAY_MS
MAX_CONFIRMATION_MAILS = 5  # a day to one address, whichever accounts they are about
CONFIRMATION_MAILS = AttemptLimit(MAX_CONFIRMATION_MAILS, DAY_MS)
MAX_POSTS = 20  # in one mail
MAX_TOKEN_LENGTH = 200  # ours are shorter
BATCH_SIZE = 200  # subscribers for whom one transaction enqueues mails


class SubscriberMail(Struct, frozen=True):
    """New posts of an account for one subscriber."""

    email: str
    account: AccountRow
    handle: str
    posts: tuple[PostRow, ...]
    unsubscribe_url: str


def is_available(site: NodeContext, account: AccountRow) -> bool:
    """Return True if one may subscribe to an account by mail: a limited node sends posts to members only."""
    ends = (account.suspended_at, account.deleted_at, account.moved_to_id)
    is_gone = any(end is not None for end in ends)
    is_offered = bool(site.config.mail.host) and site.access.admits_visitors
    return is_offered and not account.domain and account.mails_posts and not is_gone


async def subscribe(tx: Tx, site: NodeContext, account_id: int, email: str) -> AccountRow:
    """Send the link that confirms a subscription; earlier ones stop working.

    Raises NotFoundError if the account does not allow it, InvalidError for what is no address.
    """
    account = await _find_account(tx, site, account_id)
    if account is None:
        raise NotFoundError
    email = members.check_email(email).lower()
    former = await email_subscription_queries.find_by_email(tx, account.id, email)
    if former is not None and former.confirmed_at is not None:
        return account
    if not await attempts.try_count(tx, f"subscribes:{email}", CONFIRMATION_MAILS):
        return account
    if former is not None:
        await email_subscription_queries.delete_by_id(tx, former.id)
    row = EmailSubscriptionRow(tx.new_id(), account.id, email, new_secret(), tx.now, None)
    if await email_subscription_queries.insert(tx, row):
        content = mails.ConfirmSubscription(row.token, _handle_of(site, account))
        # They are no member, so there is no setting: the language in which they subscribe is used.
        await jobs.enqueue(tx, jobs.ComposeMail(row.email, content, locale=current_locale()))
    return account


async def _find_account(tx: ReadTx, site: NodeContext, account_id: int) -> AccountRow | None:
    account = await account_queries.find(tx, account_id)
    return account if account is not None and is_available(site, account) else None


def _handle_of(site: NodeContext, account: AccountRow) -> str:
    return f"@{account.username}@{site.links.shown_domain}"


async def get(tx: ReadTx, token: str) -> tuple[EmailSubscriptionRow, AccountRow]:
    """Return the subscription of a link, and its account. Raises NotFoundError if it ended or expired."""
    plausible = 0 < len(token) <= MAX_TOKEN_LENGTH and token.isascii() and token.isprintable()
    row = await email_subscription_queries.find_by_token(tx, token) if plausible else None
    account = await account_queries.find(tx, row.account_id) if row is not None else None
    if row is None or account is None or _is_expired(row, tx.now):
        raise NotFoundError(gettext("This link is too old, or the subscription has ended."))
    return row, account


def _is_expired(row: EmailSubscriptionRow, now: int) -> bool:
    return row.confirmed_at is None and row.created_at <= now - UNCONFIRMED_TTL_MS


async def confirm(tx: Tx, token: str) -> AccountRow:
    """Confirm a subscription by its link. Raises NotFoundError."""
    row, account = await get(tx, token)
    if row.confirmed_at is None:
        await email_subscription_queries.mark_confirmed(tx, row.id)
    return account


async def unsubscribe(tx: Tx, token: str) -> None:
    """End a subscription by its link; nothing happens if it has ended, as mail programs may repeat it."""
    if token.isascii() and token.isprintable():
        await email_subscription_queries.delete_by_token(tx, token)


# --- mails to subscribers


async def enqueue_mails(tx: Tx, row: PostRow) -> None:
    """Enqueue mails with a post that was published, for when its five minutes are over."""
    if row.visibility != "public" or row.in_reply_to_uri is not None:
        return
    if not await email_subscription_queries.has_subscribers(tx, row.account_id):
        return
    since = row.published_at - row.published_at % BATCH_WINDOW_MS
    task = jobs.EnqueuePostMails(row.account_id, first_id_at(since), first_id_at(since + BATCH_WINDOW_MS))
    key = f"mail_posts:{row.account_id}:{since}"
    await jobs.enqueue(tx, task, run_at=since + BATCH_WINDOW_MS + SEND_DELAY_MS, dedupe=key)


async def enqueue_subscriber_mails(tx: Tx, site: NodeContext, job: jobs.EnqueuePostMails) -> None:
    """Enqueue a mail for each of a batch of subscribers, if there are posts left, and the next batch."""
    if await _find_account(tx, site, job.account_id) is None or not await _list_posts(
        tx, job.account_id, job
    ):
        return
    ids = await email_subscription_queries.list_confirmed_ids(tx, job.account_id, job.after_id, BATCH_SIZE)
    for subscription_id in ids:
        await jobs.enqueue(tx, jobs.SendPostMail(subscription_id, job.since_id, job.until_id))
    if len(ids) == BATCH_SIZE:
        await jobs.enqueue(tx, structs.replace(job, after_id=ids[-1]))


async def _list_posts(
    tx: ReadTx, account_id: int, job: jobs.EnqueuePostMails | jobs.SendPostMail
) -> list[PostRow]:
    return await email_subscription_queries.list_posts(tx, account_id, job.since_id, job.until_id, MAX_POSTS)


async def load_mail(tx: ReadTx, site: NodeContext, job: jobs.SendPostMail) -> SubscriberMail | None:
    """Return what a subscriber gets; None if the subscription, the account or the posts are gone."""
    row = await email_subscription_queries.find(tx, job.subscription_id)
    account = await _find_account(tx, site, row.account_id) if row is not None else None
    if row is None or account is None:
        return None
    # They agreed to what comes from then on; the five minutes of a mail may have begun before.
    agreed_at = row.confirmed_at if row.confirmed_at is not None else tx.now
    posts = [post for post in await _list_posts(tx, account.id, job) if post.published_at >= agreed_at]
    if not posts:
        return None
    unsubscribe_url = f"{site.links.base}/subscriptions/{row.token}/end"
    return SubscriberMail(row.email, account, _handle_of(site, account), tuple(posts), unsubscribe_url)


async def purge_unconfirmed(tx: Tx) -> None:
    """Delete subscriptions that were not confirmed within a week."""
    await email_subscription_queries.purge_unconfirmed(tx, tx.now - UNCONFIRMED_TTL_MS)
