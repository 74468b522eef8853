"""Mails about logging in: addresses, passwords, and what protects an account."""

from __future__ import annotations

from fedserver.domain.kernel import mails
from fedserver.domain.kernel.context import NodeContext
from fedserver.jobs.mails.mail_text import MailText, join_paragraphs
from fedserver.text.locales import gettext


def render_confirm_email(site: NodeContext, content: mails.ConfirmEmail) -> MailText:
    """Return the welcome of someone who signed up, with the link that confirms their address."""
    community = site.config.community.title
    return MailText(
        gettext("Confirm your address at %(community)s", community=community),
        join_paragraphs(
            gettext("Welcome to %(community)s!", community=community),
            gettext("Please confirm your address by opening this page:"),
            f"{site.links.base}/confirm/{content.token}",
        ),
    )


def render_confirm_new_email(site: NodeContext, content: mails.ConfirmNewEmail) -> MailText:
    """Return the mail to the new address of a member, with the link that confirms it."""
    return MailText(
        gettext("Confirm your new address at %(community)s", community=site.config.community.title),
        join_paragraphs(
            gettext("Please confirm that this is your new address by opening this page within a day:"),
            f"{site.links.base}/email/{content.token}",
            gettext("If you did not ask for this, you can ignore this mail."),
        ),
    )


def render_email_change_requested(site: NodeContext, content: mails.EmailChangeRequested) -> MailText:
    """Return the mail to the old address of a member, in case it was someone else."""
    return MailText(
        gettext("Your address is being changed at %(community)s", community=site.config.community.title),
        join_paragraphs(
            gettext(
                "Someone, hopefully you, asked to change your address to %(email)s.", email=content.email
            ),
            gettext("If it was not you, please choose a new password now:"),
            f"{site.links.base}/settings/password",
        ),
    )


def render_email_changed(site: NodeContext, content: mails.EmailChanged) -> MailText:
    """Return the mail to the old address of a member, from which nothing is sent any more."""
    return MailText(
        gettext("Your address was changed at %(community)s", community=site.config.community.title),
        join_paragraphs(
            gettext(
                "Your address was changed to %(email)s. We will send your mail there from now on.",
                email=content.email,
            )
        ),
    )


def render_reset_password(site: NodeContext, content: mails.ResetPassword) -> MailText:
    """Return the mail with the link to choose a new password."""
    community = site.config.community.title
    return MailText(
        gettext("A new password at %(community)s", community=community),
        join_paragraphs(
            gettext(
                "Someone, hopefully you, asked for a new password at %(community)s.", community=community
            ),
            gettext("Choose it on this page within an hour:"),
            f"{site.links.base}/reset/{content.token}",
            gettext("If it was not you, you can ignore this mail: your password stays as it is."),
        ),
    )


def render_security_notice(site: NodeContext, change: str) -> MailText:
    """Return the mail about a change to what protects an account; `change` is one of CHANGES."""
    community, base = site.config.community.title, site.links.base
    return MailText(
        gettext("The security of your account at %(community)s was changed", community=community),
        join_paragraphs(
            _describe_change(change, community),
            gettext("If it was you, there is nothing to do."),
            gettext(
                "If it was not you, please choose a new password now and check what protects your account:"
            ),
            f"{base}/settings/password\n{base}/settings/security",
        ),
    )


def _describe_change(change: str, community: str) -> str:
    match change:
        case "password":
            return gettext(
                "Your account at %(community)s has a new password. Browsers and apps have to log in again.",
                community=community,
            )
        case "app":
            return gettext(
                "Your account at %(community)s now asks for a code from an authenticator app at every login.",
                community=community,
            )
        case "passkeys":
            return gettext(
                "Your account at %(community)s now asks for a passkey at every login.", community=community
            )
        case "codes":
            return gettext(
                "Your account at %(community)s has new recovery codes. The old ones no longer work.",
                community=community,
            )
        case "off":
            return gettext(
                "Your account at %(community)s no longer asks for a second step at login.",
                community=community,
            )
        case "passkey_added":
            return gettext("Your account at %(community)s has a new passkey.", community=community)
        case "passkey_removed":
            return gettext("A passkey was removed from your account at %(community)s.", community=community)
        case _:
            # A notice that a newer version enqueued: it is better to say something than nothing.
            return gettext("The security of your account at %(community)s was changed.", community=community)
