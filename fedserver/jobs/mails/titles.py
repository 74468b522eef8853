"""Who did what: the first line of push messages and mails about notifications."""

from __future__ import annotations

from fedserver.text.locales import gettext


def render_title(kind: str, name: str) -> str:
    """Return who did what, in the current locale."""
    match kind:
        case "mention":
            return gettext("%(name)s mentioned you", name=name)
        case "status":
            return gettext("%(name)s just posted", name=name)
        case "reblog":
            return gettext("%(name)s boosted your post", name=name)
        case "follow":
            return gettext("%(name)s followed you", name=name)
        case "follow_request":
            return gettext("%(name)s asks to follow you", name=name)
        case "favourite":
            return gettext("%(name)s found your post helpful", name=name)
        case "poll":
            return gettext("A poll by %(name)s has ended", name=name)
        case "update":
            return gettext("%(name)s edited a post", name=name)
        case "quote":
            return gettext("%(name)s quoted your post", name=name)
        case "quoted_update":
            return gettext("%(name)s edited a post that you quoted", name=name)
        case "admin.sign_up":
            return gettext("%(name)s signed up", name=name)
        case "admin.report":
            return gettext("%(name)s sent a report", name=name)
        case _:
            return gettext("News about %(name)s", name=name)
