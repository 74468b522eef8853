"""Templates of legal texts, to start from: Markdown with the facts of this node, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable

from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.settings.legal_texts import ACCESSIBILITY, IMPRINT, PRIVACY, TERMS
from fedserver.text.locales import gettext


def render_template(kind: str, site: NodeContext) -> str:
    """Return the template of a kind; what only the community knows stands in square brackets."""
    return "\n\n".join(TEMPLATES[kind](site)) + "\n"


def _list_privacy(site: NodeContext) -> list[str]:
    days = site.config.federation.remote_retention_days
    return [
        gettext(
            "Who is responsible: [name and address]. Questions: %(contact)s.", contact=_get_contact(site)
        ),
        "## " + gettext("What we store"),
        gettext(
            "Your username, email address and a hash of your password; your profile, posts, files, and whom "
            "you follow; the addresses and browsers you logged in from, for a year at most."
        ),
        "## " + gettext("Who sees it"),
        gettext(
            "Your profile and public posts are for everyone. Posts for followers or single people go to "
            "them, also to other servers, whose rules hold there. Moderators see what is reported. "
            "Administrators of a server can read what is stored on it."
        ),
        "## " + gettext("How long"),
        gettext(
            "Your posts stay until you delete them or your account. Posts of other servers that nobody here "
            "uses are deleted after %(days)s days. Backups: [how long].",
            days=days,
        )
        if days
        else gettext("Your posts stay until you delete them or your account. Backups: [how long]."),
        "## " + gettext("Your rights"),
        gettext(
            "You can read, correct, export and delete everything in your settings, and move to another "
            "server. You can complain to [supervisory authority]."
        ),
        gettext("There is no advertising, no tracking, and nothing is sold."),
    ]


def _list_terms(site: NodeContext) -> list[str]:
    return [
        gettext(
            "These terms hold for everyone who uses %(community)s.", community=site.config.community.title
        ),
        "## " + gettext("Who can join"),
        gettext("Members of [organization] who are at least [age] years old."),
        "## " + gettext("Your posts"),
        gettext(
            "They stay yours. You let us store them, show them, and send them to the servers of those whom "
            "they are for. Please post only what you may publish."
        ),
        "## " + gettext("Rules and moderation"),
        gettext(
            "Our rules are on the page about this community. Anyone who breaks them may be warned, limited "
            "or suspended; you learn why, and can appeal. What moderators do is in a public log."
        ),
        "## " + gettext("Ending"),
        gettext(
            "You can leave at any time and take your posts and followers along. We tell you at least [how "
            "many] days before these terms change or the server closes."
        ),
    ]


def _list_imprint(site: NodeContext) -> list[str]:
    return [
        gettext("[Name of the organization]"),
        gettext("[Street, postcode, town, country]"),
        gettext("Represented by: [names]"),
        gettext("Contact: %(contact)s, [telephone]", contact=_get_contact(site)),
        gettext("Register: [court or authority, number]"),
    ]


def _list_accessibility(site: NodeContext) -> list[str]:
    return [
        gettext(
            "We want everyone to be able to use %(community)s. The pages are built to meet WCAG 2.2, level "
            "AA: they work by keyboard, with screen readers, enlarged, and without JavaScript.",
            community=site.config.community.title,
        ),
        "## " + gettext("What does not work yet"),
        gettext("Pictures and videos of members may have no description or captions. [Anything else]"),
        "## " + gettext("Tell us"),
        gettext(
            "If you cannot use something, write to %(contact)s. We answer within [days].",
            contact=_get_contact(site),
        ),
        gettext("If that does not help, you can turn to [enforcement body]."),
        gettext("This statement was written on [date], after [self-assessment or audit]."),
    ]


def _get_contact(site: NodeContext) -> str:
    return site.config.community.contact_email or gettext("[email address]")


TEMPLATES: dict[str, Callable[[NodeContext], list[str]]] = {
    PRIVACY: _list_privacy,
    TERMS: _list_terms,
    IMPRINT: _list_imprint,
    ACCESSIBILITY: _list_accessibility,
}
