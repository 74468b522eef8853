"""The names in every template whose values admins change while the node runs."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.moderation import rules
from fedserver.domain.settings import welcome
from fedserver.web.appearance.stylesheet import stylesheet_url


def _get_community_file(site: NodeContext, kind: str) -> str:
    """Return the address of the logo or picture, '' if there is none."""
    key = getattr(site.config.community, kind)
    return site.links.community_file(kind, key) if key else ""


class LiveSection:
    """A section of the configuration as it is now: templates keep what they are given."""

    def __init__(self, site: NodeContext, name: str) -> None:
        self._site = site
        self._name = name

    def __getattr__(self, key: str) -> Any:
        return getattr(getattr(self._site.config, self._name), key)


def build_setting_values(site: NodeContext) -> dict[str, Any]:
    """Return the names whose values admins change: each is looked up when a page is made."""
    return {
        "community": LiveSection(site, "community"),
        "community_rules": lambda: rules.list_translated(site),
        "community_picture": lambda kind: _get_community_file(site, kind),
        "legal_kinds": lambda: sorted(site.legal_kinds),
        "welcome_html": lambda: Markup(welcome.render(site)),
        "stylesheet": lambda: stylesheet_url(site.config.community.hue),
        "admits_visitors": lambda: site.access.admits_visitors,
        "can_join": lambda: site.config.registration.mode in ("open", "approval"),
        "limits": LiveSection(site, "limits"),
        "registration": LiveSection(site, "registration"),
    }
