"""Warnings: notify members of moderation of their account, on a page and (if the moderator chooses) by mail.

docs.joinmastodon.org/entities/AccountWarning. Members may appeal, see `appeals`.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from fedserver.domain.auth import members
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.notifications import notifications
from fedserver.text.locales import gettext, lazy_gettext, locale_of, use_locale
from storage.engine import Tx
from storage.queries.audit_log import audit_log as audit_log_queries
from storage.queries.audit_log import audited_posts as audited_post_queries
from storage.queries.moderation import appeals as appeal_queries
from storage.rows.accounts import AccountRow
from storage.rows.audit_log import LogEntryPostRow, LogEntryRow
from storage.rows.auth import MemberRow
from storage.rows.moderation import AppealRow

MESSAGES = {
    "none": lazy_gettext("The moderators sent you a warning."),
    "sensitive": lazy_gettext("All your media is marked as sensitive from now on."),
    "disable": lazy_gettext("Your account is disabled: you cannot log in. Your profile and your posts stay."),
    "silence": lazy_gettext("Your account is limited: only your followers see your posts."),
    "suspend": lazy_gettext("Your account is suspended: nobody can see it, and you cannot use it."),
    "delete_statuses": lazy_gettext("The moderators deleted some of your posts."),
    "mark_statuses_as_sensitive": lazy_gettext("The moderators marked some of your posts as sensitive."),
}
VERBS = frozenset(f"account.{kind}" for kind in MESSAGES)
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
    """Notify the member of an action and its reason."""
    await notifications.notify_moderation(tx, "moderation_warning", account.id, account.id, entry.id)
    if notifies_by_mail:
        await enqueue_mail(tx, site, member, lambda: _render_mail(site, account, entry))


def _render_mail(site: NodeContext, account: AccountRow, entry: LogEntryRow) -> list[str]:
    """Return the paragraphs of the mail about an action."""
    paragraphs = [str(MESSAGES[entry.verb.removeprefix("account.")])]
    if entry.reason:
        paragraphs += [gettext("Their reason:"), entry.reason]
    return [
        *paragraphs,
        gettext("Your account: %(url)s", url=account.url),
        gettext("If you disagree, you can appeal within 20 days: %(url)s", url=page_url(site)),
    ]


def page_url(site: NodeContext) -> str:
    """Return the address where members, also suspended ones, read the decisions about their account."""
    return f"{site.links.base}/settings/decisions"


async def enqueue_mail(
    tx: Tx, site: NodeContext, member: MemberRow, render_paragraphs: Callable[[], list[str]]
) -> None:
    """Mail a member about their account, in their locale, if mail is configured."""
    if not site.config.mail.host:
        return
    with use_locale(locale_of(members.decode_settings(member), site.config)):
        subject = gettext("Your account at %(community)s", community=site.config.community.title)
        text = "\n\n".join(render_paragraphs()) + "\n"
    await jobs.enqueue(tx, jobs.SendMail(member.email, subject, text))


async def list_by_account(tx: Tx, account: AccountRow) -> list[WarningView]:
    """Return the actions on an account, newest first, in three statements."""
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


async def get(tx: Tx, account: AccountRow, entry_id: int) -> WarningView:
    """Return the action of an entry. Raises NotFoundError if it is not about this account."""
    for warning in await list_by_account(tx, account):
        if warning.row.id == entry_id:
            return warning
    raise NotFoundError
