"""What mails say, without their wording: the rules enqueue one of these, and `fedserver.jobs.mails` words it.

The wording is chosen when a mail is sent, in the language of its receiver. Links carry their token here
because only its hash is stored elsewhere; the row of the job is deleted as soon as the mail is sent.
"""

from __future__ import annotations

from msgspec import Struct


class MailContent(Struct, frozen=True, tag_field="mail"):
    """Base of everything that a mail can say; the tag is stored in the payload of the job."""


class ConfirmEmail(MailContent, frozen=True, tag="confirm_email"):
    """A welcome to someone who signed up, with the link that confirms their address."""

    token: str


class ConfirmNewEmail(MailContent, frozen=True, tag="confirm_new_email"):
    """The link that confirms the new address of a member."""

    token: str


class EmailChangeRequested(MailContent, frozen=True, tag="email_change_requested"):
    """A notice to the old address of a member that a change to `email` was requested."""

    email: str


class EmailChanged(MailContent, frozen=True, tag="email_changed"):
    """A notice to the old address of a member that `email` replaced it."""

    email: str


class ResetPassword(MailContent, frozen=True, tag="reset_password"):
    """The link with which a member chooses a new password."""

    token: str


class AlreadyMember(MailContent, frozen=True, tag="already_member"):
    """A notice to a member that someone tried to sign up with their address."""


class SignupApproved(MailContent, frozen=True, tag="signup_approved"):
    """A welcome to someone whose sign-up a moderator approved; the token is that of a link that logs in.

    It is '' in mails that an earlier version enqueued.
    """

    token: str = ""


class SignupExpired(MailContent, frozen=True, tag="signup_expired"):
    """A notice to someone whose sign-up nobody reviewed in time, so that it was deleted."""


class ModerationWarning(MailContent, frozen=True, tag="moderation_warning"):
    """A moderation decision about a member's account; `action` is a type of Mastodon's AccountWarning."""

    action: str
    reason: str
    account_url: str


class AppealDecided(MailContent, frozen=True, tag="appeal_decided"):
    """The answer to an appeal of a member."""

    approved: bool
    answer: str


class AppealFiled(MailContent, frozen=True, tag="appeal_filed"):
    """A notice to a moderator that an appeal waits for a decision."""


class PartnershipChanged(MailContent, frozen=True, tag="partnership_changed"):
    """A notice to an admin of what another node did: `change` is offered, accepted, declined or ended."""

    domain: str
    change: str
    message: str = ""


class ConfirmSubscription(MailContent, frozen=True, tag="confirm_subscription"):
    """The link that confirms a subscription to the posts of `handle` (@name@domain) by mail."""

    token: str
    handle: str


AnyMailContent = (
    ConfirmEmail
    | ConfirmNewEmail
    | EmailChangeRequested
    | EmailChanged
    | ResetPassword
    | AlreadyMember
    | SignupApproved
    | SignupExpired
    | ModerationWarning
    | AppealDecided
    | AppealFiled
    | PartnershipChanged
    | ConfirmSubscription
)
