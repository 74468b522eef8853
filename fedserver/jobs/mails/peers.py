"""Mails about partnerships with other nodes."""

from __future__ import annotations

from fedserver.domain.kernel import mails
from fedserver.domain.kernel.context import NodeContext
from fedserver.jobs.mails.mail_text import MailText, join_paragraphs
from fedserver.text.locales import gettext


def render_partnership_changed(site: NodeContext, content: mails.PartnershipChanged) -> MailText:
    """Return the mail to an admin about what another node did."""
    return MailText(
        _describe_change(content, site.config.community.title),
        join_paragraphs(
            gettext("%(domain)s writes:", domain=content.domain) if content.message else "",
            content.message,
            gettext("You find all partnerships on this page:"),
            f"{site.links.base}/admin/partners",
        ),
    )


def _describe_change(content: mails.PartnershipChanged, community: str) -> str:
    names = {"domain": content.domain, "community": community}
    match content.change:
        case "offered":
            return gettext("%(domain)s offers a partnership to %(community)s", **names)
        case "accepted":
            return gettext("%(domain)s accepted the partnership with %(community)s", **names)
        case "declined":
            return gettext("%(domain)s declined the partnership with %(community)s", **names)
        case _:
            return gettext("%(domain)s ended the partnership with %(community)s", **names)
