"""Warnings: notify members of moderation of their account, on a page and (if the moderator chooses) by mail.

docs.joinmastodon.org/entities/AccountWarning. Members may appeal, see `appeals`.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from fedserver.domain.kernel import jobs, mails
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.moderation import moderated_posts
from fedserver.domain.notifications import notifications
from fedserver.text.locales import lazy_gettext
from storage.engine import ReadTx, Tx
from storage.queries.audit_log import audit_log as audit_log_queries
from storage.queries.audit_log import audited_posts as audited_post_queries
from storage.queries.moderation import appeals as appeal_queries
from storage.rows.accounts import AccountRow
from storage.rows.audit_log import LogEntryPostRow, LogEntryRow
from storage.rows.auth import MemberRow
from storage.rows.moderation import AppealRow

# By type of Mastodon's AccountWarning; pages and mails say it in the language of the reader.
MESSAGES = {
    "none": lazy_gettext("The moderators have a warning for you."),
    "sensitive": lazy_gettext("Everything you post is marked as sensitive from now on."),
    "disable": lazy_gettext("You can no longer use your account. Your profile and your posts stay."),
    "silence": lazy_gettext("Your account is limited: only your followers see what you post."),
    "suspend": lazy_gettext("Your account is suspended: nobody can see it, and you can no longer use it."),
    "delete_statuses": lazy_gettext("The moderators deleted posts of yours."),
    "mark_statuses_as_sensitive": lazy_gettext("The moderators marked posts of yours as sensitive."),
}
VERBS = frozenset(f"account.{action}" for action in MESSAGES)
DAY_MS = 86_400_000
APPEAL_PERIOD_MS = 20 * DAY_MS  # as in Mastodon
MAX_LISTED = 200


class WarningView(Struct, frozen=True):
    """An action on an account with the posts it was about; `undone` if it was revoked or is over."""

    row: LogEntryRow
    undone: bool
    appeal: AppealRow | None
    appealable: bool
    posts: tuple[LogEntryPostRow, ...] = ()

    @property
    def kind(self) -> str:
        """The kind of action, as Mastodon's API names it."""
        return self.row.verb.removeprefix("account.")


async def warn(
    tx: Tx,
    site: NodeContext,
    account: AccountRow,
    member: MemberRow,
    entry: LogEntryRow,
    *,
    notifies_by_mail: bool,
) -> None:
    """Notify the member behind `account` of what was done and why, by mail too if the moderator wants it."""
    await notifications.notify_moderation(tx, "moderation_warning", account.id, account.id, entry.id)
    if notifies_by_mail:
        action = entry.verb.removeprefix("account.")
        await enqueue_mail(tx, site, member, mails.ModerationWarning(action, entry.reason, account.url))


async def store_reported_posts(
    tx: Tx, account: AccountRow, entry: LogEntryRow, post_ids: Sequence[int]
) -> None:
    """Store what was reported with the decision about its author, who then reads what it is about."""
    rows = await moderated_posts.load_reported(tx, account, post_ids)
    await moderated_posts.store_texts(tx, entry, account, rows)


async def enqueue_mail(
    tx: Tx, site: NodeContext, member: MemberRow, content: mails.ModerationWarning | mails.AppealDecided
) -> None:
    """Enqueue a mail to a member about their account, if this node sends mail."""
    if site.config.mail.host:
        await jobs.enqueue(tx, jobs.ComposeMail(member.email, content, member.id))


async def list_by_account(tx: ReadTx, account: AccountRow) -> list[WarningView]:
    """Return what was decided about an account, newest first; three statements."""
    rows = await audit_log_queries.list_by_target(tx, account.uri, MAX_LISTED)
    undone_ids = {row.undoes_id for row in rows}
    entries = [row for row in rows if row.verb in VERBS]
    appeals = await appeal_queries.load_by_entries(tx, [row.id for row in entries]) if entries else {}
    posts = await audited_post_queries.load_by_entries(tx, [row.id for row in entries]) if entries else {}
    return [
        WarningView(
            row,
            row.id in undone_ids,
            appeals.get(row.id),
            row.id not in appeals and row.id not in undone_ids and tx.now - row.at <= APPEAL_PERIOD_MS,
            tuple(posts.get(row.id, ())),
        )
        for row in entries
    ]


async def get(tx: ReadTx, account: AccountRow, entry_id: int) -> WarningView:
    """Return the action of an entry. Raises NotFoundError if it is not about this account."""
    for warning in await list_by_account(tx, account):
        if warning.row.id == entry_id:
            return warning
    raise NotFoundError
