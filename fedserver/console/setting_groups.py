"""The groups of settings, each a page of the console, and the search over their names."""

from __future__ import annotations

from msgspec import Struct

from fedserver.config_settings import SETTINGS, Setting
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.marked_text import MarkedText
from fedserver.text.locales import translate


class SettingGroup(Struct, frozen=True):
    """A page of settings. `needs_reason`: who changes them for others has to say why."""

    name: str
    title: MarkedText
    summary: MarkedText
    needs_reason: bool = False

    @property
    def settings(self) -> tuple[Setting, ...]:
        """The settings of the page, in their order."""
        return tuple(setting for setting in SETTINGS if setting.group == self.name)


class SettingHit(Struct, frozen=True):
    """A setting that a search found, and its page."""

    title: str
    help: str
    path: str


GROUPS = (
    SettingGroup(
        "identity",
        MarkedText("Name and appearance"),
        MarkedText("Name, colour, logo, the picture of the front page, languages and contact."),
    ),
    SettingGroup(
        "texts",
        MarkedText("Texts"),
        MarkedText("The description and the welcome on the front page."),
    ),
    SettingGroup(
        "rules",
        MarkedText("Rules"),
        MarkedText("What holds here, in every language of the community."),
        needs_reason=True,
    ),
    SettingGroup(
        "joining",
        MarkedText("Joining"),
        MarkedText("Who can become a member, the question to them, and invitations."),
        needs_reason=True,
    ),
    SettingGroup(
        "readers",
        MarkedText("Who sees what"),
        MarkedText("What visitors and members can read."),
        needs_reason=True,
    ),
    SettingGroup(
        "federation",
        MarkedText("Other servers"),
        MarkedText("Which servers this one talks to, and how long their posts are kept."),
        needs_reason=True,
    ),
    SettingGroup(
        "limits",
        MarkedText("Limits"),
        MarkedText("How long posts, how large files and how many requests may be."),
    ),
    SettingGroup(
        "legal",
        MarkedText("Legal texts"),
        MarkedText("Privacy policy, terms of service, imprint and accessibility statement."),
    ),
)


def find_group(name: str) -> SettingGroup:
    """Return a group by name. Raises NotFoundError."""
    group = next((group for group in GROUPS if group.name == name), None)
    if group is None:
        raise NotFoundError
    return group


def search(query: str) -> list[SettingHit]:
    """Return the settings and pages whose name, help or key has all words of the query."""
    words = query.casefold().split()
    hits = []
    for group in GROUPS:
        title, summary = translate(group.title), translate(group.summary)
        if _has_all(words, f"{title} {summary}"):
            hits.append(SettingHit(title, summary, f"/admin/settings/{group.name}"))
        for setting in group.settings:
            name, text = translate(setting.title), translate(setting.help) if setting.help else ""
            if _has_all(words, f"{name} {text} {setting.key}"):
                hits.append(SettingHit(name, text, f"/admin/settings/{group.name}#{setting.key}"))
    return hits


def _has_all(words: list[str], text: str) -> bool:
    folded = text.casefold()
    return all(word in folded for word in words)
