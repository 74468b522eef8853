"""Mails about signing up."""

from __future__ import annotations

from fedserver.domain.kernel import mails
from fedserver.domain.kernel.context import NodeContext
from fedserver.jobs.mails.mail_text import MailText, join_paragraphs
from fedserver.text.locales import gettext


def render_already_member(site: NodeContext, content: mails.AlreadyMember) -> MailText:
    """Return the mail to a member whose address someone signed up with."""
    community = site.config.community.title
    return MailText(
        gettext("You are already a member of %(community)s", community=community),
        join_paragraphs(
            gettext(
                "Someone, hopefully you, tried to join %(community)s with this address.", community=community
            ),
            gettext("You are already a member. If you forgot your password, ask for a new one here:"),
            f"{site.links.base}/forgot",
            gettext("If it was not you, you can ignore this mail: nothing has changed."),
        ),
    )


def render_signup_approved(site: NodeContext, content: mails.SignupApproved) -> MailText:
    """Return the welcome of someone whose sign-up was approved."""
    community = site.config.community.title
    login = [gettext("Your account is ready. You can log in here:"), f"{site.links.base}/login"]
    if content.token:
        login = [
            gettext("Your account is ready. This link logs you in. It works once, within a week:"),
            f"{site.links.base}/approved/{content.token}",
            gettext("After that, log in with your password."),
        ]
    return MailText(
        gettext("Welcome to %(community)s", community=community),
        join_paragraphs(gettext("Welcome to %(community)s!", community=community), *login),
    )


def render_signup_expired(site: NodeContext, content: mails.SignupExpired) -> MailText:
    """Return the notice to someone whose sign-up was deleted, as nobody reviewed it in half a year."""
    community = site.config.community.title
    return MailText(
        gettext("Your request to join %(community)s has expired", community=community),
        join_paragraphs(
            gettext(
                "Nobody answered your request to join %(community)s in half a year. We are sorry about that.",
                community=community,
            ),
            gettext(
                "What you entered is deleted, and your username is free again. If you still want to join, "
                "please ask again here:"
            ),
            f"{site.links.base}/signup",
        ),
    )
