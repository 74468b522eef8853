"""From the content of a mail to its text, in the language of the receiver."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from fedserver.domain.auth import members
from fedserver.domain.kernel import jobs, mails
from fedserver.domain.kernel.context import NodeContext
from fedserver.jobs.mails import auth, moderation, notifications, peers, registration
from fedserver.jobs.mails.mail_text import MailText
from fedserver.text.locales import negotiate, use_locale
from storage.engine import ReadTx
from storage.queries.auth import members as member_queries

RENDERERS: Mapping[type[mails.MailContent], Callable[[NodeContext, Any], MailText]] = MappingProxyType(
    {
        mails.ConfirmEmail: auth.render_confirm_email,
        mails.ConfirmNewEmail: auth.render_confirm_new_email,
        mails.EmailChangeRequested: auth.render_email_change_requested,
        mails.EmailChanged: auth.render_email_changed,
        mails.ResetPassword: auth.render_reset_password,
        mails.AlreadyMember: registration.render_already_member,
        mails.SignupApproved: registration.render_signup_approved,
        mails.SignupExpired: registration.render_signup_expired,
        mails.ModerationWarning: moderation.render_moderation_warning,
        mails.AppealDecided: moderation.render_appeal_decided,
        mails.AppealFiled: moderation.render_appeal_filed,
        mails.PartnershipChanged: peers.render_partnership_changed,
        mails.ConfirmSubscription: notifications.render_confirm_subscription,
    }
)


async def _find_locale(tx: ReadTx, site: NodeContext, member_id: int, locale: str = "") -> str:
    """Return the locale of a mail: the member's setting, else `locale`, else the node's default."""
    member = await member_queries.find(tx, member_id) if member_id else None
    chosen = members.decode_settings(member).locale if member is not None else ""
    return negotiate(chosen or locale, "", site.config.node.default_locale)


async def compose(tx: ReadTx, site: NodeContext, job: jobs.ComposeMail) -> jobs.SendMail:
    """Return the mail of a job, worded in the language of its receiver."""
    with use_locale(await _find_locale(tx, site, job.member_id, job.locale)):
        mail = RENDERERS[type(job.content)](site, job.content)
    return jobs.SendMail(job.to, mail.subject, mail.text)


async def compose_security_notice(
    tx: ReadTx, site: NodeContext, job: jobs.SendSecurityNotice
) -> jobs.SendMail:
    """Return the mail about a change to what protects an account."""
    with use_locale(await _find_locale(tx, site, job.member_id)):
        mail = auth.render_security_notice(site, job.change)
    return jobs.SendMail(job.to, mail.subject, mail.text)
