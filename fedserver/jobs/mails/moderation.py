"""Mails about moderation: decisions about a member, and appeals."""

from __future__ import annotations

from fedserver.domain.kernel import mails
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.moderation import warnings
from fedserver.jobs.mails.mail_text import MailText, join_paragraphs
from fedserver.text.locales import gettext


def render_moderation_warning(site: NodeContext, content: mails.ModerationWarning) -> MailText:
    """Return the mail about a moderation decision."""
    return MailText(
        _render_subject(site),
        join_paragraphs(
            str(warnings.MESSAGES[content.action]),
            _introduce_reason(content.reason),
            content.reason,
            gettext("Your account: %(url)s", url=content.account_url),
            gettext("If you think that this is wrong, you can appeal within 20 days:"),
            _decisions_url(site),
        ),
    )


def render_appeal_decided(site: NodeContext, content: mails.AppealDecided) -> MailText:
    """Return the mail with the answer to an appeal."""
    if content.approved:
        answer = gettext("About your appeal: you were right.")
    else:
        answer = gettext("About your appeal: the moderators looked at it again, and their decision stands.")
    return MailText(
        _render_subject(site),
        join_paragraphs(answer, _introduce_reason(content.answer), content.answer, _decisions_url(site)),
    )


def render_appeal_filed(site: NodeContext, content: mails.AppealFiled) -> MailText:
    """Return the mail to a moderator about a new appeal."""
    return MailText(
        gettext("An appeal at %(community)s", community=site.config.community.title),
        join_paragraphs(
            gettext("A member asks you to look at a decision again:"), f"{site.links.base}/admin/appeals"
        ),
    )


def _render_subject(site: NodeContext) -> str:
    return gettext("About your account at %(community)s", community=site.config.community.title)


def _introduce_reason(reason: str) -> str:
    return gettext("The moderators write:") if reason else ""


def _decisions_url(site: NodeContext) -> str:
    """Return the page on which members read what was decided about them, suspended or not."""
    return f"{site.links.base}/settings/decisions"
